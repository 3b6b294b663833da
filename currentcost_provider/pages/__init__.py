"""The provider's console: web pages for its people.

Rendered here, with a little script in the browser that everything works without. Nothing
is fetched from anywhere else.
"""

from .application import create_console

__all__ = ["create_console"]
