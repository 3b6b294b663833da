"""The description of what can be read from afar, in OpenAPI 3.1."""

from typing import Any, Final

from .const import DOMAIN
from .remote_query import LONGEST, MOST_ROWS, Format, Quantity, Resolution

_ERRORS: Final = {
    "400": {"$ref": "#/components/responses/Error"},
    "401": {"description": "No token or password, or a wrong one."},
    "403": {"description": "This address is banned, or may not send passwords."},
    "429": {"description": "Too many wrong passwords: see Retry-After."},
}


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_FORMAT: Final = _parameter(
    "format",
    "How the answer is written.",
    {"type": "string", "enum": [*Format], "default": Format.JSON},
)
_NUMBER: Final = {"type": ["number", "null"]}
_TEXT: Final = {"type": ["string", "null"]}
_LIMITS: Final = ", ".join(
    f"{resolution} {longest.days}" for resolution, longest in LONGEST.items()
)


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [*properties],
        "properties": properties,
        "additionalProperties": False,
    }


def _answer(description: str, schema: str, **more: Any) -> dict[str, Any]:
    return {
        "description": description,
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}},
            "text/csv": {"schema": {"type": "string"}},
        },
        **more,
    }


DESCRIPTION: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {
        "title": "CurrentCost Private",
        "version": "1",
        "description": "What the CurrentCost meters of a Home Assistant say, and what "
        "is stored of it. Powers are in W, energies in kWh, temperatures in °C, times "
        "in UTC.",
    },
    "servers": [{"url": f"/api/{DOMAIN}"}],
    "security": [{"token": []}, {"password": []}],
    "paths": {
        "/readings": {
            "get": {
                "operationId": "readings",
                "summary": "The latest reading of every sensor and channel",
                "parameters": [_FORMAT],
                "responses": {
                    "200": _answer("What is known now.", "Readings"),
                    **_ERRORS,
                },
            }
        },
        "/history": {
            "get": {
                "operationId": "history",
                "summary": "A range of what is stored of one sensor",
                "parameters": [
                    _parameter(
                        "entry_id",
                        "Which meter; needed where there is more than one.",
                        {"type": "string"},
                    ),
                    _parameter(
                        "sensor",
                        "0 is the whole house.",
                        {"type": "integer", "minimum": 0, "maximum": 9, "default": 0},
                    ),
                    _parameter(
                        "channel",
                        "One channel of several; only for power.",
                        {"type": "integer", "minimum": 1, "maximum": 3},
                    ),
                    _parameter(
                        "quantity",
                        "What was measured; the temperature is the display's.",
                        {
                            "type": "string",
                            "enum": [*Quantity],
                            "default": Quantity.POWER,
                        },
                    ),
                    _parameter(
                        "resolution",
                        "raw: each change, as long as the recorder keeps it. The "
                        "others are statistics, those of five minutes for as long too. "
                        f"The longest range in days: {_LIMITS}.",
                        {
                            "type": "string",
                            "enum": [*Resolution],
                            "default": Resolution.RAW,
                        },
                    ),
                    _parameter(
                        "start",
                        "Without an offset it is the home's time. A day before end if "
                        "left out.",
                        {"type": "string", "format": "date-time"},
                    ),
                    _parameter(
                        "end",
                        "Now if left out.",
                        {"type": "string", "format": "date-time"},
                    ),
                    _FORMAT,
                ],
                "responses": {
                    "200": _answer(
                        f"At most {MOST_ROWS} rows, and where the next ones are.",
                        "History",
                        headers={
                            "Link": {
                                "description": "In CSV: the next rows.",
                                "schema": {"type": "string"},
                            }
                        },
                    ),
                    **_ERRORS,
                    "404": {"$ref": "#/components/responses/Error"},
                    "503": {"$ref": "#/components/responses/Error"},
                },
            }
        },
        "/openapi.json": {
            "get": {
                "operationId": "openapi",
                "summary": "This description",
                "responses": {"200": {"description": "This description."}},
            }
        },
    },
    "components": {
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of Home Assistant.",
            },
            "password": {
                "type": "http",
                "scheme": "basic",
                "description": "A Home Assistant user's name and password, where a "
                "person has switched that on.",
            },
        },
        "responses": {
            "Error": {
                "description": "What is wrong, in words.",
                "content": {
                    "application/json": {
                        "schema": _object(message={"type": "string"}),
                    }
                },
            }
        },
        "schemas": {
            "Readings": _object(
                time={"type": "string", "format": "date-time"},
                meters={
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/Meter"},
                },
            ),
            "Meter": _object(
                entry_id={"type": "string"},
                title={"type": "string"},
                model=_TEXT,
                firmware=_TEXT,
                heard={"type": "boolean"},
                temperature=_NUMBER,
                sensors={
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/Sensor"},
                },
            ),
            "Sensor": _object(
                sensor={"type": "integer"},
                heard={"type": "boolean"},
                power=_NUMBER,
                channels={"type": "object", "additionalProperties": _NUMBER},
                energy=_NUMBER,
            ),
            "History": _object(
                entity_id={"type": "string"},
                quantity={"type": "string"},
                unit={"type": "string"},
                resolution={"type": "string"},
                start={"type": "string", "format": "date-time"},
                end={"type": "string", "format": "date-time"},
                columns={"type": "array", "items": {"type": "string"}},
                rows={
                    "type": "array",
                    "items": {
                        "type": "array",
                        "items": {"type": ["string", "number", "null"]},
                    },
                },
                next=_TEXT,
            ),
        },
    },
}
