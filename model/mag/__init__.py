"""The mobile access gateway: its rules, its tables, its requests."""
