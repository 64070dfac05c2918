"""The local mobility anchor: its rules, its tables, its answers."""
