"""Enrolment sheets as pages show them, with the QR code as a drawing."""

from dataclasses import dataclass, field, replace

from fastapi import Request
from markupsafe import Markup

from ..operating.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Shown:
    """A sheet and its QR code."""

    sheet: Sheet
    qr: Markup = field(repr=False)

    @classmethod
    def of(cls, sheet: Sheet, request: Request) -> Shown:
        """Return a sheet for a page; without an address of its own, with the page's."""
        if not sheet.address:
            url = request.url
            sheet = replace(sheet, address=f"{url.scheme}://{url.netloc}")
        drawn = sheet.qr_code().svg_inline(omitsize=True, border=0)
        return cls(sheet, Markup(drawn))  # noqa: S704  # drawn by segno, squares alone
