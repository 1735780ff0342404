"""The figures that pictures of objects and scenes show; each is drawn in the unit square, its feet near y = 1."""
