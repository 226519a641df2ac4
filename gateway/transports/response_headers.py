"""The headers of a response, decoded when somebody looks: for most responses nobody does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


class ResponseHeaders(Mapping[str, str]):
    """Header fields by lower-case name; of repeated ones, the last."""

    __slots__ = ("_decoded", "_raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
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

    @property
    def _fields(self) -> dict[str, list[str]]:
        if self._decoded is None:
            self._decoded = {}
            for name, value in self._raw:
                key = name.decode("latin-1").lower()
                self._decoded.setdefault(key, []).append(value.decode("latin-1"))
        return self._decoded
