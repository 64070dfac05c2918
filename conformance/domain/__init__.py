"""A living domain with a Linux mobile node."""
