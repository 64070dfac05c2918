"""The guards of rules as decisions over conditions, and which situations there can be."""
