"""A small load: some connections, each sending its next request when the last is answered."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class LoadResult:
    """What came of it."""

    latencies: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def answered(self) -> int:
        """Requests answered with 200."""
        return len(self.latencies)

    def percentile_ms(self, percent: int) -> float:
        """Return a percentile of the latencies; at least 100 must have been measured."""
        return statistics.quantiles(self.latencies, n=100)[percent - 1] * 1000


async def run_load(
    host: str,
    port: int,
    path: str,
    body: bytes,
    *,
    connections: int,
    seconds: float,
    is_unique: bool = True,
) -> LoadResult:
    """Send ``body`` for some seconds.

    Unique requests have an ``authorization`` of their own each, so that no gateway can answer two of them with one
    execution. The others are equal, byte for byte: a gateway may share what is in flight.
    """
    result = LoadResult()
    deadline = time.perf_counter() + seconds
    numbers = itertools.count()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: application/json\r\n"
        f"accept: application/json\r\ncontent-length: {len(body)}\r\nauthorization: Bearer u"
    ).encode()

    async def work() -> None:
        reader, writer = await asyncio.open_connection(host, port, limit=2**22)
        while time.perf_counter() < deadline:
            started = time.perf_counter()
            number = next(numbers) if is_unique else 0
            writer.write(b"%b%d\r\n\r\n%b" % (head, number, body))
            status = await _read_response(reader)
            if status == 200:
                result.latencies.append(time.perf_counter() - started)
            else:
                result.errors += 1
        writer.close()
        await writer.wait_closed()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(work())
    return result


async def _read_response(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    if length:
        await reader.readexactly(int(length))
        return status
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)
    return status
