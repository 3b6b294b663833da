"""What the provider's people do and see, for command line, interface and console."""
