"""The model as a module of TLA+."""
