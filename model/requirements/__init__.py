"""What the RFCs ask, by id, and who checks it."""
