"""The condition that a report's bucket is at least a certain one."""

from typing import Any, Final, cast, override

import probatio

from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import ConditionErrorMessage
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL,
    Condition,
    ConditionConfig,
    EntityConditionBase,
)
from homeassistant.helpers.typing import ConfigType

from .own_entities import (
    BUCKET_KEYS,
    BUCKETS,
    async_buckets_of,
    async_check_buckets,
    async_own,
    no_such_bucket,
)

CONF_BUCKET: Final = "bucket"
BUCKET_AT_LEAST: Final = "bucket_at_least"


class BucketAtLeastCondition(EntityConditionBase):
    """The bucket is this one or a higher one, in the order of the entity's options.

    Where the bucket isn't known the condition is false, also if all have to meet it.
    """

    _domain_specs = BUCKETS
    _schema = ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL.extend(
        {
            probatio.Required(CONF_OPTIONS): {
                probatio.Required(CONF_BUCKET): cv.string,
            }
        }
    )

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Refuse a bucket that the entities don't have."""
        config = await super().async_validate_config(hass, config)
        async_check_buckets(hass, config, [config[CONF_OPTIONS][CONF_BUCKET]])
        return config

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take the lowest bucket that will do."""
        super().__init__(hass, config)
        # The schema demands options.
        self._lowest: str = cast(dict[str, Any], config.options)[CONF_BUCKET]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_own(self._hass, super().entity_filter(entities), BUCKET_KEYS)

    @override
    def _should_include(self, _state: State) -> bool:
        return True

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        # Of the state itself the recorder keeps no options.
        buckets = async_buckets_of(self._hass, entity_state.entity_id)
        if self._lowest not in buckets:
            return False
        return entity_state.state in buckets[buckets.index(self._lowest) :]

    @override
    def _check_any_match_state(self, states: list[State]) -> bool:
        self._refuse_others(states)
        return super()._check_any_match_state(states)

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        self._refuse_others(states)
        return bool(states) and super()._check_all_match_state(states)

    def _refuse_others(self, states: list[State]) -> None:
        """Raise ConditionErrorMessage for an entity that lacks the bucket."""
        for state in states:
            buckets = async_buckets_of(self._hass, state.entity_id)
            if buckets and self._lowest not in buckets:
                raise ConditionErrorMessage(
                    BUCKET_AT_LEAST,
                    no_such_bucket(state.entity_id, self._lowest, buckets),
                )


CONDITIONS: Final[dict[str, type[Condition]]] = {
    BUCKET_AT_LEAST: BucketAtLeastCondition,
}


async def async_get_conditions(
    hass: HomeAssistant,  # noqa: ARG001  # Home Assistant's signature
) -> dict[str, type[Condition]]:
    """Return the conditions by their names."""
    return CONDITIONS
