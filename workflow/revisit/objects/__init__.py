"""Objects in images: boxes and masks, how well they are found, and regions that may hold one.

`batch`, `boxes` and `align` work on tensors; all else needs NumPy alone.
"""
