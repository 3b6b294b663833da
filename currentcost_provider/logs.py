"""The log: lines for people or JSON for machines, each with its request's id."""

from contextvars import ContextVar
from datetime import UTC, datetime
import json
import logging
from typing import Final, override

REQUEST_ID: Final = ContextVar("request_id", default="")
"""Of the request that is being answered."""

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and what was added."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        document = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            document["request_id"] = request_id
        document |= getattr(record, "fields", {})
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """A line for people, with the request's id at its end."""

    def __init__(self) -> None:
        """Choose the form."""
        super().__init__(_TEXT)

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line, request_id = super().format(record), REQUEST_ID.get()
        if not request_id:
            return line
        first, end, rest = line.partition("\n")
        return f"{first} [{request_id}]{end}{rest}"


def configure_log(form: str) -> None:
    """Log to standard error: our own lines, and of the server what went wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in ("uvicorn.error", "alembic", "sqlalchemy", "aiosqlite"):
        logging.getLogger(name).setLevel(logging.WARNING)
