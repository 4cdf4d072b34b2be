"""The business language of the product: pure values and rules. It must not do IO, read clocks or import other layers."""
