"""Companies as released versions left them, kept as SQL text, and what became of each of their cases there."""
