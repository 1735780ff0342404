"""Reference results: findings of the published protocols on the published data, kept in git with their provenance."""
