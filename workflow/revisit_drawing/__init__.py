"""Data sets drawn with reproducible randomness, the stand-ins of `source: embedded`: a module per drawing.

The library loads a drawing by its name (`revisit.data.embedded`) and imports none of this. No package here imports
anything in its `__init__`: a drawing depends on the modules that it uses, and on no other.
"""
