"""One module per network; `registry` finds them by name."""
