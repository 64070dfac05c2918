"""Octets: messages, codec, format rules, tunnels and ESP."""
