"""Runs a list of children: starts them in order, each when the one before is ready, and stops them in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from .child import Child, ChildSpec

READY_WITHIN = timedelta(seconds=120)
STARTS_BEFORE_GIVING_UP = 3
"""A child that has never been ready and has ended so often has a mistake that waiting does not mend."""


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
    ready = asyncio.ensure_future(child.spec.wait_ready())
    hopeless = asyncio.create_task(child.wait_restarts(STARTS_BEFORE_GIVING_UP))
    try:
        done, _ = await asyncio.wait(
            {ready, hopeless},
            timeout=READY_WITHIN.total_seconds(),
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        ready.cancel()
        hopeless.cancel()
    if ready in done:
        return
    if hopeless in done:
        raise NotReady(f"{child.spec.name} keeps ending before it is ready; its log says why.")
    raise NotReady(
        f"{child.spec.name} is not ready after {READY_WITHIN.total_seconds():.0f} seconds."
    )
