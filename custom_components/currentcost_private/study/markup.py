"""HTML put together from elements: whatever is no element becomes text."""

from html import escape


class Markup(str):
    """HTML that is done; a plain string is text that is still to be escaped."""

    __slots__ = ()


def element(tag: str, *children: str | None, **attributes: object) -> Markup:
    """Return an element; in the names of attributes "_" stands for "-".

    A child that is None is left out, as is an attribute that is None or False.
    """
    opening = "".join(
        f" {name.rstrip('_').replace('_', '-')}"
        + ("" if value is True else f'="{escape(str(value))}"')
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{tag}{opening}>{join(*children)}</{tag}>")


def join(*children: str | None) -> Markup:
    """Return what is put one after the other."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else escape(child)
            for child in children
            if child is not None
        )
    )
