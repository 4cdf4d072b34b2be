"""Erasing by law, or once days are over: who and what leaves cases, registers, mails and files (G-7, erasure.md)."""
