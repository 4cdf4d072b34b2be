"""Requests: whom a gate or task asks, by when, with what words, and when it is complete. It takes no answers."""
