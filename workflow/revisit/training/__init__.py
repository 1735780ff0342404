"""Training: batches, optimisers, graphs, history, resume states, TensorBoard events, and the loop over them."""
