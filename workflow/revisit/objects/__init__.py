"""Objects in images: boxes, masks, proposals; their geometry and metrics."""
