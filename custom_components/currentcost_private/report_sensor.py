"""Sensors of a report: what the provider knows, and what waits to be sent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform, UnitOfInformation
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .exchange import Question, RangeQuestion
from .report_entity import ReportEntity
from .reporter import Reporter
from .storage import Ending

ATTR_PREVIOUS: Final = "previous"


@dataclass(frozen=True, kw_only=True)
class ReportSensorEntityDescription(SensorEntityDescription):
    """A sensor of a report."""

    value_fn: Callable[[Reporter], StateType | datetime]


def _label(reporter: Reporter, outcome: int | None) -> str | None:
    labels = reporter.statement.plan.question.labels
    return None if outcome is None else labels[outcome]


def _labelled(reporter: Reporter) -> str | None:
    return _label(reporter, reporter.outbox.outcome)


def _last_report(reporter: Reporter) -> datetime | None:
    end = reporter.outbox.last_report
    return None if end is None else dt_util.utc_from_timestamp(end)


def _last_asked(reporter: Reporter) -> datetime | None:
    last = reporter.asking.asked.last
    return None if last is None else dt_util.utc_from_timestamp(last)


def _bits_today(reporter: Reporter) -> float:
    """Return the bits that today's answers can have told at most."""
    day = dt_util.now().date().isoformat()
    outboxes = (reporter.outbox, reporter.asking.asked.outbox)
    told = sum(outbox.told_during(day) for outbox in outboxes)
    return told * reporter.statement.plan.bits_per_window


def _count(*endings: Ending) -> Callable[[Reporter], int]:
    def count(reporter: Reporter) -> int:
        return sum(reporter.outbox.endings[ending] for ending in endings)

    return count


BUCKET_SENSOR: Final = ReportSensorEntityDescription(
    key="bucket",
    translation_key="bucket",
    device_class=SensorDeviceClass.ENUM,
    value_fn=_labelled,
)
ANSWER_SENSOR: Final = ReportSensorEntityDescription(
    key="answer",
    translation_key="answer",
    device_class=SensorDeviceClass.ENUM,
    value_fn=_labelled,
)
AMOUNT_SENSOR: Final = ReportSensorEntityDescription(
    key="answer",
    translation_key="answer",
    state_class=SensorStateClass.MEASUREMENT,
    value_fn=lambda reporter: reporter.outbox.outcome,
)

REPORT_SENSORS: Final = (
    ReportSensorEntityDescription(
        key="bits_today",
        translation_key="bits_today",
        native_unit_of_measurement=UnitOfInformation.BITS,
        # What was told before midnight stays in the sum of the statistics.
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        value_fn=_bits_today,
    ),
    ReportSensorEntityDescription(
        key="last_report",
        translation_key="last_report",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_last_report,
    ),
    ReportSensorEntityDescription(
        key="pending",
        translation_key="pending",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda reporter: len(reporter.outbox.entries),
    ),
    ReportSensorEntityDescription(
        key="missing",
        translation_key="missing",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=_count(Ending.MISSING),
    ),
    ReportSensorEntityDescription(
        key="refused",
        translation_key="refused",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=_count(Ending.REFUSED, Ending.FORGED, Ending.REJECTED),
    ),
    ReportSensorEntityDescription(
        key="late",
        translation_key="late",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=_count(Ending.LATE),
    ),
)


ASKED_SENSORS: Final = (
    ReportSensorEntityDescription(
        key="last_asked",
        translation_key="last_asked",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_last_asked,
    ),
    ReportSensorEntityDescription(
        key="asked_answered",
        translation_key="asked_answered",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda reporter: reporter.asking.asked.outbox.endings[Ending.REPORTED],
    ),
    ReportSensorEntityDescription(
        key="asked_refused",
        translation_key="asked_refused",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda reporter: reporter.asking.asked.refused.total(),
    ),
)
"""Of plans that can be asked on demand."""


@callback
def async_report_sensors(
    hass: HomeAssistant, reporter: Reporter, hub_id: str | None
) -> list[ReportSensor]:
    """Return the sensors of a report; remove what only an earlier agreement had."""
    plan = reporter.statement.plan
    asked = ASKED_SENSORS if plan.can_be_asked else ()
    sensors = [
        ReportSensor(reporter, description=description, hub_id=hub_id)
        for description in (_outcome_sensor(plan.question), *REPORT_SENSORS, *asked)
    ]
    registry, wanted = er.async_get(hass), {sensor.unique_id for sensor in sensors}
    for description in (BUCKET_SENSOR, ANSWER_SENSOR, *ASKED_SENSORS):
        unique_id = f"{reporter.subentry.unique_id}_{description.key}"
        former = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
        if former is not None and unique_id not in wanted:
            registry.async_remove(former)
    return sensors


def _outcome_sensor(question: Question) -> ReportSensorEntityDescription:
    """Return the sensor of what the provider learns."""
    if isinstance(question, RangeQuestion):
        return BUCKET_SENSOR
    if question.labels:
        return ANSWER_SENSOR
    return replace(AMOUNT_SENSOR, native_unit_of_measurement=question.unit)


class ReportSensor(ReportEntity, SensorEntity):
    """A sensor of a report."""

    entity_description: ReportSensorEntityDescription

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """The latest value."""
        return self.entity_description.value_fn(self.reporter)

    @property
    @override
    def options(self) -> list[str] | None:
        """The plan's outcomes from low to high, for the one sensor that has options.

        Above the last threshold lies "outside", which is the first of a range's labels.
        """
        if self.device_class is not SensorDeviceClass.ENUM:
            return None
        question = self.reporter.statement.plan.question
        if isinstance(question, RangeQuestion):
            outside, *buckets = question.labels
            return [*buckets, outside]
        return list(question.labels)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | None] | None:
        """The bucket before this one, whatever windows without any lie between."""
        if self.device_class is not SensorDeviceClass.ENUM:
            return None
        return {ATTR_PREVIOUS: _label(self.reporter, self.reporter.outbox.previous)}
