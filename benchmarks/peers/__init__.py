"""Other engines on the same approval case; each program runs in an environment of its own."""
