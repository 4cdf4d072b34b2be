"""The command line `crmw`, for the administrators of a machine. It must not hold rules of cases: it asks the engine."""
