"""Runs an ASGI app on a free port of this machine, in the running event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def serving_http(
    app: ASGIApp, *, http: type[asyncio.Protocol] | str = "auto"
) -> AsyncIterator[str]:
    """Serve ``app``; yields its address, such as ``http://127.0.0.1:41234``.

    ``http`` is what uvicorn shall read connections with.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http=http,
        )
    )
    # Not `serve`, which would take over the signals of the test run.
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
