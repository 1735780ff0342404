"""VOCevaldet.m of PASCAL VOC's development kits (2007 and 2010), line by line in loops: what ours is held against."""

import math

TENTHS = [0.0, 0.1, 0.2, 0.1 * 3, 0.4, 0.5, 0.1 * 6, 0.1 * 7, 0.8, 0.9, 1.0]  # np.arange(0., 1.1, 0.1) of voc_eval.py


def overlap(bb, bbgt, plus):
    """The intersection over the union as the development kit has it, with its + 1 or without."""
    bi = [max(bb[0], bbgt[0]), max(bb[1], bbgt[1]), min(bb[2], bbgt[2]), min(bb[3], bbgt[3])]
    iw, ih = bi[2] - bi[0] + plus, bi[3] - bi[1] + plus
    if iw <= 0 or ih <= 0:
        return -math.inf
    ua = (bb[2] - bb[0] + plus) * (bb[3] - bb[1] + plus) + (bbgt[2] - bbgt[0] + plus) * (bbgt[3] - bbgt[1] + plus)
    return iw * ih / (ua - iw * ih)


def assign(detections, truths, kind, threshold=0.5, plus=0):
    """What the development kit says of each detection of a class: [(row, "tp" | "fp" | "ignored")], by score."""
    npos = sum(k == kind and not hard for _, k, _, hard in truths)
    taken, said = set(), []
    rows = sorted((r for r, d in enumerate(detections) if d[1] == kind), key=lambda r: -detections[r][2])
    for row in rows:
        image, _, _, bb = detections[row]
        ovmax, jmax = -math.inf, None
        for j, (of, k, bbgt, _) in enumerate(truths):
            if of == image and k == kind:
                ov = overlap(bb, bbgt, plus)
                if ov > ovmax:
                    ovmax, jmax = ov, j
        if ovmax < threshold:
            said.append((row, "fp"))
        elif truths[jmax][3]:
            said.append((row, "ignored"))
        else:
            said.append((row, "fp" if jmax in taken else "tp"))
            taken.add(jmax)
    return said, npos


def average_precision(said, npos):
    """(11 points, area): None where there is no object. The recalls of the 11 points are those of voc_eval.py."""
    if not npos:
        return None, None
    tp = fp = 0
    rec, prec = [], []
    for _, verdict in said:
        tp, fp = tp + (verdict == "tp"), fp + (verdict == "fp")
        rec.append(tp / npos)
        prec.append(tp / (tp + fp) if tp + fp else 0)
    eleven = 0
    for t in TENTHS:
        eleven += max((p for r, p in zip(rec, prec, strict=True) if r >= t), default=0) / 11
    mrec, mpre = [0, *rec, 1], [0, *prec, 0]
    for i in range(len(mpre) - 2, -1, -1):
        mpre[i] = max(mpre[i], mpre[i + 1])
    steps = (i for i in range(1, len(mrec)) if mrec[i] != mrec[i - 1])
    return eleven, sum((mrec[i] - mrec[i - 1]) * mpre[i] for i in steps)
