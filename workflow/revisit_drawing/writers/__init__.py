"""Writers of the official file formats, for drawn data sets: files laid out as the publishers' are."""
