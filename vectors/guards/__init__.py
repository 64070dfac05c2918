"""Boundaries of the guards: what tests of them have to show."""
