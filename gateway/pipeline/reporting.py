"""What is told of an execution: to the client its errors, masked; to log and metrics, codes and calls to subgraphs."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.config.settings import ErrorsConfig
from gateway.execution.result import ExecutionResult, SubgraphCall, WireError
from gateway.security.masking import SubgraphErrorMask, code_of, mask_exception
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_record import RequestRecord

from .answer import Answer, Outcome


class Reporting:
    """Reports what came of executions."""

    def __init__(self, metrics: Metrics, config: ErrorsConfig) -> None:
        self._metrics = metrics
        self._mask = SubgraphErrorMask(config)

    def finish(
        self,
        result: ExecutionResult,
        record: RequestRecord,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Answer:
        """Return the answer that is made of one result, in one piece."""
        record.subgraph_calls += len(result.subgraph_calls)
        for call in result.subgraph_calls:
            self._count(call)
        if not result.errors:
            return Answer(outcome=Outcome.COMPLETE, body=result.to_bytes(), headers=headers)
        self._mask_errors(result.errors, record)
        codes = dict.fromkeys(str(error["extensions"].get("code")) for error in result.errors)
        return Answer(
            outcome=Outcome.PARTIAL,
            body=result.to_bytes(),
            headers=headers,
            error_codes=tuple(codes),
        )

    def follow(self, record: RequestRecord) -> Following:
        """Return what reports of an answer in parts, as they come."""
        return Following(self, record)

    def _count(self, call: SubgraphCall) -> None:
        self._metrics.subgraph_called(
            call.subgraph, seconds=call.duration_seconds, failed=call.error_code is not None
        )

    def _mask_errors(self, errors: Sequence[WireError], record: RequestRecord) -> None:
        mask = self._mask.open(record.about())
        for error in errors:
            error["message"], error["extensions"] = mask.show(
                error["message"], error["extensions"], error.get("path")
            )


class Following:
    """Reports of one answer in parts."""

    def __init__(self, reporting: Reporting, record: RequestRecord) -> None:
        self._reporting = reporting
        self._record = record

    def on_call(self, call: SubgraphCall) -> None:
        """Count a request to a subgraph that is done."""
        self._record.subgraph_calls += 1
        self._reporting._count(call)

    def on_errors(self, errors: list[WireError]) -> None:
        """Mask the errors of a part before it is written, and note their codes."""
        self._reporting._mask_errors(errors, self._record)
        for error in errors:
            self._record.add_code(str(error["extensions"].get("code")))

    def on_mishap(self, error: Exception) -> dict[str, object]:
        """Log what the gateway tripped over, and return what the client is told of it."""
        self._record.add_code(code_of(error))
        return mask_exception(error, request_id=self._record.request_id)
