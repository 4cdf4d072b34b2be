"""Digests: one mail a morning for all that waits for a person, and the answer to it (G-10)."""
