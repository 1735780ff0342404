"""`params.yaml`: its schema, its mistakes, and what each stage gets of it."""
