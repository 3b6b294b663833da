"""Who may read from afar: Home Assistant's tokens, and by choice a name and password.

A password is checked by Home Assistant's own provider of users, and a wrong one counts
for its ban of addresses. Who gets it wrong has to wait, longer each time, before the
next one is looked at. Whatever is wrong, the answer is the same.
"""

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final, NoReturn

from aiohttp import hdrs
from aiohttp.web import Application, HTTPForbidden, HTTPTooManyRequests, Request
from aiohttp.web_exceptions import HTTPUnauthorized

from homeassistant.auth.models import User
from homeassistant.auth.providers.homeassistant import InvalidAuth, async_get_provider
from homeassistant.components.http.auth_util import async_user_not_allowed_do_auth
from homeassistant.components.http.ban import (
    KEY_BAN_MANAGER,
    KEY_LOGIN_THRESHOLD,
    process_success_login,
)
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_AUTHENTICATED
from homeassistant.helpers.network import is_cloud_connection
from homeassistant.util.network import is_local

# A user's name is known to many: somebody else's errors shall not lock them out at once.
FREE_ERRORS_OF_A_NAME: Final = 5
LONGEST_WAIT: Final = 300.0
LONGEST_WAIT_OF_A_NAME: Final = 30.0
MOST_KNOWN: Final = 1000

# Each check takes a good part of a second of a core.
CHECKS_AT_ONCE: Final = 2

CHALLENGE: Final = {
    hdrs.WWW_AUTHENTICATE: 'Basic realm="Home Assistant", charset="UTF-8"'
}
REFUSAL: Final = (
    "A wrong name or password, or a user with multi-factor authentication, "
    "who needs a token."
)


class BackOff:
    """How long each of many has to wait after errors; the latest ones are known."""

    def __init__(self, *, longest: float, free: int = 0) -> None:
        """Take the longest wait in seconds, and how many errors cost nothing."""
        self._errors: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()
        self._free = free
        self._longest = longest

    def wait(self, who: Hashable, now: float) -> float:
        """Return the seconds to wait, 0 if none."""
        _, until = self._errors.get(who, (0, now))
        return max(until - now, 0.0)

    def failed(self, who: Hashable, now: float) -> None:
        """Note an error: 1 s of waiting after the first, then twice as long each."""
        errors, _ = self._errors.pop(who, (0, 0.0))
        beyond = errors - self._free
        delay = 0.0 if beyond < 0 else min(2.0 ** min(beyond, 20), self._longest)
        self._errors[who] = errors + 1, now + delay
        while len(self._errors) > MOST_KNOWN:
            self._errors.popitem(last=False)

    def succeeded(self, who: Hashable) -> None:
        """Forget the errors."""
        self._errors.pop(who, None)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was sent."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads."""

    user: User
    by_password: bool


class Doorkeeper:
    """Lets in those who may read."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin without errors."""
        self._addresses = BackOff(longest=LONGEST_WAIT)
        self._checks = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._hass = hass
        self._names = BackOff(
            longest=LONGEST_WAIT_OF_A_NAME, free=FREE_ERRORS_OF_A_NAME
        )

    async def async_admit(self, request: Request, *, passwords: bool) -> Reader:
        """Return who it is.

        Args:
            request: with a token that Home Assistant has checked, or HTTP Basic.
            passwords: whether they are taken at all.

        Raises:
            HTTPException: they may not read, or not yet.
        """
        if request[KEY_AUTHENTICATED]:
            return Reader(user=request[KEY_HASS_USER], by_password=False)
        if not passwords or not can_ban(request.app):
            raise HTTPUnauthorized
        header = request.headers.get(hdrs.AUTHORIZATION)
        if header is None:
            # Many clients send a password only when they are asked to: no error yet.
            raise _Challenge(headers=CHALLENGE)
        address = ip_address(request.remote or "")
        if is_cloud_connection(self._hass) or not (request.secure or is_local(address)):
            raise HTTPForbidden(
                text="A password is only taken over HTTPS or in the local network, and "
                "not through the cloud. Use a token."
            )
        credentials = _decode(header)
        if credentials is None:
            _refuse()
        user = await self._async_check(request, credentials, str(address))
        process_success_login(request)
        return Reader(user=user, by_password=True)

    async def _async_check(
        self, request: Request, credentials: Credentials, address: str
    ) -> User:
        """Return the user, or raise an HTTPException."""
        name = credentials.name.strip().casefold()
        async with self._checks:
            now = self._hass.loop.time()
            wait = max(self._addresses.wait(address, now), self._names.wait(name, now))
            if wait > 0:
                raise HTTPTooManyRequests(
                    headers={hdrs.RETRY_AFTER: str(int(wait) + 1)},
                    text="Too many errors. Wait before you try again.",
                )
            user = await self._async_user(credentials)
            if user is None or async_user_not_allowed_do_auth(
                self._hass, user, request
            ):
                now = self._hass.loop.time()
                self._addresses.failed(address, now)
                self._names.failed(name, now)
                _refuse()
            self._addresses.succeeded(address)
            self._names.succeeded(name)
            return user

    async def _async_user(self, credentials: Credentials) -> User | None:
        """Return whose name and password these are, if those are enough."""
        provider = async_get_provider(self._hass)
        try:
            await provider.async_validate_login(credentials.name, credentials.password)
        except InvalidAuth:
            return None
        known = await provider.async_get_or_create_credentials(
            {"username": credentials.name}
        )
        user = await self._hass.auth.async_get_user_by_credentials(known)
        if user is None or await self._hass.auth.async_get_enabled_mfa(user):
            return None
        return user


class _Challenge(HTTPForbidden):
    """What asks for a password; Home Assistant counts an HTTPUnauthorized as wrong."""

    status_code = HTTPStatus.UNAUTHORIZED


@callback
def can_ban(app: Application) -> bool:
    """Whether Home Assistant bans addresses that get passwords wrong."""
    return KEY_BAN_MANAGER in app and app.get(KEY_LOGIN_THRESHOLD, 0) >= 1


def _decode(header: str) -> Credentials | None:
    """Return what an Authorization header says, None if it isn't HTTP Basic."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return None
    name, colon, password = text.partition(":")
    return Credentials(name, password) if colon else None


def _refuse() -> NoReturn:
    raise HTTPUnauthorized(headers=CHALLENGE, text=REFUSAL)
