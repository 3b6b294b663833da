"""Every decoder, on real messages that were damaged."""
