"""Traces: off by default, and nothing in them of any household."""

from collections.abc import Iterator
import sys

from fastapi import FastAPI
import httpx
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
import pytest

from currentcost_provider.api.application import create_app
from currentcost_provider.storage.database import Database
from currentcost_provider.tracing import TOLD, UnusableTracing, is_wanted, trace

from .conftest import ENGINES, NOON, WINDOW, Provider, listening
from .test_interface import operator

LAST = NOON - WINDOW


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "acme"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4318"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_off_unless_asked_for(environment: dict[str, str], *, wanted: bool) -> None:
    assert is_wanted(environment) is wanted


def test_other_ways_are_refused() -> None:
    with pytest.raises(UnusableTracing, match="otlp or none"):
        is_wanted({"OTEL_TRACES_EXPORTER": "zipkin"})


def test_missing_packages_are_named(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.fastapi", None)
    with pytest.raises(UnusableTracing, match=r"\[opentelemetry\]"):
        trace(FastAPI(), database)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Where spans go."""
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.clear()


@pytest.mark.parametrize("engine", ENGINES)
async def test_spans_tell_of_the_service_and_of_no_household(
    provider: Provider, spans: InMemorySpanExporter, engine: str
) -> None:
    headers = await operator(provider)
    app = create_app(provider.service)
    stop = trace(app, provider.database, spans)
    household = await provider.household("anna-of-no-31")
    async with listening(app) as address:
        async with httpx.AsyncClient(base_url=address) as client:
            household.client = client
            await household.set_up()
            report = household.report(household.window(LAST), 518)
            assert household.outcome(report, await household.send(report)) == 1
            path = "/v1/operator/households/anna-of-no-31"
            shown = await client.get(path, params={"windows": "3"}, headers=headers)
            assert shown.status_code == 200
            await client.get("/healthz")
            await client.get("/v1/nothing/anna-of-no-31")
        # A name that is taken: the database's error repeats it.
        with pytest.raises(Exception, match="anna-of-no-31"):
            await provider.household("anna-of-no-31")
    stop()
    found = spans.get_finished_spans()
    names = {span.name for span in found}
    assert "POST /v1/agreements/{agreement_id}/windows" in names
    assert "GET /v1/operator/households/{user}" in names
    assert {"INSERT", "SELECT"} <= names
    assert not any("healthz" in name for name in names)
    text = "\n".join(told(span) for span in found)
    secrets = (household.token, household.password, headers["Authorization"][7:])
    for kept in (
        *secrets,
        *("anna", "518", "windows=3", "evening", "127.0.0.1"),
        household.agreement.id.hex(),
        str(provider.database.url.database),
    ):
        assert kept not in text
    assert {name for span in found for name in span.attributes or {}} <= TOLD
    # Statements belong to the request that they were made for.
    [taken] = [span for span in found if span.name.endswith("/windows")]
    assert taken.context is not None
    assert any(
        span.parent and span.parent.span_id == taken.context.span_id
        for span in found
        if span.name == "SELECT"
    )
    assert engine in ENGINES


def told(span: ReadableSpan) -> str:
    attributes = {
        name: value
        for name, value in (span.attributes or {}).items()
        if name != "http.route"
    }
    return f"{span.name} {attributes} {span.status.description} {span.events}"
