"""Interpolated precision: the best precision at a recall or more, read off at a few recalls, whose mean is a measure.

VOC 2007 takes eleven recalls, 0, 0.1, ..., 1 (Everingham et al. 2010, IJCV 88:303-338, section 4.2); COCO takes 101.
`TENTHS` are these eleven as floating-point numbers, as the Python evaluation of Faster R-CNN has them (`voc_eval.py` of
github.com/rbgirshick/py-faster-rcnn, `np.arange(0., 1.1, 0.1)`): three of them lie a little above 3/10, 6/10 and 7/10.
The paper's definition is by exact tenths. The two differ only where a recall is one of these three exactly, which takes
a class whose number of positives is a multiple of 5 (6/10) or of 10 (all three): by `TENTHS` it does not reach it, and
the precision there is that of the recalls beyond.
"""

import numpy as np

TENTHS = np.arange(0, 1.1, 0.1)


def precisions(recall: np.ndarray, precision: np.ndarray, recalls: np.ndarray) -> np.ndarray:
    """The best precision at each of some recalls or more, of several curves; 0 at a recall that a curve does not reach.

    Args:
        recall: (R, N) float64, ascending in each row.
        precision: (R, N) float64, at these.
        recalls: (T,) float64, in [0, 1].

    Returns:
        (R, T) float64.
    """
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    best = np.append(best, np.zeros((len(best), 1)), axis=1)
    reached = np.stack([np.searchsorted(row, recalls, side="left") for row in recall])
    return np.take_along_axis(best, reached, axis=1)
