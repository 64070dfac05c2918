"""Sockets, networks and links, real and in memory."""
