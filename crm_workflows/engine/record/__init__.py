"""The record: its chain, seals and dossier, the sources of procedures, and looks at what would get stuck."""
