"""What keeps the two engines, Snakemake and DVC, in one state. The library does not know of it."""
