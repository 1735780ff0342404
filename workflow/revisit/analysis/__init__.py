"""What is computed from a trained network: features, probes, maps, neighbours, metrics."""
