"""Findings of the analyses in the formats that the stages write: made up, plausible and small.

`write` writes those of one experiment from the settings of its analyses, as `params.yaml` resolves them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from revisit.analyses.photographs.tables import MEASURES

SEVERAL = ("0", "0 1", "", "3 5", "2")  # classes of the test images where they may have several, again and again
SCORES = {"kl_divergence": 1.2, "neighbourhood_preservation": 0.55, "same_class": 0.45}
DRAWN = {"data": "drawn", "weights": None}  # the provenance of a training from scratch on stand-ins
TRANSFORMS = {"translate": (-0.25, 0.0, 0.25), "scale": (1.0, 1.8), "rotate": (0.0, 90.0, 180.0)}
MOMENTS = [0, 30, 58]
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Data:
    """The test images: their classes, whether an image may have several, channels, pixels of a tile."""

    classes: Sequence[str]
    several: bool = False
    channels: int = 3
    tile: int = 28

    def label(self, row: int) -> str:
        """The classes of a test image, as tables hold them."""
        return SEVERAL[row % len(SEVERAL)] if self.several else str(row % len(self.classes))

    def share(self, row: int, other: int) -> bool:
        """Whether two test images have a class in common."""
        return bool(set(self.label(row).split()) & set(self.label(other).split()))

    def pictures(self, rng: np.random.Generator, *shape: int, side: int | None = None) -> np.ndarray:
        """Patchy pictures (*shape, side, side, channels) uint8."""
        side = side or self.tile
        patches = (
            rng.random((*shape, 4, 4, self.channels)).repeat(-(-side // 4), axis=-3).repeat(-(-side // 4), axis=-2)
        )
        return (255 * patches[..., :side, :side, :]).astype(np.uint8)


def put(path: Path, content: Any) -> None:
    """Write a JSON value, a table (its columns) or an array, by the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json":
        path.write_text(json.dumps(content, indent=2))
    elif path.suffix == ".csv":
        pd.DataFrame(content).to_csv(path, index=False)
    else:
        np.save(path, content)


def columns(names: str, rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Rows as columns."""
    return dict(zip(names.split(), zip(*rows, strict=True), strict=True))


def write(folder: Path, data: Data, analyses: Mapping[str, Settings], **about: Any) -> None:
    """The findings of the named analyses of one experiment; `about`: what `write_inspection` takes."""
    seed = about.pop("seed", 1)
    if "evaluate" in analyses:
        write_evaluation(folder, data, seed=seed)
    if "probe" in analyses:
        write_probe(folder, data, analyses["probe"]["layers"], analyses["probe"]["protocols"])
    if "embed" in analyses:
        write_maps(folder, data, analyses["embed"]["layers"], analyses["embed"]["iterations"])
    if "detect" in analyses:
        write_detection(folder, data)
    if "segment" in analyses:
        write_segmentation(folder, data)
    if "neighbours" in analyses:
        write_neighbours(folder, data, analyses["neighbours"]["layers"], analyses["neighbours"]["k"], 2 * seed)
    if "costs" in analyses:
        found = analyses["costs"]
        kept, beside = found.get("keep", "base"), found.get("beside", ())
        write_costs(
            folder, seed, variants=[kept, *(one for one in found.get("variants", ()) if one != kept)], beside=beside
        )
    if "code" in analyses:
        write_code(folder, analyses["code"]["labels"])
    if "photographs" in analyses:
        write_photographs(folder, data, analyses["photographs"]["groups"])
    if "inspect" in analyses:
        write_inspection(folder, data, analyses["inspect"], **about)


def write_events(
    folder: Path,
    data: Data,
    layers: Sequence[str],
    steps: Sequence[int] = (50, 350, 700),
    seed: int = 1,
    side: int = 64,
) -> None:
    """What is left of an event file: gradients that become smaller, and input images that differ from step to step."""
    rng = np.random.default_rng(seed)
    reach = np.array([-30, -3, -1, 0.1, 1, 3, 40])
    rows = [
        (step, layer, *(10.0 ** -(2 + number % 4) * (1 + 50 / step) * rng.uniform(0.9, 1.1) * reach))
        for step in steps
        for number, layer in enumerate(layers)
    ]
    put(folder / "runs/gradients.csv", columns("step layer low q05 q25 q50 q75 q95 high", rows))
    moments = [1, *steps]
    put(folder / "runs/inputs.csv", {"step": moments})
    noise = rng.integers(0, 8, (len(moments), 5, side, side, data.channels), np.uint8)  # as photographs compress
    put(folder / "runs/inputs.npy", data.pictures(rng, len(moments), 5, side=side) // 2 + noise)


def write_evaluation(folder: Path, data: Data, images: int = 40, seed: int = 1) -> None:
    """Scores class by class; the confusion of images with one class each."""
    rng, names = np.random.default_rng(seed), list(data.classes)
    count, score = len(names), rng.uniform(0.5, 0.9, len(names))
    table: dict[str, Any] = {"class": names, "support": images}
    if not data.several:
        table |= {"precision": score, "recall": score[::-1]}
        shares = np.full((count, count), 0.2 / count) + 0.8 * np.eye(count)
        pairs = [
            (actual, predicted, number)
            for actual, row in zip(names, shares, strict=True)
            for predicted, number in zip(names, rng.multinomial(images, row), strict=True)
        ]
        put(folder / "evaluate/confusion.csv", columns("actual predicted count", pairs))
    if data.several:
        by_course = {"average_precision_shifted": score - 0.02, "lowest_average_precision": score / 20}
    else:
        by_course = {}
    precisions = {
        "average_precision": score,
        "average_precision_low": score - 0.04,
        "average_precision_high": score + 0.03,
        "average_precision_11_point": score + 0.01,
        "auc": score**0.2,
        **by_course,
    }
    put(folder / "evaluate/per_class.csv", table | precisions)
    rate, drawn = np.linspace(0, 1, 60), [*names, "micro", "macro"]
    curves = {"class": np.repeat(drawn, 60), "false_positive_rate": np.tile(rate, len(drawn))}
    powers = [*(1 - score) / 2 + 0.005, 0.03, 0.04]
    curves["true_positive_rate"] = np.concatenate([rate**power for power in powers])
    put(folder / "evaluate/roc.csv", curves)
    summary = {} if data.several else {"accuracy": 0.82, "accuracy_low": 0.79, "accuracy_high": 0.85}
    summary |= {} if data.several else {"top_k": {"top_1": 0.82, "top_5": 0.99}}
    summary |= {f"mean_average_precision{end}": score.mean() for end in ("", "_11_point", "_low", "_high")}
    by_class = {name: {key: values[number] for key, values in precisions.items()} for number, name in enumerate(names)}
    summary |= {"mean_average_precision_shifted": score.mean() - 0.02} if data.several else {}
    summary |= {"macro_auc": 0.97, "micro_auc": 0.98, "per_class": by_class}
    extremes = {"hardest_class": names[score.argmin()], "easiest_class": names[score.argmax()]}
    put(folder / "evaluate.json", summary | extremes)


def write_probe(folder: Path, data: Data, layers: Sequence[str], protocols: Sequence[str]) -> None:
    """Linear probes; each is 0.03 better than the one before."""
    metric = "map" if data.several else "accuracy"
    grid = [(layer, protocol) for layer in layers for protocol in protocols]
    rows = [(*key, 1024, 0.01, 0.3 + 0.03 * number, 800, 200) for number, key in enumerate(grid)]
    put(folder / "probe/probe.csv", columns(f"layer protocol dimensions C {metric} train_size test_size", rows))
    summary: dict[str, dict] = {layer: {} for layer in layers}
    for layer, protocol, _, C, value, *_ in rows:
        summary[layer][protocol] = {metric: value, "C": C}
    put(folder / "probe.json", summary)
    if data.several:
        scores = [(*key, name, 0.3) for key in grid for name in data.classes]
        put(folder / "probe/per_class.csv", columns("layer protocol class average_precision", scores))


def write_tiles(folder: Path, data: Data, rows: Sequence[int]) -> None:
    """Tiles of some test images, each of a colour of its own."""
    across, side = 32, data.tile
    image = np.zeros((-(-len(rows) // across) * side, across * side, data.channels), np.uint8)
    for number, row in enumerate(rows):
        top, left = number // across * side, number % across * side
        image[top : top + side, left : left + side] = (row % 256, 2 * row % 256, 90)[: data.channels]
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image[..., 0] if data.channels == 1 else image).save(folder / "thumbnails.png")
    sprite = {"columns": across, "tile": [side, side], "rows": list(rows), "classes": list(data.classes)}
    put(folder / "sprite.json", sprite)


def write_maps(
    folder: Path, data: Data, layers: Sequence[str], iterations: Sequence[int] = (300, 750), points: int = 40
) -> None:
    """t-SNE maps of every third test image."""
    rng, rows = np.random.default_rng(3), [3 * number for number in range(points)]
    table = [
        (layer, row, data.label(row), count, *rng.normal(size=2))
        for layer in layers
        for count in iterations
        for row in rows
    ]
    put(folder / "embed/points.csv", columns("layer row label iterations x y", table))
    found = {layer: {f"iterations_{count}": SCORES for count in iterations} for layer in layers}
    about = {"points": points, "perplexity": 40.0, "pca": dict.fromkeys(layers, 50)}
    put(folder / "embed.json", about | {"layers": found})
    write_tiles(folder / "embed", data, rows)


def write_code(folder: Path, labels: Sequence[int]) -> None:
    """A code that is sparser than before its training; the more labels, the better."""
    sparse = {"hoyer": 0.6, "active": 0.1, "dead": 3}
    features = ("code", "untrained", "principal", "pixels")
    rows = [
        (name, 196, count, 0.5 + 0.1 * place, 0.4 + 0.1 * place, 0.6 + 0.1 * place)
        for name in features
        for place, count in enumerate(labels)
    ]
    put(folder / "code/labels.csv", columns("features dimensions labels accuracy low high", rows))
    accuracy: dict[str, dict[str, float]] = {name: {} for name in features}
    for name, _, count, value, *_ in rows:
        accuracy[name][f"labels_{count}"] = value
    about = {"dimensions": 196, **sparse, "untrained": sparse | {"hoyer": 0.2}, "accuracy": accuracy}
    put(folder / "code.json", about)


def write_photographs(folder: Path, data: Data, groups: Mapping[str, Sequence[str]]) -> None:
    """Photographs whose classes differ more the later they come; nobody named a view of the last one."""
    rows = [(name, 9, 5, 4, *(0.1 + 0.02 * n,) * 3, 0.1 + 0.02 * n) for n, name in enumerate(data.classes)]
    rows[-1] = (*rows[-1][:3], 0, *rows[-1][4:7], float("nan"))
    put(folder / "photographs/classes.csv", columns(f"class images objects seen {' '.join(MEASURES)}", rows))
    own = {"value": 0.2, "difference": 0.05, "low": -0.01, "high": 0.09}
    found = {group: {"classes": list(classes), **dict.fromkeys(MEASURES, own)} for group, classes in groups.items()}
    put(folder / "photographs.json", {"images": 90, "mean": dict.fromkeys(MEASURES, 0.15), "groups": found})


def write_costs(
    folder: Path, seed: int = 1, layers: int = 12, variants: Sequence[str] = ("base",), beside: Sequence[str] = ()
) -> None:
    """Costs of a network of some layers, through which gradients vanish; one is dead, and a head has no number.

    Those of other `variants` than the first, and of networks `beside` them, are the same.
    """
    rng, moments = np.random.default_rng(seed), ("start", "end")
    norms = {
        f"{kind}_{moment}": 10.0 ** -np.arange(layers + 1) for kind in ("gradient", "signal") for moment in moments
    }
    norms = {key: values[::-1] * rng.uniform(0.5, 2, layers + 1) for key, values in norms.items()}
    norms["signal_end"][2] = 0
    names, number = [*(f"conv{one}" for one in range(1, layers + 1)), "head"], [*range(1, layers + 1), 0]
    table: dict[str, Any] = {"layer": names, "kind": "Conv2d", "number": number, "parameters": 1000 * seed}
    table |= {"operations": 20_000, "kept_bytes": 512.5}
    table |= norms | {f"update_{moment}": 0.01 for moment in moments}
    frame = pd.DataFrame(table)
    named = [frame.assign(network=name).set_index("network").reset_index() for name in (*variants, *beside)]
    put(folder / "costs/layers.csv", pd.concat(named))
    summary: dict[str, Any] = {"parameters": 13_000 * seed, "operations": 260_000, "kept_bytes_per_image": 6662.5}
    summary |= {"layers": layers, "images": 32}
    for moment in moments:
        for kind in ("gradient", "signal"):
            dead = (kind, moment) == ("signal", "end")
            summary[f"{kind}_slope_{moment}"] = None if dead else -1.0
            summary |= {f"first_to_last_{kind}_{moment}": 1e-12, f"smallest_{kind}_{moment}": 0.0 if dead else 1e-13}
        summary[f"update_{moment}"] = 0.01
    summary["poolings"] = {"average": 0, "maximum": 1}
    start = {key: value for key, value in summary.items() if not key.endswith("_end")}
    groups = {"variants": dict.fromkeys(variants, start), "beside": dict.fromkeys(beside, start)}
    put(folder / "costs.json", summary | groups)


def write_neighbours(folder: Path, data: Data, layers: Sequence[str], k: int = 3, first: int = 1) -> None:
    """Neighbours of test images 7, 2 and 11; other ones for another `first`."""
    rows = []
    for layer in layers:
        for query in (7, 2, 11):
            for rank in range(1, k + 1):
                other = first + 5 * rank + query
                same = str(data.share(query, other)).lower()
                rows.append((layer, query, data.label(query), rank, other, data.label(other), 1.0 * rank, same))
    names = "layer query query_label rank neighbour neighbour_label distance same_class"
    put(folder / "neighbours/queries.csv", columns(names, rows))
    put(folder / "neighbours.json", {layer: {"share_same_class": 0.8, "k": k} for layer in layers})
    write_tiles(folder / "neighbours", data, sorted({row[1] for row in rows} | {row[4] for row in rows}))


def write_detection(folder: Path, data: Data, pictures: int = 5) -> None:
    """What a detector finds: curves, fates, proposals, and boxes in some pictures."""
    inside, names = folder / "detect", list(data.classes)
    score = np.linspace(0.4, 0.9, len(names))
    table = {"class": names, "objects": 30, "ap_area": score, "low": score - 0.05, "high": score + 0.04}
    put(
        inside / "per_class.csv",
        table | {"ap_11": score, "ap_coco": score / 2, **dict.fromkeys(("mask_ap", "svm_ap", "moved_ap"), score - 0.1)},
    )
    recall = np.linspace(0, 1, 11)
    curves = [
        (name, kind, x, 1 - x * (1 - value))
        for name, value in zip(names, score, strict=True)
        for kind in ("curve", "point")
        for x in recall
    ]
    put(inside / "curves.csv", columns("class kind recall precision", curves))
    kinds = ("true", "ignored", "duplicate", "localisation", "confusion", "both", "background", "missed")
    fates = [(name, fate, 3 + number) for name in names for number, fate in enumerate(kinds)]
    put(inside / "fates.csv", columns("class fate count", fates))
    level = np.arange(1, 100) / 100
    right, wrong = (np.rint(1200 * (1 - level) ** power).astype(int) for power in (1, 2))
    thresholds = {"score": level, "true_positives": right, "false_positives": wrong, "false_negatives": 1300 - right}
    put(inside / "thresholds.csv", thresholds | {"precision": right / (right + wrong), "recall": right / 1300})
    sources, counts = ("network", "given", "windows"), (10, 50, 300)
    found = [
        (whose, n, iou, n / (400 + 100 * k)) for k, whose in enumerate(sources) for n in counts for iou in (0.5, 0.7)
    ]
    put(inside / "recall.csv", columns("source boxes iou recall", found))
    shown = []
    for picture in range(pictures):
        name = names[picture % len(names)]
        shown.append(
            (picture, 2 * picture, "truth", name, None, 0.1, 0.2, 0.6, 0.8, ("counted", "difficult")[picture % 2])
        )
        for number, fate in enumerate(("true", "localisation", "ignored")):
            score_of = round(0.9 - 0.3 * number, 4)
            shown.append((picture, 2 * picture, "detection", name, score_of, 0.15, 0.2, 0.5 + number / 10, 0.9, fate))
    put(inside / "shown.csv", columns("picture image what class score x0 y0 x1 y1 fate", shown))
    means = ("mean_average_precision", "mean_average_precision_11_point", "mean_average_precision_coco")
    summary: dict[str, Any] = {f"{name}{end}": 0.6 for name in means for end in ("", "_low", "_high")}
    for source in ("network", "given"):
        of = {f"boxes_{n}": {"iou_50": n / (n + 5), "iou_70": n / (n + 9)} for n in (50, 100, 300)}
        summary[f"recall_of_{source}_proposals"] = of
    summary |= {"mask_mean_average_precision_of_several": 0.4}
    summary |= {"mask_mean_average_precision": 0.5, "hardest_class": names[0], "easiest_class": names[-1]}
    summary |= {"images": 60, "objects": 1300, "detections": 2400, "duplicates": 30, "at_best_f1": {"score": 0.4}}
    summary |= {"detections_without_suppression": 6000, "duplicates_without_suppression": 2500}
    summary |= {"mean_average_precision_without_suppression": 0.3, "at_threshold": {"score": 0.5}}
    for end in ("by_svms", "by_svms_and_moves", "of_random_boxes"):
        summary |= {f"mean_average_precision_{end}{bound}": 0.55 for bound in ("", "_low", "_high")}
    summary |= {"svm_images": 1000, "svm_regions": 4321, "trunk_passes": 100}
    kept = {f"{key}{end}": value for key, value in ((means[0], 0.3), ("kept", 0.75)) for end in ("", "_low", "_high")}
    summary["restyled"] = {"images": 40, means[0]: 0.4, "painting": kept, "sketch": dict.fromkeys(kept)}
    put(folder / "detect.json", summary)
    write_tiles(inside, data, range(pictures))


def write_proposals(folder: Path, counts: Sequence[int] = (10, 50, 100)) -> None:
    """What is found of regions of selective search, and of as many windows."""
    summary: dict[str, Any] = {"method": "selective_search", "boxes": counts[-1], "images": 60, "found": 81.5}
    summary |= {"objects": 1300, "sliding_windows": {}, "as_many_proposals": {"recall_50": 0.8, "recall_70": 0.5}}
    summary |= {"first_regions": {"found": 44.5, "recall_50": 0.6, "recall_70": 0.3}}
    rows = []
    for method, of, best in (("selective_search", summary, 0.9), ("sliding_windows", summary["sliding_windows"], 0.8)):
        for key, share in (("recall_50", 1.0), ("recall_70", 0.7), ("mean_best_overlap", 0.85)):
            of[key] = {f"boxes_{count}": best * share * count / (count + 5) for count in counts}
        for key, iou in (("recall_50", 0.5), ("recall_70", 0.7)):
            rows += [(method, count, iou, of[key][f"boxes_{count}"]) for count in counts]
    put(folder / "proposals.json", summary)
    put(folder / "proposals/recall.csv", columns("method boxes iou recall", rows))


def write_segmentation(folder: Path, data: Data, pictures: int = 3) -> None:
    """The classes of pixels: scores, confusion, and maps of some pictures."""
    inside, names = folder / "segment", ["background", *data.classes]
    iou, rng = np.linspace(0.9, 0.4, len(names)), np.random.default_rng(4)
    table = {"class": names, "pixels": 9000, "iou": iou, "low": iou - 0.05, "high": iou + 0.04, "accuracy": iou}
    put(inside / "per_class.csv", table | {"mask_ap": [None, *iou[1:] / 2]})
    pairs = [(a, b, 5000 if a == b else 300) for a in names for b in names]
    put(inside / "confusion.csv", columns("actual predicted pixels", pairs))
    put(inside / "images.npy", data.pictures(rng, pictures, side=32))
    maps = rng.integers(0, len(names), (pictures, 2, 8, 8)).repeat(4, axis=2).repeat(4, axis=3)
    put(inside / "maps.npy", maps.astype(np.uint8))
    shown = [(number, 3 * number, ", ".join(names[1:3]), "" if number else names[1]) for number in range(pictures)]
    put(inside / "shown.csv", columns("picture image actual predicted", shown))
    measures = ("mean_iou", "weighted_iou", "pixel_accuracy", "mean_accuracy")
    summary: dict[str, Any] = {f"{name}{end}": 0.7 for name in measures for end in ("", "_low", "_high")}
    summary |= {"mask_mean_average_precision": 0.25, "mask_mean_average_precision_of_several": 0.15}
    put(folder / "segment.json", summary | {"images": 60, "mean_iou_of_one_class": 0.04})


def write_inspection(
    folder: Path,
    data: Data,
    settings: Settings,
    layers: Mapping[str, tuple[int, int]] | None = None,
    kernel: int | None = 5,
) -> None:
    """A look inside a network: the parts that `settings` ask for.

    `layers`: name -> weights, biases; `kernel`: of the first convolution, None without one.
    """
    inside, layers = folder / "inspect", layers or {"conv1": (90, 10), "fc1": (180, 20)}
    rng, total = np.random.default_rng(5), {layer: sum(counts) for layer, counts in layers.items()}
    rows = [(layer, *counts, total[layer]) for layer, counts in layers.items()]
    put(inside / "parameters.csv", columns("layer weights biases parameters", rows))
    statistics = {"mean": 0.1, "variance": 0.02, "sparsity": 0.6, "near_zero": 0.7}
    put(inside / "activations.csv", {"layer": list(layers), **statistics})
    summary: dict[str, Any] = {"parameters": total, "total_parameters": sum(total.values()), "first_layer": None}
    shown = ["conv1", "tanh1", "pool1", "tanh2", "pool2", *layers]
    summary["activations"] = dict.fromkeys(shown, statistics)
    maps = [layer for layer in shown if not layer.startswith("fc")]  # a dense layer has none
    summary["strongest_map"] = {layer: {"map": 3, "mean": 0.5, "variance": 0.04} for layer in maps}
    if kernel:
        put(inside / "filters.npy", rng.normal(0, 0.1, (32, data.channels, kernel, kernel)).astype(np.float32))
        table = {"filter": range(32), "norm": 1.0, "largest_activation": 2.0, "dead": False, "high_frequency": 0.3}
        table["low_frequency"] = 0.2
        put(inside / "first_layer.csv", table)
        found = {"filters": 32, "dead": kernel - 5, "dead_share": (kernel - 5) / 32, "high_frequency": 0.3}
        found["low_frequency"] = 0.2
        found["coarseness"] = found["dead_share"] + 0.5
        summary["first_layer"] = found | {"kernel": [kernel, kernel], "stride": 4 if kernel > 7 else 2}
    for part, wanted in settings.items():
        if part in PARTS and wanted:
            summary[part] = PARTS[part](inside, data, wanted, rng)
    put(folder / "inspect.json", summary)


def _filters(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    count = len(wanted["numbers"])
    weights = rng.normal(0, 0.1, (len(MOMENTS), count, data.channels, 11, 11))
    put(inside / "filters_followed.npy", weights.astype(np.float32))
    moments = {f"epoch_{moment}": 0.8 - moment / 200 for moment in MOMENTS}
    shares = {"high_frequency": moments, "high_frequency_all": moments}
    return {"numbers": wanted["numbers"], "moments": MOMENTS, "unit": "epoch", **shares}


def _first_layers(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    """Variants `size_<kernel>_stride_<stride>`, each coarser than the one before."""
    found, table = {}, []
    for number, variant in enumerate(wanted["variants"], 1):
        kernel, stride = (int(text) for text in variant.split("_")[1::2])
        weights = rng.normal(0, 0.1, (32, data.channels, kernel, kernel))
        put(inside / f"first_layers_{variant}.npy", weights.astype(np.float32))
        table += [(variant, each, 1.0, 2.0, False, 0.3, 0.1 * number) for each in range(32)]
        shares = {"dead_share": 0.0, "high_frequency": 0.3, "low_frequency": 0.1 * number}
        found[variant] = {"filters": 32, "dead": 0, "kernel": [kernel, kernel], "stride": stride, **shares}
        found[variant]["coarseness"] = sum(shares.values())
    names = "variant filter norm largest_activation dead high_frequency low_frequency"
    put(inside / "first_layers.csv", columns(names, table))
    return found


def _strongest(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    layers, rows = wanted["layers"], list(range(5, 5 + wanted["images"]))
    put(inside / "strongest_images.npy", data.pictures(rng, len(rows)))
    for layer in layers:
        put(inside / f"strongest_{layer}.npy", rng.random((len(rows), 14, 14), np.float32))
    table = [(layer, row, row % 3, 0.4) for layer in layers for row in rows]
    put(inside / "strongest.csv", columns("layer row map mean_activation", table))
    return {"layers": {layer: {"maps": 16} for layer in layers}, "rows": rows}


def _deconvnet(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    found, shape = {}, (wanted["maps"], wanted["top"])
    for number, layer in enumerate(wanted["layers"], 1):
        side, maps = 4 + 40 * (number > 1) + 8 * number, list(range(3, 3 + wanted["maps"]))
        put(inside / f"deconvnet_{layer}.npy", data.pictures(rng, *shape, side=side))
        put(inside / f"deconvnet_patches_{layer}.npy", data.pictures(rng, *shape, side=side))
        found[layer] = {"maps": maps, "receptive_field": side, "mean_distinct_classes": 0.9 / number}
    table = [(layer, 3, 1, 5, 0, 2, 2, 1.5, 0, 0, 8, 8) for layer in wanted["layers"]]
    names = "layer map rank row label y x activation top left bottom right"
    put(inside / "deconvnet.csv", columns(names, table))
    return {"layers": found}


def _faithfulness(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    means = {"own": 0.5, "others": 0.2, "fall": 0.6, "fall_at_random": 0.3}
    table = [(layer, 3, row, 1.5, *means.values()) for layer in wanted["layers"] for row in range(wanted["top"])]
    put(inside / "faithfulness.csv", columns("layer map row activation own others fall fall_at_random", table))
    of_class = {"layer": wanted["layers"][-1], "rows": [0, 1], "probability": 0.8, "fall": 0.2, "fall_at_random": 0.05}
    layers = dict.fromkeys(wanted["layers"], means)
    return {"maps": 1, "top": wanted["top"], "share": 0.2, "layers": layers, "true_class": of_class}


def _evolution(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    """The first map changes its image with each jump, of which the last is one; the second keeps its image."""
    maps = list(range(3, 3 + wanted["maps"]))
    for number, layer in enumerate(wanted["layers"]):
        for kind in ("", "patches_"):
            pictures = data.pictures(rng, len(maps), len(MOMENTS), side=12 + 40 * (number > 0))
            put(inside / f"evolution_{kind}{layer}.npy", pictures)
    alike = (None, 0.9, 0.1)
    table = [
        (layer, number, moment, 5 + (number == 3 and moment == MOMENTS[-1]), 1.5, alike[at] if number == 3 else None)
        for layer in wanted["layers"]
        for number in maps
        for at, moment in enumerate(MOMENTS)
    ]
    put(inside / "evolution.csv", columns("layer map moment row activation likeness", table))
    told = {"changed_image": 0.75, "steps": 4, "jumps": 1, "jumps_changed": 1, "jumps_kept": 0, "changed_at_jumps": 1.0}
    told |= {"changed_elsewhere": 0.5, "likeness_changed": 0.1, "likeness_kept": 0.9}
    found = {layer: {"maps": maps, "counted": len(maps), **told} for layer in wanted["layers"]}
    return {"moments": MOMENTS, "unit": "epoch", "images": 1200, "layers": found, **told}


def _invariance(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    layers, moves = wanted["layers"], [(name, amount) for name, all_ in TRANSFORMS.items() for amount in all_]
    table = [(*move, layer, 0.8 - 0.2 * number, 0.1) for number, layer in enumerate(layers) for move in moves]
    put(inside / "invariance.csv", columns("transform amount layer distance distance_sd", table))
    said = [(*move, 0.7) for move in moves]
    put(inside / "invariance_probability.csv", columns("transform amount probability", said))
    means = {layer: dict.fromkeys(TRANSFORMS, 0.8 - 0.2 * number) for number, layer in enumerate(layers)}
    return {"layers": means, "rows": [1, 2, 3]}


def _occlusion(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    rows = list(range(5, 5 + wanted["images"]))
    put(inside / "occlusion_images.npy", data.pictures(rng, len(rows)))
    put(inside / "occlusion_projection.npy", data.pictures(rng, len(rows)))
    for kind in ("probability", "activation"):
        put(inside / f"occlusion_{kind}.npy", rng.random((len(rows), 9, 9), np.float32))
    first = np.zeros((len(rows), 9, 9), np.int16)
    first[:, :, 5:] = 2  # a third class right of the middle
    put(inside / "occlusion_class.npy", first)
    # Of the last image no square lies off the object.
    labels, off = [number % len(data.classes) for number in range(len(rows))], [0.05] * (len(rows) - 1) + [None]
    table = {"row": rows, "label": labels, "class": [data.classes[label] for label in labels], "map": 3}
    table |= {"probability": 0.8, "lowest": 0.1, "top": 7, "left": 14, "drop_on_object": 0.3, "drop_off_object": off}
    table |= {"first_on_object": 0.25, "first_off_object": 0.75}
    of_map = {"drop_on_projection": 0.4, "drop_off_projection": 0.1}
    put(inside / "occlusion.csv", table | of_map)
    means = {"drop_on_object": 0.3, "drop_off_object": 0.05, "first_on_object": 0.25, "first_off_object": 0.75}
    about = {"size": 7, "stride": 2, "input": [28, 28], "rows": rows, "images": len(rows), "object": "boxes"}
    return {**about, "first": {str(number): data.classes[number] for number in (0, 2)}, **means, **of_map}


def _correspondence(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    parts, layers = wanted["parts"], wanted["layers"]
    put(inside / "correspondence_images.npy", data.pictures(rng, wanted["images"]))
    boxes = [*parts, *(f"{kind} {n}" for kind in ("random", "fixed") for n in range(1, wanted["random"] + 1))]
    table = [(layer, box, 0.1 + 0.1 * number, 0.01, 5) for layer in layers for number, box in enumerate(boxes)]
    put(inside / "correspondence.csv", columns("layer part delta delta_se images", table))
    below = {"parts": 0.15, "random": 0.3, "fixed": 0.2}
    above = {"parts": 0.3, "random": 0.2, "fixed": 0.2}
    means = {layer: above if number else below for number, layer in enumerate(layers)}
    found = {"layers": means, "class": wanted["label"], "rows": [1, 2, 3], "images": 3, "parts": parts}
    if wanted.get("of"):  # the object lies in the lower half, farther down in every image
        found["object"] = [[0.5, 0.0, 0.8 + 0.05 * image, 1.0] for image in range(wanted["images"])]
        found["boxes"] = {part: [[0.5, 0.25, 0.75, 0.5]] * wanted["images"] for part in parts}
    return found


def _reuse(inside: Path, data: Data, wanted: Settings, rng: np.random.Generator) -> Settings:
    read = [(1, layer, source, 0.1 + 0.01 * source) for layer in (1, 2, 3) for source in range(layer)]
    put(inside / "reuse.csv", columns("block layer source weight", read))
    put(
        inside / "reuse_hidden.csv",
        columns("block source readers loss accuracy", [(1, 0, 2, 0.9, 0.6), (1, 1, 1, 0.7, 0.7)]),
    )
    of_chain = {"loss_of_chain": 1.5, "accuracy_of_chain": 0.4, "sources": 2, "used": 1, "used_share": 0.5}
    return {"loss": 0.8, "accuracy": 0.7, **of_chain, "newest_weight": 0.12, "entering_weight": 0.1}


PARTS = {
    "filters": _filters,
    "first_layers": _first_layers,
    "strongest": _strongest,
    "deconvnet": _deconvnet,
    "faithfulness": _faithfulness,
    "evolution": _evolution,
    "invariance": _invariance,
    "occlusion": _occlusion,
    "correspondence": _correspondence,
    "reuse": _reuse,
}
