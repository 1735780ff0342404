"""One module per official file format; all give the same `Split`."""
