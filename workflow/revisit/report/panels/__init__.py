"""The sections of a study: each module draws some; a section without findings is left out."""
