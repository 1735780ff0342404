"""One folder per task, what networks are trained for; `registry` finds them by name."""
