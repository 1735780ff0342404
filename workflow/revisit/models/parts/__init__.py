"""What several networks share: their settings, widths, sizes, initial weights and weight files."""
