"""Several classes per image, of which some may be excluded."""
