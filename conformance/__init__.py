"""The wire: sockets, the declaration of an implementation, the campaign and the peers."""
