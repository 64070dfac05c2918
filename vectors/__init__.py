"""Test purposes from the model, and the wire form of its steps."""
