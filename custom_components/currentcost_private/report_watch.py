"""Looks at a running report and tells a person what only they can put right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_SOURCE
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import CONF_SUBENTRY_ID
from .coordinator import CurrentCostConfigEntry
from .exchange import Plan
from .report_issues import ReportIssue, async_clear_issue, async_raise_issue
from .sender import Trouble
from .storage import Outbox

DAY: Final = 86_400.0

# How long nothing may get through, and how long a sensor may be away, before a person
# is told: a router is restarted, an integration is reloaded.
PROVIDER_PATIENCE: Final = DAY
SOURCE_PATIENCE: Final = 300.0

# How long before its end a period without a next one is told, and of a short period
# what share of it.
ENDING_LEAD: Final = 7 * DAY
ENDING_SHARE: Final = 0.25

TROUBLES: Final[Mapping[Trouble, ReportIssue]] = {
    Trouble.DISK: ReportIssue.DISK,
    Trouble.OTHER_VERSION: ReportIssue.OTHER_VERSION,
    Trouble.STOPPED: ReportIssue.STOPPED,
    Trouble.TOKEN: ReportIssue.TOKEN,
}
# Those that this module raises, and takes away when they are over.
WATCHED: Final = (
    *TROUBLES.values(),
    ReportIssue.ENDING,
    ReportIssue.PERIOD_OVER,
    ReportIssue.PROVIDER_GONE,
    ReportIssue.SOURCE_GONE,
)

type Found = dict[ReportIssue, dict[str, str]]
"""What there is to tell, with what its text mentions."""


@dataclass(slots=True, kw_only=True)
class ReportWatch:
    """What a person is told of one report while it runs."""

    hass: HomeAssistant
    entry: CurrentCostConfigEntry
    subentry: ConfigSubentry
    plan: Plan
    outbox: Outbox
    trouble: Callable[[], Trouble | None]
    goes_on: Callable[[], bool]
    """Whether there is an agreement for the next period."""

    source_seen: float = 0.0
    """When the source was there last, UTC seconds; 0 before the first check."""

    @callback
    def async_check(self) -> None:
        """Raise what is to be told by now, and take away what is over."""
        now = dt_util.utcnow().timestamp()
        found = self._about_period(now) | self._about_provider(now)
        found |= self._about_source(now)
        for issue in WATCHED:
            if issue in found:
                async_raise_issue(self.hass, issue, self.subentry, **found[issue])
            else:
                async_clear_issue(self.hass, issue, self.subentry)

    @callback
    def async_trouble_changed(self) -> None:
        """Check, and ask for a new access where the provider rejects the old one.

        One at a time: the next report's comes when this one is done.
        """
        self.async_check()
        if self.trouble() is Trouble.TOKEN:
            self.entry.async_start_reauth(
                self.hass,
                context={"title_placeholders": {"name": self.subentry.title}},
                data={CONF_SUBENTRY_ID: self.subentry.subentry_id},
            )

    def _about_period(self, now: float) -> Found:
        start, end = self.plan.start, self.plan.end
        if self.goes_on():
            return {}
        if now >= end:
            return {ReportIssue.PERIOD_OVER: {}}
        if now >= end - min(ENDING_LEAD, ENDING_SHARE * (end - start)):
            return {ReportIssue.ENDING: {"end": _local(end)}}
        return {}

    def _about_provider(self, now: float) -> Found:
        trouble = self.trouble()
        if trouble is None:
            return {}
        if issue := TROUBLES.get(trouble):
            return {issue: {}}
        waiting = self.outbox.entries
        if waiting and now - waiting[0].end >= PROVIDER_PATIENCE:
            return {ReportIssue.PROVIDER_GONE: {"since": _local(waiting[0].end)}}
        return {}

    def _about_source(self, now: float) -> Found:
        source: str | None = self.subentry.data[CONF_SOURCE]
        if source is None:
            return {}
        is_there = self.hass.states.get(source) is not None
        if is_there or not self.source_seen or not self.hass.is_running:
            self.source_seen = now
        elif now - self.source_seen >= SOURCE_PATIENCE:
            return {ReportIssue.SOURCE_GONE: {"source": source}}
        return {}


def _local(time: float) -> str:
    """Return a time (UTC s) as the person's clock shows it."""
    moment = dt_util.as_local(dt_util.utc_from_timestamp(time))
    return moment.strftime("%Y-%m-%d %H:%M")
