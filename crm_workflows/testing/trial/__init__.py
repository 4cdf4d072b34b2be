"""Tries a procedure out in memory, on a clock of its own: every path, or many cases. Nothing real happens in it."""
