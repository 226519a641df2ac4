"""Subgraphs that run in the gateway's own process: their apps are made here, and their lives are led here.

Spec: ASGI, Lifespan Protocol 2.0.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.config.settings import SubgraphConfig
from gateway.errors import ConfigInvalid, SubgraphSchemaUnavailable
from shared.local_apps import publish_app
from shared.logging import get_logger

_log = get_logger(__name__)


class HostedApp:
    """One subgraph's app, and the task that its lifespan runs in."""

    def __init__(self, name: str, app: ASGIApp) -> None:
        self.name = name
        self.app = app
        self.state: dict[str, Any] = {}
        """What the app's lifespan hands to its requests."""

        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None

    @classmethod
    def load(cls, subgraph: SubgraphConfig) -> Self:
        """Make the app of ``subgraph`` and publish it as ``app://NAME``.

        Raises:
            ConfigInvalid: there is no such factory, or it makes no app.
        """
        assert subgraph.in_process is not None  # noqa: S101 - the caller's choice of subgraphs
        module_name, _, factory_name = subgraph.in_process.partition(":")
        where = f"subgraphs.{subgraph.name}.in_process"
        try:
            factory = getattr(import_module(module_name), factory_name)
        except (ImportError, AttributeError) as error:
            raise ConfigInvalid(
                f"{where}: {subgraph.in_process} cannot be imported: {error}"
            ) from error
        app = factory() if callable(factory) else None
        if not callable(app):
            raise ConfigInvalid(f"{where}: {subgraph.in_process} does not return an ASGI app.")
        publish_app(subgraph.name, app)
        return cls(subgraph.name, app)

    async def start(self) -> None:
        """Run the app's start-up and wait until it is done.

        Raises:
            SubgraphSchemaUnavailable: the app says that it cannot start.
        """
        self._life = asyncio.create_task(self._live())
        await self._to_app.put({"type": "lifespan.startup"})
        message = await self._answer()
        if message["type"] == "lifespan.startup.failed":
            # Frameworks put a whole traceback here, which ends with the reason.
            lines = str(message.get("message", "")).strip().splitlines() or ["no reason given"]
            _log.error("subgraph did not start", subgraph=self.name, traceback="\n".join(lines))
            raise SubgraphSchemaUnavailable(f"Subgraph {self.name!r} did not start: {lines[-1]}")

    async def stop(self) -> None:
        """Run the app's shutdown, if it is up."""
        if self._life is None:
            return
        if not self._life.done():
            await self._to_app.put({"type": "lifespan.shutdown"})
            message = await self._answer()
            if message["type"] == "lifespan.shutdown.failed":
                _log.error(
                    "subgraph did not stop cleanly",
                    subgraph=self.name,
                    error=message.get("message", ""),
                )
        await asyncio.wait({self._life})

    async def _live(self) -> None:
        scope: Scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        receive: Receive = self._to_app.get
        send: Send = self._from_app.put
        await self.app(scope, receive, send)

    async def _answer(self) -> Message:
        """Return what the app says next, or what its silence means once it has returned."""
        assert self._life is not None  # noqa: S101 - only asked for a life that was begun
        saying = asyncio.create_task(self._from_app.get())
        await asyncio.wait({saying, self._life}, return_when=asyncio.FIRST_COMPLETED)
        if saying.done():
            return saying.result()
        saying.cancel()
        error = self._life.exception()
        if error is None:
            return {"type": "lifespan.complete"}
        if not self._to_app.empty():
            # It has not even read that it is to start: by the protocol it knows no lifespan, and serves without.
            _log.info("subgraph has no lifespan", subgraph=self.name, said=repr(error))
            return {"type": "lifespan.complete"}
        _log.error("subgraph's lifespan ended", subgraph=self.name, exc_info=error)
        return {"type": "lifespan.startup.failed", "message": repr(error)}


async def start_all(apps: Sequence[HostedApp]) -> None:
    """Start all apps at once, for one may wait for another; raise what the first to fail raised."""
    outcomes = await asyncio.gather(*(app.start() for app in apps), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
