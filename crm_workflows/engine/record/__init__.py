"""The record: the chain, its seals, the dossier, the sources of procedures, and looks at what would get stuck."""
