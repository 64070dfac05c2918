"""Every model that ships, by its name."""
