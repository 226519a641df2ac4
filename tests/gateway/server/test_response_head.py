"""Header lines that are made before the head that they go into."""

from __future__ import annotations

import pytest

from gateway.server.response_head import write_lines


def test_headers_become_lines() -> None:
    assert write_lines([(b"Vary", b"Accept"), (b"x-a", b"\xe4\tb")]) == (
        b"vary: Accept\r\nx-a: \xe4\tb\r\n"
    )


@pytest.mark.parametrize(
    "header",
    [
        (b"x-a", b"1\r\nx-b: 2"),
        (b"x-a", b"1\n"),
        (b"x-a", b"\x00"),
        (b"x a", b"1"),
        (b"x-a:", b"1"),
        (b"", b"1"),
        (b"Content-Length", b"1"),
        (b"transfer-encoding", b"chunked"),
        (b"connection", b"close"),
    ],
)
def test_what_would_change_the_head_around_it_is_not_written(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(RuntimeError):
        write_lines([header])
