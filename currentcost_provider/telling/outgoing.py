"""Requests that the service makes itself: only to where an admin may send it.

Whoever may register an address could otherwise reach what only this machine reaches (a
cloud's metadata, a router, a database): the name is looked up once, every address that it
has must be allowed, and the connection goes to that very address. TLS still checks the
name, against the authorities that the operating system trusts or, where OpenSSL's
`SSL_CERT_FILE` and `SSL_CERT_DIR` are set, those. Redirects aren't followed, no proxy is
used, and no answer is read but its status.
"""

import asyncio
from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
import socket
import ssl
from typing import Final, override
from urllib.parse import urlsplit

import httpcore

from ..refusals import Unfit

SECONDS: Final = 20.0
"""That a request may take in all."""
MAX_URL: Final = 500

_TIMEOUTS: Final = {"connect": 5.0, "pool": 5.0, "read": 10.0, "write": 10.0}
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})

type Network = IPv4Network | IPv6Network


class NotSent(Exception):
    """A request that was not taken; says why, without anything of the address."""


def check_url(text: str) -> str:
    """Return an address that may be sent to, as it was given.

    Raises:
        Unfit: it may not; says why.
    """
    if len(text) > MAX_URL or not (text.isascii() and text.isprintable()):
        raise Unfit(f"An address has {MAX_URL} plain characters at most.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as err:
        raise Unfit("This is not an address.") from err
    if not parts.hostname or port == 0 or " " in text or "\\" in text:
        raise Unfit("This is not an address.")
    if "@" in parts.netloc or parts.fragment:
        raise Unfit("An address has neither a user nor a fragment.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK_HOSTS:
        raise Unfit("Plain http is for this machine alone; give an https address.")
    if parts.scheme not in {"http", "https"}:
        raise Unfit("An address begins with https://.")
    return text


def is_allowed(address: str, networks: Iterable[Network]) -> bool:
    """Return whether an IP address may be connected to: public, or in a network."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    found = _embedded(found)
    if any(found.version == net.version and found in net for net in networks):
        return True
    return found.is_global and not found.is_multicast


async def post(
    url: str, body: bytes, headers: dict[str, str], networks: Sequence[Network]
) -> None:
    """Send a body.

    Args:
        url: as `check_url` returned it.
        body: JSON.
        headers: besides the usual ones.
        networks: what may be reached although it is not public.

    Raises:
        NotSent: it was not answered with success.
    """
    allowed = (*networks, *(_LOOPBACK if urlsplit(url).scheme == "http" else ()))
    # Read for each request: authorities come and go. It takes as long as a few reports.
    trusted = await asyncio.to_thread(ssl.create_default_context)
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpcore.AsyncConnectionPool(
                ssl_context=trusted,
                network_backend=_Guarded(allowed),
            ) as pool,
            pool.stream(
                "POST",
                url,
                content=body,
                headers=[("Content-Type", "application/json"), *headers.items()],
                extensions={"timeout": _TIMEOUTS},
            ) as response,
        ):
            status = response.status
    except TimeoutError, httpcore.TimeoutException:
        raise NotSent("no answer in time") from None
    except (
        OSError,
        UnicodeError,
        httpcore.NetworkError,
        httpcore.ProtocolError,
    ) as err:
        raise NotSent(_why(err)) from None
    except httpcore.UnsupportedProtocol:
        raise NotSent("not an address") from None
    if not 200 <= status < 300:
        raise NotSent(f"answered {status}")


def _why(err: BaseException) -> str:
    """Return why a receiver was not reached."""
    cause: BaseException | None = err
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            # Behind a comma stands the name.
            problem = cause.verify_message.partition(",")[0]
            return f"its certificate is refused: {problem}"
        cause = cause.__cause__ or cause.__context__
    return f"not reached: {type(err).__name__}"


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to addresses that are allowed."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._backend = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of a host's addresses if all of them are allowed."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
        addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
        if not all(is_allowed(address, self._networks) for address in addresses):
            raise NotSent(
                "the address is not a public one: see `webhook_networks` in the"
                " configuration"
            )
        failure: Exception = OSError("no address")
        for address in addresses:
            try:
                return await self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as err:
                failure = err
        raise failure


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if not isinstance(address, IPv6Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
