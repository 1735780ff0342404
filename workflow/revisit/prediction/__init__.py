"""What trained networks say of new images: as a table, and drawn on a sheet."""
