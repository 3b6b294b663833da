"""Windows: the time line cut into equal pieces, aligned to UTC.

A window is half open, `[start, start + length)`, and starts at a multiple of its
length in seconds since 1970, so that every household and its provider cut at the same
instants without telling each other.
"""


def window_start(time: float, length: int) -> int:
    """Return the start (UTC seconds) of the window of `length` seconds around `time`.

    A `time` on a boundary belongs to the window that starts there.
    """
    return int(time // length) * length
