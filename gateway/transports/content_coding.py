"""Content codings: what answers may be compressed with, and how a small body is kept from growing without limit.

gzip and deflate are always there; Brotli and Zstandard when their packages are (``pip install cattery[compression]``).

Spec: RFC 9110, 8.4.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable

from .exchange import ProtocolViolated, ReplyTooLarge

try:
    import brotli
except ImportError:
    brotli = None

try:
    from compression import zstd  # Python 3.14 and later
except ImportError:
    try:
        from backports import zstd
    except ImportError:
        zstd = None

_GZIP_WINDOW = 32 + zlib.MAX_WBITS
"""Reads the wrappings of both gzip and zlib."""

_LEVEL = 4
"""Four fifths of the gain at a third of the time of the default."""

_THREAD_FROM_BYTES = 128 * 1024
"""Compressing more than this would hold up the other requests for milliseconds."""


def _inflate(body: bytes, limit_bytes: int) -> bytes:
    try:
        return _inflate_with(_GZIP_WINDOW, body, limit_bytes)
    except zlib.error:
        # Some servers send deflate without its wrapping; RFC 9110, 8.4.1.2 tells of them.
        return _inflate_with(-zlib.MAX_WBITS, body, limit_bytes)


def _inflate_with(window: int, body: bytes, limit_bytes: int) -> bytes:
    out: list[bytes] = []
    left = limit_bytes + 1
    while body and left > 0:
        # A gzip body may have several members, one after the other.
        member = zlib.decompressobj(window)
        out.append(member.decompress(body, left))
        left -= len(out[-1])
        if left > 0 and not member.eof:
            raise zlib.error("The body ends in the middle.")
        body = member.unused_data
    return b"".join(out)


def _unbrotli(body: bytes, limit_bytes: int) -> bytes:
    decoder = brotli.Decompressor()
    out = decoder.process(body, output_buffer_limit=limit_bytes + 1)
    while len(out) <= limit_bytes and not decoder.is_finished():
        more = decoder.process(b"", output_buffer_limit=limit_bytes + 1 - len(out))
        if not more:
            raise ValueError("The body ends in the middle.")
        out += more
    return bytes(out)


def _unzstd(body: bytes, limit_bytes: int) -> bytes:
    out = b""
    while body:
        frame = zstd.ZstdDecompressor()
        out += frame.decompress(body, limit_bytes + 1 - len(out))
        if len(out) > limit_bytes:
            break
        if not frame.eof:
            raise ValueError("The body ends in the middle.")
        body = frame.unused_data
    return out


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _inflate,
    "deflate": _inflate,
    "x-gzip": _inflate,
}
_FAILURES: tuple[type[Exception], ...] = (zlib.error, ValueError)
if brotli is not None:
    _DECODERS["br"] = _unbrotli
    _FAILURES += (brotli.error,)
if zstd is not None:
    _DECODERS["zstd"] = _unzstd
    _FAILURES += (zstd.ZstdError,)

ACCEPTED = ", ".join(name for name in ("gzip", "deflate", "br", "zstd") if name in _DECODERS)
"""The value of ``Accept-Encoding``."""


def decode(body: bytes, coding: str, *, limit_bytes: int) -> bytes:
    """Return ``body`` without its content codings.

    Raises:
        ReplyTooLarge: it is longer than ``limit_bytes``.
        ProtocolViolated: it is not in ``coding``, or nobody asked for that.
    """
    for name in reversed([name.strip().lower() for name in coding.split(",")]):
        if name in {"identity", ""}:
            continue
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise ProtocolViolated(f"The body is in {name!r}, which nobody asked for.")
        try:
            body = decoder(body, limit_bytes)
        except _FAILURES as error:
            raise ProtocolViolated(f"The body is not in {name!r}: {error}") from error
        if len(body) > limit_bytes:
            raise ReplyTooLarge
    return body


async def compress(body: bytes) -> bytes:
    """Return ``body`` in gzip; a large one is compressed in a thread."""
    if len(body) < _THREAD_FROM_BYTES:
        return gzip.compress(body, _LEVEL, mtime=0)
    return await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
