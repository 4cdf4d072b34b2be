"""Running cases: opening, stretches between two waits, what time brings, workers. It must not judge answers."""
