"""Triggers: a report's bucket changed, a report is missed, the provider asked.

They follow the entities of reports, as Home Assistant's own triggers follow theirs.
"""

from typing import Any, ClassVar, Final, cast, override

import probatio

from homeassistant.components.event import ATTR_EVENT_TYPE
from homeassistant.const import (
    CONF_OPTIONS,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerConfig,
)
from homeassistant.helpers.typing import ConfigType

from .happening import HappeningKind
from .own_entities import BUCKET_KEYS, BUCKETS, async_check_buckets, async_own
from .report_sensor import ATTR_PREVIOUS

CONF_FROM: Final = "from"
CONF_TO: Final = "to"

_SOME_BUCKETS: Final = probatio.All(
    probatio.EnsureList(), probatio.NonEmpty(), [cv.string]
)


class BucketChangedTrigger(EntityTriggerBase):
    """A window has another bucket than the last one that has any.

    A window without an answer in between is no change: what counts is the last bucket
    that is known, if there is any.
    """

    _domain_specs = BUCKETS
    _excluded_from_states: ClassVar[frozenset[str]] = frozenset({STATE_UNAVAILABLE})
    _schema = ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR.extend(
        {
            probatio.Required(CONF_OPTIONS, default={}): {
                probatio.Optional(CONF_FROM): _SOME_BUCKETS,
                probatio.Optional(CONF_TO): _SOME_BUCKETS,
            }
        }
    )

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Refuse buckets that the entities don't have."""
        config = await super().async_validate_config(hass, config)
        options: dict[str, Any] = config[CONF_OPTIONS]
        for key in (CONF_FROM, CONF_TO):
            async_check_buckets(hass, config, options.get(key, ()))
        return config

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take the buckets; where none are named, any will do."""
        super().__init__(hass, config)
        self._from = cast(list[str] | None, self._options.get(CONF_FROM))
        self._to = cast(list[str] | None, self._options.get(CONF_TO))

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_own(self._hass, super().entity_filter(entities), BUCKET_KEYS)

    @override
    def is_valid_state(
        self,
        state: State,
        report_not_triggered: NotTriggeredReasonReporter,
    ) -> bool:
        return self._to is None or state.state in self._to

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        before: str | None = from_state.state
        if before == STATE_UNKNOWN:
            before = to_state.attributes.get(ATTR_PREVIOUS)
        return before != to_state.state and (self._from is None or before in self._from)


class HappeningTrigger(StatelessEntityTriggerBase):
    """Something of one kind has happened to a report."""

    _domain_specs = {Platform.EVENT: DomainSpec()}
    _kind: ClassVar[HappeningKind]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_own(self._hass, super().entity_filter(entities), {"happening"})

    @override
    def is_valid_state(
        self,
        state: State,
        report_not_triggered: NotTriggeredReasonReporter,
    ) -> bool:
        return bool(state.attributes.get(ATTR_EVENT_TYPE) == self._kind)


class ReportMissedTrigger(HappeningTrigger):
    """A window has come to its end without an answer."""

    _kind = HappeningKind.REPORT_MISSED


class ProviderAskedTrigger(HappeningTrigger):
    """The provider has asked on demand."""

    _kind = HappeningKind.PROVIDER_ASKED


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    HappeningKind.BUCKET_CHANGED: BucketChangedTrigger,
    HappeningKind.PROVIDER_ASKED: ProviderAskedTrigger,
    HappeningKind.REPORT_MISSED: ReportMissedTrigger,
}


async def async_get_triggers(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
) -> dict[str, type[Trigger]]:
    """Return the triggers by their names."""
    return {str(name): trigger for name, trigger in TRIGGERS.items()}
