"""What the procedures' steps do to suppliers, customers and complaints. It sees the engine's ports, never adapters."""
