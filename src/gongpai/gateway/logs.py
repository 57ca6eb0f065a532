"""JSON logs, one event a line, on standard error; each line of a request carries its id, none a query."""

import logging
import sys
from datetime import UTC, datetime
from typing import cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

# The HTTP libraries write whole URLs, and WeCom's carry tokens and codes in the query; Alembic narrates.
_CHATTY = ("alembic", "httpx2", "httpcore2", "httpcore", "uvicorn.access")
# Where the database is gone its pool says so once a second with a whole trace; that it is gone is said elsewhere, once.
_REPETITIVE = ("asyncpg",)
_JSON = msgspec.json.Encoder(enc_hook=str)


def configure_logs(level: str = "INFO") -> None:
    """Send our events and the standard library's records to standard error as JSON lines of one form."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_SHARED, _to_bytes],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_SHARED],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _to_json],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    for name in _REPETITIVE:
        logging.getLogger(name).setLevel(max(number, logging.ERROR))


def keep_logs_off_the_answer() -> None:
    """Send our events to standard error in the same form, for a command whose standard output is the answer alone."""
    structlog.configure(processors=[*_SHARED, _to_json], logger_factory=lambda *_: structlog.WriteLogger(sys.stderr))


def logger(name: str) -> FilteringBoundLogger:
    """Return the logger of a room."""
    return cast("FilteringBoundLogger", structlog.get_logger(room=name))


def _stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # Written by the encoder, which is many times faster at it than isoformat.
    event["timestamp"] = datetime.now(UTC)
    return event


def _to_bytes(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    return _JSON.encode(event)


def _to_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return _JSON.encode(event).decode()


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    _stamp,
    # Traceback without local variables: they could hold a secret.
    structlog.processors.format_exc_info,
]
