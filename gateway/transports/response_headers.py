"""The headers of a response, decoded when somebody looks: for most responses nobody does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_HEAD_END = b"\r\n\r\n"
_STATUS = re.compile(rb"[\r\n]*[A-Z]+/\d\.\d (\d{3})")
"""Line ends too many may come before a response; that of an interim one is skipped here as well."""


class ResponseHeaders(Mapping[str, str]):
    """Header fields by lower-case name; of repeated ones, the last.

    Args:
        raw: the fields; or, as bytes, the head of an HTTP/1.1 response that a parser has found to be right. Interim
            responses may come before it, and anything after it.
    """

    __slots__ = ("_decoded", "_raw")

    def __init__(self, raw: bytes | Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._raw = raw
        self._decoded: dict[str, list[str]] | None = None

    def __getitem__(self, name: str) -> str:
        return self._fields[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"ResponseHeaders({self._fields!r})"

    def all_of(self, name: str) -> tuple[str, ...]:
        """Return every value of ``name``, in order: for ``set-cookie``, which must not be joined."""
        return tuple(self._fields.get(name, ()))

    def content_coding(self) -> str | None:
        """Return ``content-encoding``, without decoding anything when it is not among the fields."""
        raw = self._raw
        if isinstance(raw, bytes) and raw.lower().find(b"content-encoding") < 0:
            return None
        return self.get("content-encoding")

    @property
    def _fields(self) -> dict[str, list[str]]:
        if self._decoded is None:
            self._decoded = {}
            raw = self._raw
            for name, value in _split_head(raw) if isinstance(raw, bytes) else raw:
                key = name.decode("latin-1").lower()
                self._decoded.setdefault(key, []).append(value.decode("latin-1"))
        return self._decoded


def _split_head(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the fields of the first head that is not of an interim response.

    Spec: RFC 9112, 4 and 5. Whatever is not as it says has been refused by the parser, folded lines among it.
    """
    start = 0
    while True:
        first_line = _STATUS.match(raw, start)
        if first_line is None:
            raise ValueError(f"No response starts here: {raw[start : start + 40]!r}")
        start, end = first_line.end(), raw.index(_HEAD_END, first_line.end())
        if first_line[1] >= b"200":
            break
        start = end
    for line in raw[start:end].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name, value.strip(b" \t")
