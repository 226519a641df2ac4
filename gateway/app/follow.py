"""Decides when to reload: when files change, when a subgraph says something new, when the operator asks for it.

One reload runs at a time; whatever happens meanwhile leads to one more.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial

from gateway.config.settings import WatchConfig
from gateway.errors import GatewayError
from shared.logging import get_logger

from .background import run_in_background
from .file_watch import FileWatch, Look
from .reload import Reloader

_LOOK_SECONDS = 0.5
"""How often files are looked at. ``docs/decisions`` has what that costs."""

_SETTLE_SECONDS = 0.1
"""How long files must stay as they are before they are read: editors and deployments write more than once."""

_ABSENCE_SECONDS = 2.0
"""How long a file may be away before that is taken for its end, and a changing one for one that never settles."""

_log = get_logger(__name__)


class Follower:
    """Follows what the supergraph is made of. Belongs to one event loop.

    Args:
        reloader: makes the attempts.
        watch: whether to follow anything but orders.
        orders: set by whoever wants a reload now.
    """

    def __init__(self, reloader: Reloader, watch: WatchConfig, orders: asyncio.Event) -> None:
        self._reloader = reloader
        self._watch = watch
        self._orders = orders
        self._files = FileWatch()
        self._changed = asyncio.Event()
        self._asks_subgraphs = False

    async def begin(self) -> None:
        """Take note of the files as they are; to be done before they are read for the first time."""
        if self._watch.enabled:
            await self._look()

    async def run(self) -> None:
        """Reload whenever there is a reason, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_orders())
            if self._watch.enabled:
                tasks.create_task(_repeat(lambda: _LOOK_SECONDS, self._follow_files))
                tasks.create_task(_repeat(self._poll_pause, self._follow_subgraphs))
            while True:
                await self._changed.wait()
                self._changed.clear()
                asks_subgraphs, self._asks_subgraphs = self._asks_subgraphs, False
                await self._reloader.reload(ask_subgraphs=asks_subgraphs)

    async def _take_orders(self) -> None:
        while True:
            await self._orders.wait()
            self._orders.clear()
            _log.info("reload asked for")
            self._asks_subgraphs = True
            self._changed.set()

    async def _follow_files(self) -> None:
        look = await self._look()
        if not look.has_changed:
            return
        loop = asyncio.get_running_loop()
        patience_ends = loop.time() + _ABSENCE_SECONDS
        while not look.is_settled and loop.time() < patience_ends:
            await asyncio.sleep(_SETTLE_SECONDS)
            look = await self._look()
        self._changed.set()

    async def _look(self) -> Look:
        return await run_in_background(partial(self._files.look, self._reloader.files))

    async def _follow_subgraphs(self) -> None:
        schemas = self._reloader.schemas
        if schemas.is_asking():
            has_changed = await schemas.ask(self._reloader.wanted.source)
            schemas.share()
            if has_changed:
                self._changed.set()

    def _poll_pause(self) -> float:
        # Gateways that were started together do not ask together.
        return self._watch.poll_seconds * random.uniform(0.9, 1.1)  # noqa: S311 - no secret


async def _repeat(pause_seconds: Callable[[], float], step: Callable[[], Awaitable[None]]) -> None:
    """Do ``step`` again and again; what fails is told once, and tried again."""
    told = ""
    while True:
        await asyncio.sleep(pause_seconds())
        try:
            await step()
        except (GatewayError, OSError) as error:
            if str(error) != told:
                told = str(error)
                _log.warning("sources cannot be followed", reason=told)
        else:
            told = ""
