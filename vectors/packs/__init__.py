"""Vectors as files, which others read."""
