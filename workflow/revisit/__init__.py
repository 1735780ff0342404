"""Revisit: four classic studies of convolutional networks, re-run from raw data to report.

The library knows nothing of the engines (Snakemake, DVC) that run it.
Imports run one way: report -> analysis -> models, data -> config; training -> models, data -> config.
"""
