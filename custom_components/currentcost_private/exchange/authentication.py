"""How each party knows that a claim or a reply is the other's.

Each sends an X25519 share (RFC 7748) under its signature in the set-up; what the two
make together is a key of 32 bytes that nobody else has, not even who ends TLS on a
party's behalf and sees every message. A tag under it closes each claim and each reply.
Both parties can make a tag, so that it convinces nobody else: what a household reports
is between the two.
"""

import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)

from .errors import NotAuthentic, Violation
from .hashing import Use, digest
from .wire import MAX_MESSAGE

SHARE_BYTES: Final = 32
AUTHENTICATION_KEY_BYTES: Final = 32
TAG_BYTES: Final = 16


def share_of(secret: bytes) -> bytes:
    """Return the public share of a secret of 32 bytes."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def authentication_key(secret: bytes, share: bytes, session: bytes) -> bytes:
    """Return the key of a session, from one's own secret and the other's share.

    Raises:
        Violation: a share of small order, which leaves nothing secret.
    """
    own = X25519PrivateKey.from_private_bytes(secret)
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError:
        raise Violation("a share of small order") from None
    return digest(Use.KEY, session, shared)


def tagged(use: Use, key: bytes, body: bytes) -> bytes:
    """Return a message: the body and its tag."""
    return body + digest(use, key, body, size=TAG_BYTES)


def check_tag(use: Use, key: bytes, message: bytes) -> None:
    """Check the tag at a message's end.

    Raises:
        NotAuthentic: who made the message doesn't have the key.
    """
    if len(message) > MAX_MESSAGE or not hmac.compare_digest(
        tagged(use, key, message[:-TAG_BYTES]), message
    ):
        raise NotAuthentic("a message that is not the other party's")
