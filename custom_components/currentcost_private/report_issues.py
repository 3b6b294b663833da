"""Repair issues of reports: what only a person can put right."""

from enum import StrEnum

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


class ReportIssue(StrEnum):
    """The issues, by their translation keys."""

    FALSE_OPENING = "false_opening"
    LOST = "agreement_lost"
    NOT_OPENED = "not_opened"
    OPENED = "opened"
    OTHER_VERSION = "other_version"
    PERIOD_OVER = "period_over"
    STOPPED = "agreement_stopped"
    TOKEN = "token_rejected"  # noqa: S105  # the name of an issue, no token


@callback
def async_raise_issue(
    hass: HomeAssistant,
    issue: ReportIssue,
    subentry: ConfigSubentry,
    **placeholders: str,
) -> None:
    """Show the issue of a report, if it isn't shown already."""
    is_news = issue is ReportIssue.OPENED
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(issue, subentry),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING if is_news else ir.IssueSeverity.ERROR,
        translation_key=issue,
        translation_placeholders={"report": subentry.title, **placeholders},
    )


@callback
def async_clear_issue(
    hass: HomeAssistant, issue: ReportIssue, subentry: ConfigSubentry
) -> None:
    """Take the issue of a report away, if it is shown."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(issue, subentry))


def _issue_id(issue: ReportIssue, subentry: ConfigSubentry) -> str:
    return f"{issue}_{subentry.subentry_id}"
