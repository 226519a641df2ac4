"""One log line per request.

In JSON the line is written directly, with the same fields as every other line: the general logging machinery would take
longer over it than the gateway over a small query.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from shared.logging import get_logger

from .request_record import RequestRecord

_log = get_logger(__name__)


class RequestLog:
    """Writes the line of each finished request.

    Args:
        as_json: a JSON line on ``write``; else text through the logging of the process.
        service: the name that is on every line.
        errors_only: leave out requests that went well.
        write: takes a line with its line end.
    """

    def __init__(
        self,
        *,
        as_json: bool,
        service: str,
        errors_only: bool,
        write: Callable[[bytes], object],
    ) -> None:
        self._as_json = as_json
        self._service = service
        self._errors_only = errors_only
        self._write = write

    def record(self, record: RequestRecord) -> None:
        """Write the line of a request that is finished."""
        if self._errors_only and record.status < 400 and not record.error_codes:
            return
        fields: dict[str, object] = {
            "request_id": record.request_id,
            "trace_id": record.trace.trace_id,
            "status": record.status,
            "duration_ms": round(record.elapsed_seconds() * 1000, 2),
            "size_bytes": record.size_bytes,
            "operation": record.operation_name,
            "kind": record.operation_kind,
            "subject": record.subject,
            "role": record.role,
            "subgraph_calls": record.subgraph_calls,
            "plan_cached": record.plan_was_cached,
            "error_codes": list(record.error_codes),
        }
        if record.details is not None:
            fields.update(record.details)
        if not self._as_json:
            _log.info("request", **{key: value for key, value in fields.items() if value})
            return
        fields["event"] = "request"
        fields["level"] = "info"
        fields["logger"] = __name__
        fields["timestamp"] = datetime.now(UTC)
        fields["service"] = self._service
        self._write(orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
