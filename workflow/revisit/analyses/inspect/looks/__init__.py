"""A look inside a trained network: one module per kind of look, each with a function `look(view, settings)`.

It returns a summary for `inspect.json` and the files to write beside it: tables (pandas) and arrays (NumPy) by name.
"""
