"""Which images are alike: features of one class lie together, those of different classes apart."""
