"""The record: its chain, seals and dossier, the sources of procedures, erasure, and looks at what would get stuck."""
