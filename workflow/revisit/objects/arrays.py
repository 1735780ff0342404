"""The types of the arrays that speak of objects."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]  # numbers of rows, images or classes
Bytes = npt.NDArray[np.uint8]
