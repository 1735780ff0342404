"""Data sets: fetched or drawn in their official formats, then prepared as memory-mappable arrays."""
