"""All objects in an image, each with its class and box, perhaps its mask."""
