"""Runs a list of children: starts them in order, each when the one before is ready, and stops them in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from .child import Child, ChildSpec

READY_WITHIN = timedelta(seconds=120)


class NotReady(RuntimeError):
    """A child did not get ready in time."""


@asynccontextmanager
async def supervised(specs: Sequence[ChildSpec]) -> AsyncIterator[list[Child]]:
    """Run the children while the block runs; they are all ready when it begins.

    Raises:
        NotReady: one of them did not get ready within two minutes.
    """
    children = [Child(spec) for spec in specs]
    running: list[tuple[Child, asyncio.Task[None]]] = []
    try:
        for child in children:
            running.append(
                (child, asyncio.create_task(child.run(), name=f"child {child.spec.name}"))
            )
            await _wait_ready(child)
        yield children
    finally:
        for child, task in reversed(running):
            await child.stop()
            await task


async def _wait_ready(child: Child) -> None:
    try:
        async with asyncio.timeout(READY_WITHIN.total_seconds()):
            await child.spec.wait_ready()
    except TimeoutError as error:
        raise NotReady(
            f"{child.spec.name} is not ready after {READY_WITHIN.total_seconds():.0f} seconds "
            f"(it has been started {child.restarts + 1} times)."
        ) from error
