"""`make bench`: what the product costs, each figure beside a ceiling written by hand. Never a test of time."""
