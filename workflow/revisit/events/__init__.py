"""What the event file of a training shows, small enough for the report: gradients and inputs over the training."""
