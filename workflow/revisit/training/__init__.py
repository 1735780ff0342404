"""Training: sweeps of runs, and what a run is made of: batches, optimisers, history, resume states."""
