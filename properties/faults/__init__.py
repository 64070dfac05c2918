"""Mutants and seeded faults, and which check notices them."""
