"""Executable formal model and conformance test suite for Proxy Mobile IPv6."""
