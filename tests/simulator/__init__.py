"""A whole company in one thread, driven by one seed (docs/simulator.md)."""
