"""Lines leave soon, in order, and none is kept back."""

from __future__ import annotations

import asyncio
import os

import pytest

from gateway.telemetry.line_buffer import LineBuffer

LINES = [b"%d\n" % number for number in range(40)]


async def test_lines_come_out_by_themselves_in_order() -> None:
    reading, writing = os.pipe()
    buffer = LineBuffer(writing)
    for line in LINES:
        buffer.write(line)
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "wb"):
        found = [await asyncio.to_thread(reader.readline) for _ in LINES]

    assert found == LINES


async def test_a_flush_leaves_nothing_waiting() -> None:
    reading, writing = os.pipe()
    buffer = LineBuffer(writing)
    buffer.write(b"last words\n")
    buffer.flush()
    buffer.flush()
    os.close(writing)
    with os.fdopen(reading, "rb") as reader:
        assert reader.read() == b"last words\n"


@pytest.mark.parametrize("size_bytes", [16_384, 300_000])
async def test_a_long_line_is_written_whole(size_bytes: int) -> None:
    reading, writing = os.pipe()
    line = b"x" * (size_bytes - 1) + b"\n"
    buffer = LineBuffer(writing)
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "wb"):
        found = asyncio.create_task(asyncio.to_thread(reader.readline))
        await asyncio.to_thread(_write_in_loop_of_its_own, buffer, line)
        assert await found == line


def _write_in_loop_of_its_own(buffer: LineBuffer, line: bytes) -> None:
    async def write() -> None:
        buffer.write(line)

    asyncio.run(write())
