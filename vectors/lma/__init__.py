"""Test purposes for a local mobility anchor."""
