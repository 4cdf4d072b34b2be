"""Mail on its way in: stored raw first, then read, applied once and answered at most once."""
