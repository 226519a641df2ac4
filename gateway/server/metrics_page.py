"""The page that Prometheus scrapes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.telemetry.metrics import CONTENT_TYPE, Metrics


class MetricsPage:
    """Shows the metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def show(self, _request: Request) -> Response:
        """Answer with all metrics as they are now."""
        return Response(self._metrics.render(), headers={"content-type": CONTENT_TYPE})
