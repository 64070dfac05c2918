"""Neighbor Discovery on the access link (RFC 4861): messages, codec, rules."""
