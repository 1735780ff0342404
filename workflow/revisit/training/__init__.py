"""Training: sweeps of runs, and what a run is made of: objectives, batches, optimisers, history, resume states."""
