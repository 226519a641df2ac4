"""Structured logs: JSON lines for machines, coloured text for a terminal, the same events in both.

Names bound with ``bind`` (request id, correlation id) are on every line of the task that bound them.
"""

from __future__ import annotations

import logging
import sys
from enum import StrEnum

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import Processor


class LogFormat(StrEnum):
    """How lines look."""

    AUTO = "auto"
    """Text on a terminal, JSON elsewhere."""
    JSON = "json"
    TEXT = "text"


def configure_logging(
    *, service: str, log_format: LogFormat = LogFormat.AUTO, level: str = "INFO"
) -> None:
    """Send everything, the standard library's loggers included, to standard error in one format.

    Raises:
        ValueError: ``level`` is no level's name.
    """
    as_text = log_format is LogFormat.TEXT or (log_format is LogFormat.AUTO and sys.stderr.isatty())
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service(service),
    ]
    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if as_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # One line per request is ours to write; these would write a second one, and a line for every call made.
    for name in ("uvicorn.access", "httpx", "httpcore", "aiosqlite", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def get_logger(name: str) -> BoundLogger:
    """Return the logger of a module; pass ``__name__``."""
    logger: BoundLogger = structlog.stdlib.get_logger(name)
    return logger


bind = structlog.contextvars.bound_contextvars
"""``with bind(request_id=…):`` puts the name on every line written inside the block."""


def _add_service(service: str) -> Processor:
    def add(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event.setdefault("service", service)
        return event

    return add
