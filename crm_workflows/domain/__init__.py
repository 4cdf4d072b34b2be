"""The business language of the product: pure values and rules. It must not do IO or read clocks."""
