"""The HTTP client of an energy provider's service, version 1 of its interface.

It carries messages of the exchange and knows nothing of what they say. What comes back
is hostile until checked: answers are bounded while they are read, redirects are not
followed, and an error tells a person what to do without repeating a secret.
"""

from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
import json
from typing import Any, Final

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorSSLError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
)
from yarl import URL

from .exchange import MAX_MESSAGE, PROTOCOL_VERSION

SERVICE: Final = "currentcost-provider"

_TIMEOUT: Final = 30.0
_MAX_JSON: Final = 16 * 1024
_MAX_RETRY_AFTER: Final = 3600
_PROBLEM: Final = "urn:currentcost:"
_OCTETS: Final = "application/octet-stream"
_SERVER_ERROR: Final = 500
_LATER: Final = {
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}


class ProviderError(Exception):
    """Base of what can go wrong with a provider."""


class InvalidAddressError(ProviderError):
    """Not an http or https address of a host."""


class InsecureAddressError(ProviderError):
    """Plain HTTP to another machine."""


class UnreachableError(ProviderError):
    """No answer, or one that says nothing: for now, so trying again makes sense."""


class CertificateError(UnreachableError):
    """The provider's certificate isn't trusted, or not for this address."""


class NotAProviderError(ProviderError):
    """An answer that a provider's service would not give."""


class OtherVersionError(ProviderError):
    """The provider speaks another version of the exchange."""

    def __init__(self, theirs: object) -> None:
        """Keep the provider's version for the message that a person reads."""
        super().__init__(f"the provider speaks version {theirs!s:.8}")
        self.theirs = f"{theirs!s:.8}"


class ProblemError(ProviderError):
    """The provider refused a request, and said why by one of its codes."""

    def __init__(self, code: str, *, retry_after: float | None = None) -> None:
        """Keep the code, and the seconds after which to ask again if it named them."""
        super().__init__(f"the provider answered {code}")
        self.code = code
        self.retry_after = retry_after


class TokenRejectedError(ProblemError):
    """The provider doesn't accept the token any more."""


class TryLaterError(ProblemError):
    """The provider will take the same request later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a provider says of itself to anyone."""

    name: str
    fingerprint: str


def provider_url(address: str) -> URL:
    """Return the base of a provider's address as a person typed it.

    Plain HTTP is taken for this very machine only. The messages of the exchange would
    keep the readings to themselves even on an open line, but the password and the
    token would not, and whoever has them can report in the household's name.

    Raises:
        InvalidAddressError: no http or https address, or one with more than host and path.
        InsecureAddressError: plain HTTP to another machine.
    """
    try:
        url = URL(address.strip())
        port_is_valid = url.port is not None
    except ValueError as err:
        raise InvalidAddressError from err
    if url.scheme not in {"http", "https"} or not url.host or not port_is_valid:
        raise InvalidAddressError
    if url.user or url.password or url.query_string or url.fragment:
        raise InvalidAddressError
    if url.scheme == "http" and not _is_loopback(url.host):
        raise InsecureAddressError
    return url.with_path(url.path.rstrip("/"))


class ProviderClient:
    """One household's access to one provider."""

    def __init__(
        self, session: ClientSession, address: str, *, token: str | None = None
    ) -> None:
        """Take the session; raise InvalidAddressError or InsecureAddressError at once."""
        self._session = session
        self._base = provider_url(address)
        self._token = token

    async def async_service(self) -> Service:
        """Ask who is there, and check that it speaks our version.

        Raises:
            OtherVersionError: it is a provider, of another version.
            NotAProviderError: it is something else.
        """
        answer = await self._async_json("GET", "v1/")
        match answer:
            case {"service": service, "protocol": protocol} if service != SERVICE:
                raise NotAProviderError
            case {"protocol": protocol} if protocol != PROTOCOL_VERSION:
                raise OtherVersionError(protocol)
            case {"service": _, "name": str(name), "fingerprint": str(fingerprint)}:
                return Service(name=name, fingerprint=fingerprint)
        raise NotAProviderError

    async def async_log_in(
        self, *, user: str, password: str, household_key: bytes
    ) -> str:
        """Exchange the one-time password for a token, and use it from now on.

        Raises:
            ProblemError: with code `credentials`.
            TryLaterError: with code `too_many_attempts`.
        """
        answer = await self._async_json(
            "POST",
            "v1/households/token",
            {"user": user, "password": password, "household_key": household_key.hex()},
        )
        match answer:
            case {"token": str(token)} if 0 < len(token) <= _MAX_JSON:
                self._token = token
                return token
        raise NotAProviderError

    async def async_plan(self) -> bytes:
        """Fetch the signed statement of the household's plan."""
        return await self._async_message("GET", "v1/plan")

    async def async_begin(self, request: bytes) -> bytes:
        """Begin a set-up: send the request, return the offer."""
        return await self._async_message("POST", "v1/agreements", request)

    async def async_transfer(self, agreement_id: bytes, transfer: bytes) -> bytes:
        """Go on with a set-up: send the transfer, return the confirmation."""
        path = f"v1/agreements/{agreement_id.hex()}/transfer"
        return await self._async_message("POST", path, transfer)

    async def async_report(self, agreement_id: bytes, message: bytes) -> bytes:
        """Send a report, or the message that a window is missing; return the reply."""
        path = f"v1/agreements/{agreement_id.hex()}/windows"
        return await self._async_message("POST", path, message)

    async def async_ask(
        self, agreement_id: bytes, *, after: int, wait: int
    ) -> bytes | None:
        """Wait for a question on demand, `wait` seconds at most; None if none came.

        About a window that starts after `after` (UTC s).
        """
        return (
            await self._async_request(
                "GET",
                f"v1/agreements/{agreement_id.hex()}/ask",
                query={"wait": wait, "after": after},
                body=None,
                content_type=_OCTETS,
                limit=MAX_MESSAGE,
                wait=wait,
            )
            or None
        )

    async def async_opening(self, agreement_id: bytes) -> bytes:
        """Fetch what opens the provider's values; TryLaterError before the end."""
        path = f"v1/agreements/{agreement_id.hex()}/opening"
        return await self._async_message("GET", path)

    async def async_renewal(self, agreement_id: bytes) -> bytes:
        """Fetch the signed statement on which an agreement may be renewed."""
        path = f"v1/agreements/{agreement_id.hex()}/renewal"
        return await self._async_message("GET", path)

    async def _async_json(
        self, method: str, path: str, body: dict[str, str] | None = None
    ) -> Any:
        content = await self._async_request(
            method,
            path,
            body=None if body is None else json.dumps(body).encode(),
            content_type="application/json",
            limit=_MAX_JSON,
        )
        return _parse_json(content)

    async def _async_message(
        self, method: str, path: str, message: bytes | None = None
    ) -> bytes:
        return await self._async_request(
            method, path, body=message, content_type=_OCTETS, limit=MAX_MESSAGE
        )

    async def _async_request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None,
        content_type: str,
        limit: int,
        query: dict[str, int] | None = None,
        wait: int = 0,
    ) -> bytes:
        """Send one request and return the body of a good answer."""
        # No compression, so that the bound on an answer's size holds as it is read.
        headers = {"Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = content_type
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            async with self._session.request(
                method,
                (self._base / path).with_query(query),
                data=body,
                headers=headers,
                timeout=ClientTimeout(total=_TIMEOUT + wait),
                allow_redirects=False,
            ) as response:
                content = await _read(response, limit)
        except (ClientConnectorCertificateError, ClientConnectorSSLError) as err:
            raise CertificateError from err
        except (ClientError, TimeoutError) as err:
            raise UnreachableError(type(err).__name__) from err
        if response.status == HTTPStatus.NO_CONTENT and query is not None:
            return b""
        if response.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise _problem(response, content)
        if response.content_type != content_type:
            raise NotAProviderError(response.content_type)
        return content


async def _read(response: ClientResponse, limit: int) -> bytes:
    """Read an answer of `limit` bytes at most."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > limit:
            response.close()
            raise NotAProviderError
    return bytes(content)


def _problem(response: ClientResponse, content: bytes) -> ProviderError:
    """Return what an answer with an error status means."""
    retry_after = _retry_after(response)
    match response.status, _problem_code(content):
        case status, None if status >= _SERVER_ERROR:
            # A proxy whose service is away answers for it.
            return UnreachableError(f"status {status}")
        case status, None:
            return NotAProviderError(f"status {status}")
        case _, "protocol_version":
            return OtherVersionError(_parse_json(content).get("protocol"))
        case HTTPStatus.UNAUTHORIZED, "token" as code:
            return TokenRejectedError(code)
        case status, code if status in _LATER or status >= _SERVER_ERROR:
            return TryLaterError(code, retry_after=retry_after)
        case _, code:
            return ProblemError(code)


def _problem_code(content: bytes) -> str | None:
    """Return the code of a problem (RFC 9457) as our providers write it, or None."""
    try:
        answer = _parse_json(content)
    except NotAProviderError:
        return None
    match answer:
        case {"type": str(kind)} if kind.startswith(_PROBLEM):
            code = kind.removeprefix(_PROBLEM)
            return code if code.isascii() and code.isidentifier() else None
    return None


def _retry_after(response: ClientResponse) -> float | None:
    """Return the header's seconds, an hour at most; None if it has no number."""
    value = response.headers.get("Retry-After", "")
    if not (value.isascii() and value.isdecimal()):
        return None
    return float(min(int(value[:9]), _MAX_RETRY_AFTER))


def _parse_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as err:
        raise NotAProviderError from err


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
