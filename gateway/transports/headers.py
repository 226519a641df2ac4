"""Request headers of every subgraph call: the gateway's own, and which of the caller's may go along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.errors import TransportError

OWN_HEADERS = {
    "content-type": "application/json",
    "accept": "application/graphql-response+json, application/json;q=0.9",
    "user-agent": "cattery-gateway",
}

_KEPT_BACK = OWN_HEADERS.keys() | {
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""They belong to one connection, describe another body, or are set by the gateway."""


_MOST_KEPT_BLOCKS = 256
"""As many client requests as may be in flight at once before blocks are built twice."""


class HeaderBlock:
    """Headers ready to be written: what may be forwarded of ``headers``, as lines of HTTP/1.1 in ``text``."""

    __slots__ = ("_headers", "text")

    def __init__(self, headers: Iterable[tuple[str, str]], text: bytes) -> None:
        self._headers = headers
        self.text = text

    def pairs(self) -> list[tuple[str, str]]:
        """Return what ``text`` says, by name."""
        return forwardable(self._headers)


def forwardable(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers that may be sent on, with lower-case names."""
    return [(lower, value) for name, value in headers if (lower := name.lower()) not in _KEPT_BACK]


def build_block(headers: Sequence[tuple[str, str]]) -> HeaderBlock:
    """Return the forwardable ones of ``headers``, ready to be written.

    Raises:
        TransportError: a value holds what would end its line, or a character that no header can hold.
    """
    lines = [
        f"{lower}: {value}\r\n"
        for name, value in headers
        if (lower := name.lower()) not in _KEPT_BACK
    ]
    text, count = "".join(lines), len(lines)
    # One pass over the text finds every break that is not ours: a header more, or a request more, smuggled in.
    if text.count("\n") != count or text.count("\r") != count or "\0" in text:
        raise TransportError("A request header holds a line break.")
    try:
        return HeaderBlock(headers, text.encode("latin-1"))
    except UnicodeEncodeError as error:
        raise TransportError("A request header holds a character beyond Latin-1.") from error


class HeaderEncoder:
    """Builds header blocks and keeps the latest, since the calls of one client request share their headers.

    Known by identity: comparing headers, or hashing them, costs more than a block takes to find.
    """

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[int, tuple[tuple[tuple[str, str], ...], HeaderBlock]] = {}
        """By id of the headers, which are held along with their block: no others get that id meanwhile."""

    def encode(self, headers: tuple[tuple[str, str], ...]) -> HeaderBlock:
        """Return ``headers``, ready to be written.

        Raises:
            TransportError: one of them cannot be.
        """
        kept = self._kept.get(id(headers))
        if kept is not None:
            return kept[1]
        block = build_block(headers)
        if len(self._kept) >= _MOST_KEPT_BLOCKS:
            # Those in flight are built once more; that is rarer than to be worth a queue.
            self._kept.clear()
        self._kept[id(headers)] = (headers, block)
        return block
