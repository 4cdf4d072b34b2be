"""Key figures (RP-1, RP-2): what they are, how they are measured, and the report made of them. It changes nothing."""
