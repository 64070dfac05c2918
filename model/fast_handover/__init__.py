"""Proxy-based fast handover: RFC 5949, and what it uses of RFC 5568."""
