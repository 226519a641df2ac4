"""What log and client are told of answers in parts; answers in one piece are in ``test_pipeline.py``."""

from __future__ import annotations

from gateway.config.settings import ErrorsConfig, SubgraphErrors
from gateway.execution.result import WireError
from gateway.pipeline.reporting import Reporting
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_record import open_record


def test_errors_of_a_part_are_masked_before_their_codes_are_noted() -> None:
    record = open_record(None, None)
    following = Reporting(Metrics(), ErrorsConfig(subgraph_errors=SubgraphErrors.MASKED)).follow(
        record
    )
    errors: list[WireError] = [
        {"message": "secret", "extensions": {"code": "NO", "service": "a", "debug": "secret"}}
    ]

    following.on_errors(errors)

    assert "secret" not in str(errors)
    assert list(record.error_codes) == ["NO"]


def test_a_mishap_amid_the_parts_is_in_the_log_line() -> None:
    record = open_record(None, None)
    following = Reporting(Metrics(), ErrorsConfig()).follow(record)

    told = following.on_mishap(ValueError("secret"))

    assert "secret" not in str(told)
    assert list(record.error_codes) == ["INTERNAL_SERVER_ERROR"]
