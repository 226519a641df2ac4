"""The head of an HTTP/1.1 response as bytes, and what it says about the body that follows.

Spec: RFC 9112, 4 (Status Line), 6.3 (Message Body Length), 9.3 (Persistence).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

_CONTENT_LENGTH = b"content-length: "
_TRANSFER_ENCODING = b"transfer-encoding: "
_CONNECTION = b"connection: "
_FRAMING = frozenset({_CONTENT_LENGTH, _TRANSFER_ENCODING, _CONNECTION})

_CONTROLS = bytes({*range(32), 127} - set(b"\t"))
"""What no value may hold. Spec: RFC 9110, 5.5."""

_BODILESS = frozenset({204, 304})
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class ResponseHead(NamedTuple):
    """A head, ready to be written."""

    text: bytes
    length: int | None = None
    """Of the body, in bytes; ``None`` when its end is told otherwise."""

    is_chunked: bool = False
    closes: bool = False
    """Whether the connection ends with the response."""

    has_body: bool = True


def write_head(
    status: int,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    default_lines: bytes,
    is_to_head: bool,
    keep_alive: bool,
    takes_chunks: bool,
) -> ResponseHead:
    """Return the head of a response.

    Args:
        status: of the response.
        headers: by name.
        default_lines: header lines that go before them.
        is_to_head: whether the request is ``HEAD``: whatever is announced, nothing follows.
        keep_alive: whether the connection is to be used again, unless the headers or the end of the body forbid it.
        takes_chunks: whether the client knows of them; one that speaks HTTP/1.0 does not.

    Raises:
        RuntimeError: a header cannot be written.
    """
    lines = [STATUS_LINE[status], default_lines]
    values: list[bytes] = []
    length: int | None = None
    is_chunked = says_close = False
    for name, value in headers:
        prefix = _prefix(name)
        if prefix in _FRAMING:
            if prefix == _CONTENT_LENGTH:
                length = int(value)
            elif prefix == _TRANSFER_ENCODING:
                is_chunked = value.lower() == b"chunked"
            else:
                says_close = b"close" in map(bytes.strip, value.lower().split(b","))
        values.append(value)
        lines += (prefix, value, b"\r\n")
    # All at once: a look at each value would take longer than to put the head together.
    joined = b"".join(values)
    if len(joined.translate(None, _CONTROLS)) != len(joined):
        raise RuntimeError("A header's value holds a control character.")
    has_body = not is_to_head and status not in _BODILESS
    if has_body and length is None and not is_chunked:
        if takes_chunks:
            is_chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        else:
            keep_alive = False  # the end of the connection is that of the body
    closes = says_close or not keep_alive
    if closes and not says_close:
        lines.append(b"connection: close\r\n")
    lines.append(b"\r\n")
    return ResponseHead(
        b"".join(lines), None if is_chunked else length, is_chunked, closes, has_body
    )


def write_lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as lines, for ``write_whole_head``: none of them may speak of the body's length or the connection.

    Raises:
        RuntimeError: a header cannot be written.
    """
    lines = []
    for name, value in headers:
        prefix = _prefix(name)
        if prefix in _FRAMING or len(value.translate(None, _CONTROLS)) != len(value):
            raise RuntimeError(f"The header {name!r} cannot be written here.")
        lines.append(b"%b%b\r\n" % (prefix, value))
    return b"".join(lines)


def write_whole_head(status: int, lines: bytes, length: int, *, keep_alive: bool) -> bytes:
    """Return the head of a response whose body is known: what ``write_head`` returns, out of lines made before.

    Args:
        status: of the response.
        lines: its headers (``write_lines``).
        length: of the body, in bytes.
        keep_alive: whether the connection is to be used again.
    """
    about_length = b"" if status in _BODILESS else b"content-length: %d\r\n" % length
    end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
    return b"%b%b%b%b" % (STATUS_LINE[status], lines, about_length, end)


@lru_cache(maxsize=256)
def _prefix(name: bytes) -> bytes:
    """Return what a header's line begins with; kept, since the names that an app writes are few.

    Raises:
        RuntimeError: it is no name.
    """
    if not _TOKEN.fullmatch(name):
        raise RuntimeError(f"{name!r} is no name of a header.")
    return name.lower() + b": "
