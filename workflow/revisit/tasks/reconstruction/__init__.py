"""The image itself: what autoencoders give."""
