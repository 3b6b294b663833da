"""Repair issues of reports: what only a person can put right, and the way out of it."""

from enum import StrEnum
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import (
    CONF_AGREEMENT_ID,
    CONF_SUBENTRY_ID,
    CONF_WAY_OUT,
    DOMAIN,
    WayOut,
)


class ReportIssue(StrEnum):
    """The issues, by their translation keys."""

    CONSENT = "consent_asked"
    DISK = "disk_full"
    ENDING = "period_ending"
    FALSE_OPENING = "false_opening"
    LOST = "agreement_lost"
    NOT_OPENED = "not_opened"
    OPENED = "opened"
    OTHER_CIRCUIT = "other_circuit"
    OTHER_VERSION = "other_version"
    PERIOD_OVER = "period_over"
    PROVIDER_GONE = "provider_gone"
    SOURCE_GONE = "source_gone"
    STOPPED = "agreement_stopped"
    TOKEN = "token_rejected"  # noqa: S105  # the name of an issue, no token


# The others say in their text what to do elsewhere.
WAYS_OUT: Final = {
    ReportIssue.CONSENT: WayOut.AGREE_AGAIN,
    ReportIssue.ENDING: WayOut.AGREE_AGAIN,
    ReportIssue.LOST: WayOut.AGREE_AGAIN,
    ReportIssue.OPENED: WayOut.READ,
    ReportIssue.OTHER_CIRCUIT: WayOut.AGREE_AGAIN,
    ReportIssue.PERIOD_OVER: WayOut.AGREE_AGAIN,
    ReportIssue.PROVIDER_GONE: WayOut.ACCESS,
    ReportIssue.SOURCE_GONE: WayOut.CHOOSE_SOURCE,
    ReportIssue.STOPPED: WayOut.AGREE_AGAIN,
    ReportIssue.TOKEN: WayOut.ACCESS,
}
_WARNINGS: Final = {ReportIssue.CONSENT, ReportIssue.ENDING, ReportIssue.OPENED}


@callback
def async_raise_issue(
    hass: HomeAssistant,
    issue: ReportIssue,
    subentry: ConfigSubentry,
    *,
    agreement_id: str | None = None,
    **placeholders: str,
) -> None:
    """Show the issue of a report, if it isn't shown already.

    `agreement_id` is of an agreement other than the report's present one.
    """
    way_out = WAYS_OUT.get(issue)
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(issue, subentry),
        data={
            CONF_SUBENTRY_ID: subentry.subentry_id,
            CONF_AGREEMENT_ID: agreement_id or subentry.data[CONF_AGREEMENT_ID],
            CONF_WAY_OUT: way_out,
        },
        is_fixable=way_out is not None,
        severity=ir.IssueSeverity.WARNING
        if issue in _WARNINGS
        else ir.IssueSeverity.ERROR,
        translation_key=issue,
        translation_placeholders={"report": subentry.title, **placeholders},
    )


@callback
def async_clear_issue(
    hass: HomeAssistant, issue: ReportIssue, subentry: ConfigSubentry
) -> None:
    """Take the issue of a report away, if it is shown."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(issue, subentry))


@callback
def async_clear_issues(hass: HomeAssistant, subentry: ConfigSubentry) -> None:
    """Take all issues of a report away."""
    for issue in ReportIssue:
        async_clear_issue(hass, issue, subentry)


def _issue_id(issue: ReportIssue, subentry: ConfigSubentry) -> str:
    return f"{issue}_{subentry.subentry_id}"
