"""The ideal oblivious transfer: a trusted party that hands out the seeds.

It has the interface of `currentcost_exchange.transfer`, its messages are random and
as long as the real ones. Above it a set-up costs no public-key operation, and what
the tests find there is not the transfer's doing.
"""

from dataclasses import dataclass, field
import secrets
from typing import Self

from currentcost_exchange import Violation, household, provider
from currentcost_exchange.transfer import SeedPair, choice_bytes, response_bytes
import pytest

_TICKET = 32


class TrustedParty:
    """Knows both parties' inputs, tells each its output."""

    def __init__(self) -> None:
        self.sent: dict[bytes, list[SeedPair]] = {}

    def send(
        self, session: bytes, count: int, message: bytes, _seed: bytes
    ) -> tuple[bytes, list[SeedPair]]:
        """Stand in for `transfer.send`."""
        if len(message) != choice_bytes(count):
            raise Violation("a transfer of the wrong length")
        pairs = [
            (secrets.token_bytes(32), secrets.token_bytes(32)) for _ in range(count)
        ]
        response = secrets.token_bytes(response_bytes(count))
        self.sent[session + response[:_TICKET]] = pairs
        return response, pairs

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the real transfer between household and provider."""
        party = self

        @dataclass(frozen=True, slots=True)
        class IdealReceiver:
            """Stands in for `transfer.Receiver`."""

            session: bytes
            choices: bytes = field(repr=False)
            exponent: bytes = field(repr=False)
            message: bytes = field(repr=False)

            @classmethod
            def choose(cls, session: bytes, choices: bytes, _seed: bytes) -> Self:
                message = secrets.token_bytes(choice_bytes(len(choices)))
                return cls(session, choices, secrets.token_bytes(32), message)

            def seeds(self, response: bytes) -> list[bytes]:
                pairs = party.sent.get(self.session + response[:_TICKET])
                if pairs is None:
                    raise Violation("the trusted party was asked for nothing")
                return [
                    pair[choice]
                    for pair, choice in zip(pairs, self.choices, strict=True)
                ]

        monkeypatch.setattr(household, "send", self.send)
        monkeypatch.setattr(provider, "Receiver", IdealReceiver)
