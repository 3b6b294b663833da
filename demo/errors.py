"""What goes wrong in a demonstration, in words for the person who started it."""


class DemoError(Exception):
    """A step failed; the message says what happened, with the end of its log."""
