"""Objects in images: boxes and masks, how well they are found, and regions that may hold one. No tensor is needed."""
