"""Runs an ASGI app on a free port of this machine, in the running event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from .waiting import DEADLINE_SECONDS


@asynccontextmanager
async def serving_http(
    app: ASGIApp,
    *,
    http: type[asyncio.Protocol] | str = "auto",
    keep_alive_seconds: float = 5,
) -> AsyncIterator[str]:
    """Serve ``app``; yields its address, such as ``http://127.0.0.1:41234``.

    ``http`` is what uvicorn shall read connections with.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        http=http,
        # Declared in whole seconds, and only ever handed to a timer.
        timeout_keep_alive=cast(int, keep_alive_seconds),
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # Not `serve`, which would take over the signals of the test run, and takes a third of a second to stop.
    await server.startup(sockets=[listener])
    await server.on_tick(0)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await _stop(server)
        listener.close()


async def _stop(server: uvicorn.Server) -> None:
    """Take no more connections, and wait for the requests on those that are there."""
    for each in server.servers:
        each.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while server.server_state.connections or server.server_state.tasks:  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0.002)
    for each in server.servers:
        await each.wait_closed()
