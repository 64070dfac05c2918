"""The wire: sockets, the declaration of an IUT, the campaign and the peers."""
