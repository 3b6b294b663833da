"""Secrets at rest: sealed with a key that is kept outside the database.

A sealed value is

    version (1)  key id (4)  salt (16)  nonce (12)  AES-256-GCM ciphertext and tag

Each value has a key of its own, BLAKE2b of its salt under the named key, so that
random nonces never run out (as in XAES-256-GCM); the place that a value stands in is
authenticated with it, so that it opens nowhere else.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
import hashlib
import os
from pathlib import Path
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = b"\x01"
_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = 1 + _ID_BYTES + _SALT_BYTES + _NONCE_BYTES
_PERSON: Final = b"currentcost-rest"
_COMMENT: Final = """\
# Keys that encrypt what is secret in the provider's database: "id:key", a line each.
# New values take the first; the others open older ones (see `keys rotate`).
# Keep a copy apart from the database's backups: without it they can't be used.
"""


class UnusableKeys(Exception):
    """Keys that are missing, damaged or not those of the database; says why."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys by id, the one for new values first."""

    by_id: Mapping[bytes, bytes] = field(repr=False)

    @classmethod
    def new(cls) -> Keys:
        """Return one new key."""
        return cls({}).with_new()

    def with_new(self) -> Keys:
        """Return the same keys behind a new one."""
        new = {secrets.token_bytes(_ID_BYTES): secrets.token_bytes(_KEY_BYTES)}
        return Keys(new | dict(self.by_id))

    def added(self) -> Keys:
        """Return the same keys and a new one that new values don't take yet."""
        return Keys(dict(self.by_id) | dict(Keys.new().by_id))

    def led_by(self, name: bytes) -> Keys:
        """Return the same keys with one of them for new values."""
        return Keys({name: self.by_id[name]} | dict(self.by_id))

    def only(self, ids: set[bytes]) -> Keys:
        """Return the first key and those of the others that are named."""
        kept = {self.current} | ids
        return Keys({name: key for name, key in self.by_id.items() if name in kept})

    @property
    def current(self) -> bytes:
        """The id of the key for new values."""
        return next(iter(self.by_id))

    def to_text(self) -> str:
        """Return the text of a key file."""
        lines = [
            f"{name.hex()}:{base64.b64encode(key).decode()}\n"
            for name, key in self.by_id.items()
        ]
        return _COMMENT + "".join(lines)

    @classmethod
    def from_text(cls, text: str) -> Keys:
        """Read a key file, or keys between spaces.

        Raises:
            UnusableKeys: it has no key, or something else than keys.
        """
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        by_id = {}
        for word in " ".join(lines).split():
            name, _, encoded = word.partition(":")
            try:
                by_id[bytes.fromhex(name)] = base64.b64decode(encoded, validate=True)
            except (ValueError, binascii.Error) as err:
                raise UnusableKeys('a key is not of the form "id:key"') from err
        if not by_id:
            raise UnusableKeys("there is no key")
        for key_name, key in by_id.items():
            if len(key_name) != _ID_BYTES or len(key) != _KEY_BYTES:
                raise UnusableKeys("a key or its id is of the wrong length")
            if len(set(key)) < 8:
                raise UnusableKeys(f"the key {key_name.hex()} is not random")
        return cls(by_id)


class KeyFile:
    """A file of keys that only its owner can read."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        self.path = path

    def __str__(self) -> str:
        """Return where the keys are, for people."""
        return str(self.path)

    def read(self) -> Keys:
        """Return the keys.

        Raises:
            UnusableKeys: with the file's name.
        """
        try:
            return Keys.from_text(self.path.read_text())
        except OSError as err:
            raise UnusableKeys(f"{self.path} can't be read: {err.strerror}") from err
        except (UnicodeDecodeError, UnusableKeys) as err:
            raise UnusableKeys(f"{self.path} can't be used: {err}") from err

    def write(self, keys: Keys) -> None:
        """Put keys in place of those that are there, durably and in one step."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(keys.to_text())
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


class KeyText:
    """Keys that an environment variable holds."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text

    def __str__(self) -> str:
        """Return where the keys are, for people."""
        return "the environment"

    def read(self) -> Keys:
        """Return the keys.

        Raises:
            UnusableKeys: the text is not that of keys.
        """
        try:
            return Keys.from_text(self._text)
        except UnusableKeys as err:
            raise UnusableKeys(f"The keys in {self} can't be used: {err}") from err


type KeySource = KeyFile | KeyText


class Vault:
    """Seals and opens values."""

    def __init__(self, source: KeySource) -> None:
        """Read the keys.

        Raises:
            UnusableKeys: they can't be read or used.
        """
        self.source = source
        self.keys = source.read()

    def seal(self, place: str, value: bytes) -> bytes:
        """Return a value encrypted for its place (table, column and row)."""
        name = self.keys.current
        salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
        cipher = _cipher(self.keys.by_id[name], salt)
        return (
            _VERSION
            + name
            + salt
            + nonce
            + cipher.encrypt(nonce, value, place.encode())
        )

    def open(self, place: str, sealed: bytes) -> bytes:
        """Return a sealed value.

        The keys are read again when one is named that isn't among them: they may
        have been rotated by another process.

        Raises:
            UnusableKeys: no key opens it, or it was changed or moved.
        """
        if sealed[:1] != _VERSION or len(sealed) < _HEAD_BYTES:
            raise UnusableKeys(f"What is stored as {place} is not a sealed value.")
        name = key_id(sealed)
        if name not in self.keys.by_id:
            self.keys = self.source.read()
        if (key := self.keys.by_id.get(name)) is None:
            raise UnusableKeys(
                f"The database needs the key {name.hex()}, which is not among those"
                f" in {self.source}."
            )
        salt = sealed[1 + _ID_BYTES :][:_SALT_BYTES]
        nonce = sealed[_HEAD_BYTES - _NONCE_BYTES : _HEAD_BYTES]
        try:
            return _cipher(key, salt).decrypt(
                nonce, sealed[_HEAD_BYTES:], place.encode()
            )
        except InvalidTag:
            raise UnusableKeys(
                f"What is stored as {place} was changed, or its key was."
            ) from None


def key_id(sealed: bytes) -> bytes:
    """Return the id of the key that a value was sealed with."""
    return sealed[1 : 1 + _ID_BYTES]


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(
        hashlib.blake2b(salt, digest_size=_KEY_BYTES, key=key, person=_PERSON).digest()
    )
