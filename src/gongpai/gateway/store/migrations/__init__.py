"""Schema changes, one revision a file, safe to run while the version before serves."""
