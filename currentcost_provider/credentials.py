"""One-time passwords and tokens: how they are made, and what of them is stored.

A password is typed by a person, so it is short (79 bits) and hashed with Argon2id
(RFC 9106) at the parameters that OWASP's password storage cheat sheet names first
for little memory. A token is read by machines and has 256 bits, so a plain hash of
it neither tells it nor can be guessed.
"""

import hashlib
import secrets
from typing import Final
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

# No letter or digit that can be taken for another: 0 and o, 1, i and l.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 4
_GROUP_LENGTH: Final = 4
_TOKEN_BYTES: Final = 32

MIN_CHOSEN: Final = 12
MAX_CHOSEN: Final = 128
"""Characters of a password that a person chooses."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified where there is no user, so that this takes as long as a wrong password.
_NOBODYS_HASH: Final = _hasher.hash(secrets.token_hex())


def new_password() -> str:
    """Return a one-time password such as "k7wd-pm3x-9tfa-hq2e"."""
    return "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH))
        for _ in range(_GROUPS)
    )


def hash_password(password: str) -> str:
    """Return what is stored of a password."""
    return _hasher.hash(_as_typed(password))


def is_password(password: str, stored: str | None) -> bool:
    """Return whether a password is the one stored; takes as long if there is none."""
    return _verify(_as_typed(password), stored)


def weakness(password: str, name: str) -> str | None:
    """Return why a person should not choose a password; None if nothing speaks against.

    Length is what counts (NIST SP 800-63B); what is said of it is for people.
    """
    if len(password) < MIN_CHOSEN:
        return f"A password has {MIN_CHOSEN} characters or more."
    if len(password) > MAX_CHOSEN:
        return f"A password has {MAX_CHOSEN} characters at most."
    if name.casefold() in password.casefold():
        return "The password must not contain the name."
    if len(set(password.casefold())) < 6:
        return "The password repeats the same few characters."
    return None


def hash_chosen(password: str) -> str:
    """Return what is stored of a password that a person chose."""
    return _hasher.hash(unicodedata.normalize("NFKC", password))


def is_chosen(password: str, stored: str | None) -> bool:
    """Return whether it is the one stored; takes as long if there is none."""
    return _verify(unicodedata.normalize("NFKC", password), stored)


def new_token() -> str:
    """Return a household's token."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """Return what is stored of a token, 32 bytes.

    Looking it up by this hash tells nothing by its timing: whoever can choose a hash
    that almost matches would need the token's preimage.
    """
    return hashlib.sha256(token.encode()).digest()


def _verify(password: str, stored: str | None) -> bool:
    try:
        _hasher.verify(_NOBODYS_HASH if stored is None else stored, password)
    except Argon2Error, InvalidHashError:
        return False
    return stored is not None


def _as_typed(password: str) -> str:
    """Forgive capitals, spaces and missing dashes."""
    return "".join(password.split()).replace("-", "").lower()
