"""Test purposes for a mobile access gateway."""
