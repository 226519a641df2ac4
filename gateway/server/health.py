"""Health: alive as long as the process answers, ready while it should be sent requests."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from .serving import Phase, Serving


class Health:
    """The two questions that orchestrators ask."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def live(self, _request: Request) -> JSONResponse:
        """Answer 200: a process that cannot is to be started anew."""
        return JSONResponse({"status": "UP"})

    async def ready(self, _request: Request) -> JSONResponse:
        """Answer 200 while requests are welcome, be it with an older supergraph; 503 and the reason otherwise."""
        status = self._serving.supergraph
        if self._serving.phase is Phase.READY and status is not None:
            supergraph: dict[str, object] = {
                "id": status.id,
                "loaded_at": status.loaded_at.isoformat(timespec="milliseconds"),
                "stale": status.problem is not None,
            }
            if status.problem is not None:
                supergraph["problem"] = status.problem
            return JSONResponse({"status": "UP", "supergraph": supergraph})
        return JSONResponse(
            {
                "status": "DOWN",
                "phase": self._serving.phase.value,
                "detail": self._serving.detail,
            },
            status_code=503,
        )
