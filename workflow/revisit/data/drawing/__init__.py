"""Figures drawn with reproducible randomness: dice, a rasteriser, cloth and cuts."""
