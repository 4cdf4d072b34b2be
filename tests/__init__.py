"""The tests, on the same floors as the product. Helpers are imported as `tests.…`."""
