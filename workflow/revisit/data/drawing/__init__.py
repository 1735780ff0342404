"""Pictures drawn with reproducible randomness: dice, rasterisers, figures, places, and the data sets made of them."""
