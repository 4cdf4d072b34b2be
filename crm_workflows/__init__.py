"""The front door: the words in which a procedure is written, and only them."""
