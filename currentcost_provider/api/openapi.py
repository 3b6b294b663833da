"""The interface's own description (OpenAPI), beside what the routes say of themselves."""

from typing import Any, Final

from currentcost_exchange import PROTOCOL_VERSION
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ..problems import Problem

_BINARY: Final = {"type": "string", "format": "binary"}
_PROBLEM: Final = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {
            "type": "string",
            "enum": [f"urn:currentcost:{problem.code}" for problem in Problem],
        },
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "protocol": {"type": "integer", "description": "The service's version."},
    },
}


def message(limit: int, what: str) -> dict[str, Any]:
    """Return what to say of a route that takes a message of the exchange."""
    return {
        "requestBody": {
            "required": True,
            "description": f"{what}; {limit} bytes at most.",
            "content": {"application/octet-stream": {"schema": _BINARY}},
        }
    }


def answer(status: int, what: str) -> dict[int | str, dict[str, Any]]:
    """Return what to say of a route that answers with a message of the exchange."""
    content = {"application/octet-stream": {"schema": _BINARY}}
    return {status: {"description": what, "content": content}}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of an application."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title="currentcost-provider",
        version=str(PROTOCOL_VERSION),
        summary="The energy provider's side of the private exchange.",
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        name: {"type": "http", "scheme": "bearer", "description": words}
        for name, words in (
            ("household", "From its log-in."),
            ("operator", "From `operator token`."),
        )
    }
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    # What FastAPI says of a malformed request, which is a problem here.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "A problem.",
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"}
                    }
                },
            }
            if who := _who(path):
                operation["security"] = [{who: []}]
    app.openapi_schema = document
    return document


def _who(path: str) -> str | None:
    """Return whose token a path needs."""
    if path.startswith("/v1/operator") or path == "/metrics":
        return "operator"
    return "household" if path.startswith(("/v1/agreements", "/v1/plan")) else None
