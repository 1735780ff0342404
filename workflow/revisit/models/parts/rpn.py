"""The region proposal network of Faster R-CNN (Ren et al. 2015, section 3.1)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from revisit.models.parts.sampling import drawn, matched
from revisit.objects.batch import Objects
from revisit.objects.boxes import anchors, chosen, clip, decode, encode, iou, suppress

RATIOS = (0.5, 1.0, 2.0)  # of height to width
OCTAVES = (1.0, 2.0, 4.0)  # of the smallest anchor
POSITIVE, NEGATIVE = 0.7, 0.3  # overlaps from which, and below which, an anchor is and is not an object
OVERLAP = 0.7  # of two proposals (section 3.3)
BETA = 1 / 9  # where the robust loss turns linear, in the authors' code


class ProposalNetwork(nn.Module):
    """A 3x3 convolution and, for each anchor of each position, whether there is an object, and where."""

    def __init__(self, channels: int, stride: int, anchor: float, sampled: int, inside: bool) -> None:
        super().__init__()
        self.stride, self.sampled, self.inside = stride, sampled, inside
        self.sizes = tuple(anchor * octave for octave in OCTAVES)
        count = len(RATIOS) * len(OCTAVES)
        self.conv, self.relu = nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()
        self.objectness = nn.Conv2d(channels, count, 1)
        self.box = nn.Conv2d(channels, 4 * count, 1)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, h, w) -> logits (B, N) of being an object and codes of boxes (B, N, 4), N = h * w * 9 anchors.

        A logit is the difference of the paper's two scores.
        """
        hidden = self.relu(self.conv(maps))
        logits = self.objectness(hidden).permute(0, 2, 3, 1).flatten(1).float()
        return logits, self.box(hidden).permute(0, 2, 3, 1).reshape(*logits.shape, 4).float()

    def anchors(self, maps: Tensor) -> Tensor:
        """Those of `maps`, (N, 4) in pixels of the image."""
        with maps.device:
            return anchors(maps.shape[2], maps.shape[3], self.stride, self.sizes, RATIOS)

    def losses(
        self, logits: Tensor, codes: Tensor, anchors: Tensor, objects: Objects, size: tuple[int, int]
    ) -> dict[str, Tensor]:
        """Equation 1: "objectness" and "proposals" (where they are), both means over the anchors sampled.

        The paper divides the second term by the number of positions and multiplies it by 10, which is about as much.

        Args:
            logits: (B, N).
            codes: (B, N, 4).
            anchors: (N, 4).
            objects: of the images.
            size: height and width of the images in pixels.
        """
        positive, negative, places = self.targets(anchors, objects, size)
        ours, enough = drawn(positive, self.sampled // 2)
        # Negative ones fill up what positive ones leave free.
        theirs, more = drawn(negative, self.sampled)
        free = self.sampled - enough.sum(1, keepdim=True)
        more = more & (torch.arange(theirs.shape[1], device=theirs.device) < free)
        count = (enough.sum() + more.sum()).clamp(min=1)
        right = functional.softplus(-logits.gather(1, ours)) * enough
        wrong = functional.softplus(logits.gather(1, theirs)) * more
        truth = encode(chosen(objects.boxes, places.gather(1, ours)), anchors[ours])
        off = functional.smooth_l1_loss(chosen(codes, ours), truth, reduction="none", beta=BETA).sum(2)
        return {"objectness": (right.sum() + wrong.sum()) / count, "proposals": (off * enough).sum() / count}

    def targets(self, anchors: Tensor, objects: Objects, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        """What anchors (N, 4) should say: which are objects and which are none, (B, N) bool; (B, N): whose they are.

        An anchor is an object's where it overlaps it by 0.7, or as much as any anchor does. Left out are those between,
        those on an object that is not to be learnt from, and in training as published those that leave the image.
        """
        overlap, places, ignored = matched(anchors, objects)
        height, width = size
        used = torch.ones_like(anchors[:, 0], dtype=torch.bool)
        if self.inside:
            used = (anchors == clip(anchors, height, width)).all(1)
        each = iou(anchors, objects.boxes) * used[:, None] * (objects.kinds >= 0)[:, None]
        best = ((each == each.amax(1, keepdim=True)) & (each > 0)).any(2)
        positive = ((overlap >= POSITIVE) | best) & used
        return positive, (overlap < NEGATIVE) & (ignored < NEGATIVE) & ~positive & used, places

    @torch.no_grad()
    def propose(
        self, logits: Tensor, codes: Tensor, anchors: Tensor, size: tuple[int, int], candidates: int, count: int
    ) -> tuple[Tensor, Tensor]:
        """The best boxes after non-maximum suppression.

        Args:
            logits: (B, N).
            codes: (B, N, 4).
            anchors: (N, 4).
            size: height and width of the images in pixels.
            candidates: how many take part in the suppression.
            count: how many are given; padded with boxes without area.

        Returns:
            Boxes (B, count, 4) and how likely they are objects (B, count), best first.
        """
        top = logits.topk(min(candidates, logits.shape[1]), 1)
        boxes = clip(decode(chosen(codes, top.indices), anchors[top.indices]), *size)
        visible = (boxes[..., 2:] - boxes[..., :2] >= 1).all(-1)
        kept, meant = suppress(boxes, top.values.masked_fill(~visible, -torch.inf), OVERLAP, count)
        scores = torch.where(meant, top.values.gather(1, kept).sigmoid(), 0)
        missing = (0, count - kept.shape[1])
        return (
            functional.pad(chosen(boxes, kept) * meant[..., None], (0, 0, *missing)),
            functional.pad(scores, missing),
        )
