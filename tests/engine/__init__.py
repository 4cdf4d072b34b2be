"""Tests of the engine, in rooms of the same names as its own, each told on toys or on the shipped company.

Here stand what they share and what is about the whole of a procedure (its verbs, the mistakes of its author). A room
more, `whole`, has what no single part can promise: kills, races, many at once, and machines that act at random.
"""
