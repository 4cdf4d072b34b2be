"""The workshop: the checks behind `make check`, each a small module that can be run alone.

The product never imports it.
"""
