"""The same for gateways that do fast handovers."""
