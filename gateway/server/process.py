"""One server process: uvicorn, with readiness going off before anything else stops."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from gateway.config.settings import ServerConfig
from shared.logging import get_logger

from .client_connection import ClientConnection
from .hang_up import HangUp
from .serving import Phase, Serving
from .settled_memory import MEMORY

_MOST_GARBAGE_TICKS = 600
"""How many tenths of a second a replaced supergraph is kept while there is no moment without requests."""

_log = get_logger(__name__)


class ServerProcess(uvicorn.Server):
    """Serves an app until it is told to stop.

    Stopping: readiness goes off, requests are still taken for ``notice_seconds``, then no more
    connections are accepted and those in flight have ``drain_seconds`` to finish.

    Args:
        app: the gateway; its state holds ``serving``.
        config: how to listen and how to stop.
        on_ready: called once with the port, when the gateway listens and is ready.
    """

    def __init__(
        self, app: Starlette, config: ServerConfig, on_ready: Callable[[int], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=config.host,
                port=config.port,
                loop="uvloop",
                http=ClientConnection,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=math.ceil(config.keep_alive_seconds),
                timeout_graceful_shutdown=max(1, math.ceil(config.drain_seconds)),
            )
        )
        # It tells each step of its own start and stop; ours are told below, in our words.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        self._serving: Serving = app.state.serving
        self._serving.is_watched = True
        self._notice_seconds = config.notice_seconds
        self._is_reload_asked = False
        self._garbage_ticks = 0
        self._requests_seen = -1
        self._on_ready: Callable[[int], None] | None = on_ready

    def run_until_stopped(self, listener: socket.socket | None = None) -> bool:
        """Serve; return whether the gateway came up and was stopped in order."""
        # uvicorn raises the signal that stopped it once more when it is done. By then it has been
        # obeyed, and a process that stopped as it was told exits with 0.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _has_been_obeyed)
        HangUp(on_reload=self._on_reload_signal, on_end=self._on_end_signal)
        try:
            self.run(sockets=[listener] if listener is not None else None)
        except SystemExit:
            return False  # uvicorn's way to say that start-up failed; it has been logged
        return self.started and self._serving.failure is None

    async def on_tick(self, counter: int) -> bool:
        """Look ten times a second whether there is something to announce, or a reason to stop."""
        if self._on_ready is not None and self._serving.phase is Phase.READY:
            on_ready, self._on_ready = self._on_ready, None
            MEMORY.settle()
            port: int = self.servers[0].sockets[0].getsockname()[1]
            _log.info("gateway ready", host=self.config.host, port=port)
            on_ready(port)
        if self._serving.phase is Phase.FAILED:
            return True
        if self._is_reload_asked:
            self._is_reload_asked = False
            self._serving.reload_asked.set()
        if self._serving.has_garbage:
            self._collect_garbage()
        return await super().on_tick(counter)

    def _on_reload_signal(self) -> None:
        # Looked at in the next tick: a signal comes at any point of anything.
        self._is_reload_asked = True

    def _on_end_signal(self) -> None:
        self.should_exit = True

    def _collect_garbage(self) -> None:
        """Have the memory of a replaced supergraph back, in a tick without requests if there is one."""
        self._garbage_ticks += 1
        seen, self._requests_seen = self._requests_seen, self.server_state.total_requests
        is_quiet = self._serving.in_flight == 0 and seen == self._requests_seen
        if is_quiet or self._garbage_ticks > _MOST_GARBAGE_TICKS:
            self._serving.has_garbage = False
            self._garbage_ticks = 0
            MEMORY.settle()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in order."""
        self._serving.drain()
        _log.info("gateway stopping", in_flight=self._serving.in_flight)
        if self._notice_seconds:
            await asyncio.sleep(self._notice_seconds)
        await super().shutdown(sockets)
        _log.info("gateway stopped")


def _has_been_obeyed(_number: int, _frame: FrameType | None) -> None:
    """Do nothing."""
