"""Everything that a request can be refused for, with code, status and title."""

from enum import Enum
from http import HTTPStatus

from currentcost_exchange import PROTOCOL_VERSION, ExchangeError, UnsupportedVersion


class Problem(Enum):
    """A problem type (RFC 9457): its code, its HTTP status and what people read."""

    MALFORMED = "malformed", HTTPStatus.BAD_REQUEST, "Not a message of this exchange"
    PROTOCOL_VERSION = (
        "protocol_version",
        HTTPStatus.BAD_REQUEST,
        "A message of another protocol version",
    )
    CREDENTIALS = (
        "credentials",
        HTTPStatus.UNAUTHORIZED,
        "User name or password is wrong, or the password was used already",
    )
    TOKEN = "token", HTTPStatus.UNAUTHORIZED, "The token is not valid"
    ROLE = "role", HTTPStatus.FORBIDDEN, "The operator's role does not allow it"
    POLICY_REFUSED = (
        "policy_refused",
        HTTPStatus.FORBIDDEN,
        "The household broke the set-up; the provider has to allow another",
    )
    AGREEMENT_STOPPED = (
        "agreement_stopped",
        HTTPStatus.FORBIDDEN,
        "The agreement takes no more reports",
    )
    AGREEMENT_UNKNOWN = (
        "agreement_unknown",
        HTTPStatus.NOT_FOUND,
        "The household has no such agreement",
    )
    NO_RENEWAL = (
        "no_renewal",
        HTTPStatus.NOT_FOUND,
        "Nothing follows on this agreement yet",
    )
    NOT_FOUND = "not_found", HTTPStatus.NOT_FOUND, "There is nothing at this address"
    METHOD_NOT_ALLOWED = (
        "method_not_allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This address takes other methods",
    )
    TIMEOUT = "timeout", HTTPStatus.REQUEST_TIMEOUT, "The request came too slowly"
    SETUPS_EXHAUSTED = (
        "setups_exhausted",
        HTTPStatus.CONFLICT,
        "Too many set-ups; the provider has to allow more",
    )
    PLAN_CHANGED = (
        "plan_changed",
        HTTPStatus.CONFLICT,
        "This is not the plan that is running",
    )
    TRANSFER_TAKEN = (
        "transfer_taken",
        HTTPStatus.CONFLICT,
        "The set-up is finished, and not with this message",
    )
    WINDOW_TAKEN = (
        "window_taken",
        HTTPStatus.CONFLICT,
        "Another report stands for this window",
    )
    NOT_ASKABLE = (
        "not_askable",
        HTTPStatus.CONFLICT,
        "Nobody can be asked this now",
    )
    NOT_ASKED = (
        "not_asked",
        HTTPStatus.CONFLICT,
        "Nobody has asked about this window",
    )
    WINDOW_LATE = "window_late", HTTPStatus.GONE, "The window is no longer open"
    CONFLICT = (
        "conflict",
        HTTPStatus.CONFLICT,
        "It does not go with how things stand",
    )
    TOO_LARGE = (
        "too_large",
        HTTPStatus.CONTENT_TOO_LARGE,
        "The message is longer than any of its kind",
    )
    UNFIT = (
        "unfit",
        HTTPStatus.UNPROCESSABLE_CONTENT,
        "What is wanted can't be",
    )
    WINDOW_MISALIGNED = (
        "window_misaligned",
        HTTPStatus.UNPROCESSABLE_CONTENT,
        "Not a window of the plan",
    )
    WINDOW_EARLY = "window_early", HTTPStatus.TOO_EARLY, "The window has not ended yet"
    PERIOD_RUNNING = (
        "period_running",
        HTTPStatus.TOO_EARLY,
        "The period of the plan is not over yet",
    )
    TOO_MANY_ATTEMPTS = (
        "too_many_attempts",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many attempts to log in",
    )
    RATE_LIMITED = (
        "rate_limited",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
    )
    INTERNAL = (
        "internal",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The service failed; its log says why",
    )
    BUSY = "busy", HTTPStatus.SERVICE_UNAVAILABLE, "The service is busy"

    def __init__(self, code: str, status: HTTPStatus, title: str) -> None:
        """Name the parts of a member."""
        self.code = code
        self.status = status
        self.title = title


class ProblemError(Exception):
    """A request that is refused.

    Attributes:
        problem: what for.
        detail: what of it is particular to this request; never anything secret.
        retry_after: seconds after which the same request may succeed.
    """

    def __init__(
        self, problem: Problem, detail: str = "", *, retry_after: int | None = None
    ) -> None:
        """Keep what the answer will say."""
        super().__init__(problem.code)
        self.problem = problem
        self.detail = detail or problem.title
        self.retry_after = retry_after


def malformed(err: ExchangeError) -> ProblemError:
    """Return the problem of a message that the exchange did not take."""
    if isinstance(err, UnsupportedVersion):
        return ProblemError(
            Problem.PROTOCOL_VERSION,
            f"This service speaks version {PROTOCOL_VERSION} of the exchange,"
            f" the message is of version {err.theirs}",
        )
    return ProblemError(Problem.MALFORMED, str(err))
