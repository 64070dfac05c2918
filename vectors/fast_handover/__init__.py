"""Test purposes for gateways that do fast handovers."""
