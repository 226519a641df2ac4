"""What ``@provides`` adds to a position: numbered, so that positions stay small and comparable."""

from __future__ import annotations

from threading import Lock

from gateway.supergraph.selections import Selection, print_selections

_Selections = tuple[Selection, ...]


class Views:
    """Provided selections by number. Number 0 provides nothing."""

    def __init__(self) -> None:
        self._views: list[_Selections] = [()]
        self._numbers: dict[str, int] = {"": 0}
        # Plans may be made in several threads, and two views must not get one number.
        self._lock = Lock()

    def number(self, selections: _Selections) -> int:
        """The number of a view; equal selections have equal numbers."""
        text = print_selections(selections)
        with self._lock:
            found = self._numbers.get(text)
            if found is None:
                found = len(self._views)
                self._views.append(selections)
                self._numbers[text] = found
        return found

    def provides(self, view: int, type_name: str, field: str) -> bool:
        """Whether a view holds a field for objects of a type."""
        return any(
            selection.name == field and (selection.on is None or type_name in selection.on)
            for selection in self._views[view]
        )

    def below(self, view: int, type_name: str, field: str) -> _Selections:
        """What a view provides under one of its fields."""
        return tuple(
            inner
            for selection in self._views[view]
            if selection.name == field and (selection.on is None or type_name in selection.on)
            for inner in selection.selections
        )
