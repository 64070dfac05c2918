"""Terms, rules as they are recorded, and their plain meaning."""
