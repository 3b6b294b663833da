"""OpenTelemetry traces of requests and database statements, if they are asked for.

Off unless the standard variables say where traces go (`OTEL_TRACES_EXPORTER`,
`OTEL_EXPORTER_OTLP_ENDPOINT`, ...). What leaves is a list of what may: method, route and
status, and the kind of a statement. Addresses, queries, headers, bodies, names of
households, statements and what exceptions say stay here.
"""

from collections.abc import Callable, Mapping, Sequence
import os
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from .storage.database import Database

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

NAME: Final = "currentcost-provider"
_OF_DATABASE: Final = frozenset({"db.system", "db.system.name"})
TOLD: Final = frozenset(
    {
        *("http.method", "http.request.method", "http.route"),
        *("http.response.status_code", "http.scheme", "http.status_code"),
        *("error.type", "url.scheme", *_OF_DATABASE),
    }
)
"""The attributes of a span that may leave."""

_WHERE: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)
_UNWATCHED: Final = "/healthz$,/metrics$,/readyz$"


class UnusableTracing(Exception):
    """Traces that were asked for and can't be made; says why, for people."""


def is_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the standard variables say that traces go somewhere.

    Raises:
        UnusableTracing: to something else than OTLP.
    """
    kind = environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower()
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if off or kind == "none" or not any(map(environment.get, _WHERE)):
        return False
    if kind != "otlp":
        raise UnusableTracing("OTEL_TRACES_EXPORTER can be otlp or none.")
    return True


def trace(
    app: FastAPI, database: Database, exporter: SpanExporter | None = None
) -> Callable[[], None]:
    """Trace an application and its database; return what ends it.

    Args:
        app: before its first request.
        database: that it uses.
        exporter: where spans go; by default where the standard variables say.

    Raises:
        UnusableTracing: the packages for it are missing.
    """
    try:
        from opentelemetry.instrumentation.fastapi import (  # noqa: PLC0415  # optional
            FastAPIInstrumentor,
        )
        from opentelemetry.instrumentation.sqlalchemy import (  # noqa: PLC0415
            SQLAlchemyInstrumentor,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
                OTLPSpanExporter,
            )

            exporter = OTLPSpanExporter()
    except ImportError as err:
        raise UnusableTracing(
            "OpenTelemetry needs its packages:"
            " pip install 'currentcost-private[opentelemetry]'."
        ) from err
    given = Resource.create()
    named = given.merge(Resource({"service.name": NAME}))
    asked = "OTEL_SERVICE_NAME" in os.environ
    provider = TracerProvider(resource=given if asked else named)
    provider.add_span_processor(BatchSpanProcessor(_discreet(exporter)))
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=provider,
        excluded_urls=_UNWATCHED,
        exclude_spans=["receive", "send"],
    )
    statements = SQLAlchemyInstrumentor()
    statements.instrument(engine=database.engine.sync_engine, tracer_provider=provider)

    def stop() -> None:
        statements.uninstrument()
        FastAPIInstrumentor.uninstrument_app(app)
        provider.shutdown()

    return stop


def _discreet(exporter: SpanExporter) -> SpanExporter:
    """Return an exporter that passes on what may leave."""
    from opentelemetry.sdk.trace import ReadableSpan  # noqa: PLC0415  # optional
    from opentelemetry.sdk.trace.export import SpanExporter  # noqa: PLC0415
    from opentelemetry.trace import Status  # noqa: PLC0415

    def told(span: ReadableSpan) -> ReadableSpan:
        attributes = span.attributes or {}
        # The database's name follows the kind of a statement, and is a path in SQLite.
        is_statement = not attributes.keys().isdisjoint(_OF_DATABASE)
        return ReadableSpan(
            name=span.name.partition(" ")[0] if is_statement else span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes={
                name: value for name, value in attributes.items() if name in TOLD
            },
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    class Discreet(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([told(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Discreet()
