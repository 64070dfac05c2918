"""The same model for Spin, and what Spin says of it."""
