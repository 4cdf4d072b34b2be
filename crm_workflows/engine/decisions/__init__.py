"""Decisions: what people do with a request, by every verb, and what follows from it. It reads no mail."""
