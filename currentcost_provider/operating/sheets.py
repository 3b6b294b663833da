"""Enrolment sheets: what a household gets, as text, for printing, and as QR code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
import io
import os
from pathlib import Path
from typing import Final

from currentcost_exchange import PlanStatement
import segno

_STYLE: Final = """
body { font: 12pt sans-serif; margin: 0; color: #000; background: #fff; }
section { padding: 20mm; break-after: page; }
table { border-collapse: collapse; margin: 8mm 0; }
th { text-align: left; font-weight: normal; padding: 1.5mm 8mm 1.5mm 0; color: #444; }
td { font: 13pt monospace; overflow-wrap: anywhere; }
svg { width: 45mm; height: 45mm; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What one household needs to set its report up."""

    provider: str
    address: str
    user: str
    password: str = field(repr=False)
    expires: str
    fingerprint: str
    plan: str
    title: str
    code: str

    @classmethod
    def of(
        cls,
        statement: PlanStatement,
        *,
        address: str,
        user: str,
        password: str,
        expires: str,
    ) -> Sheet:
        """Return the sheet of a household that is asked for a plan."""
        plan = statement.plan
        return cls(
            provider=plan.provider,
            address=address,
            user=user,
            password=password,
            expires=expires,
            fingerprint=statement.fingerprint,
            plan=plan.plan_id,
            title=plan.title,
            code=statement.code,
        )

    def document(self) -> dict[str, str]:
        """Return it under the names that scripts know."""
        return {
            "address": self.address,
            "user": self.user,
            "password": self.password,
            "expires": self.expires,
            "fingerprint": self.fingerprint,
            "plan": self.plan,
            "code": self.code,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Return it for people, name by name."""
        return [
            ("address", self.address or "____________________"),
            ("user name", self.user),
            ("one-time password", self.password),
            ("good until", self.expires),
            ("provider's fingerprint", self.fingerprint),
            ("plan", f"{self.plan}, {self.title}"),
            ("plan's code", self.code),
        ]

    def qr_code(self) -> segno.QRCode:
        """Return the code: what has to be typed, a line each, to copy from a phone."""
        lines = (self.address, self.user, self.password, self.fingerprint)
        return segno.make_qr("\n".join(lines), error="m")

    def qr_svg(self) -> str:
        """Return the code as an SVG element."""
        drawn = io.BytesIO()
        self.qr_code().save(
            drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, nl=False
        )
        return drawn.getvalue().decode()


def printable(sheets: Iterable[Sheet]) -> str:
    """Return a page for each sheet, as one HTML document that needs nothing else."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>Enrolment</title><style>{_STYLE}</style>"
        + "".join(map(_section, sheets))
        + "</html>\n"
    )


def write_private(path: Path, text: str) -> None:
    """Create a file that only its owner can read.

    Raises:
        OSError: it exists, or can't be written.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", newline="") as file:
        file.write(text)


def _section(sheet: Sheet) -> str:
    return (
        f"<section><h1>{escape(sheet.provider)}</h1>"
        "<p>In Home Assistant, open CurrentCost Private, add a report, and type what"
        " stands here. Compare both codes with those that your provider publishes.</p>"
        + _table(sheet.rows())
        + sheet.qr_svg()
        + "</section>"
    )


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = (f"<tr><th>{escape(n)}<td>{escape(v)}" for n, v in rows)
    return f"<table>{''.join(cells)}</table>"
