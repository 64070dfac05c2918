"""Packs of vectors: cases recorded, and played against implementations."""
