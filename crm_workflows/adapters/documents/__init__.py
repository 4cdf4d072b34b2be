"""PDF and xlsx, written and read."""
