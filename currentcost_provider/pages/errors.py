"""What a page is refused for, in words for people."""

from http import HTTPStatus


class PageError(Exception):
    """A request that is answered with a page that says why not."""

    def __init__(
        self,
        status: HTTPStatus,
        title: str,
        words: str = "",
        *,
        retry_after: int | None = None,
    ) -> None:
        """Keep what the page will say."""
        super().__init__(title)
        self.status = status
        self.title = title
        self.words = words
        self.retry_after = retry_after


class SignInNeeded(Exception):
    """Nobody is signed in; the page is for people who are."""
