"""A request whose entities take values from contexts: one ``_entities`` field for each lot that shares its values.

To everyone else a fetch has one list of entities by group. The lots are made here, just before sending, and unmade
in the answer, so that results and errors find their objects by the group's own alias and indices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.query_plan.nodes import EntityGroup, fill_selection

from .json_text import encode_json
from .prepared_plan import PreparedFetch
from .representations import Collected
from .result import JsonObject
from .subgraph_answer import SubgraphAnswer


@dataclass(frozen=True, slots=True)
class _Lot:
    """Entities of one group that are asked for together."""

    group: EntityGroup
    suffix: str
    """What tells its names from those of other lots; nothing for the only lot of a fetch's every group."""

    representations: Sequence[JsonObject]
    indices: Sequence[int]
    """Where the representations are among those of the group."""

    values: Sequence[object]

    @property
    def alias(self) -> str:
        return self.group.alias + self.suffix

    @property
    def variable(self) -> str:
        return self.group.variable + self.suffix

    def definitions(self) -> Iterator[str]:
        yield f"${self.variable}: [_Any!]!"
        for context in self.group.contexts:
            yield f"${context.name}{self.suffix}: {context.type}"

    def field(self) -> str:
        selection = fill_selection(self.group, self.suffix)
        return f"{self.alias}: _entities(representations: ${self.variable}){selection}"

    def variables(self) -> Iterator[bytes]:
        yield _member(self.variable, self.representations)
        for context, value in zip(self.group.contexts, self.values, strict=True):
            yield _member(f"{context.name}{self.suffix}", value)


class ContextualRequest:
    """One request of a fetch with contexts."""

    def __init__(self, prepared: PreparedFetch, collected: Sequence[Collected]) -> None:
        self._prepared = prepared
        self._by_group = [
            (group.group, list(_lots(group.group, found)))
            for group, found in zip(prepared.groups, collected, strict=True)
        ]
        self._lots = [lot for _, lots in self._by_group for lot in lots]
        # Then the operation is the one of the plan.
        self._is_plain = all(not lot.suffix for lot in self._lots) and all(
            lots for _, lots in self._by_group
        )

    def head(self) -> bytes:
        """Return the body up to where variables follow."""
        if self._is_plain:
            return self._prepared.head
        names = self._client_names()
        fetch = self._prepared.fetch
        definitions = [text for lot in self._lots for text in lot.definitions()]
        definitions += [
            definition
            for name, definition in zip(fetch.variables, fetch.definitions, strict=True)
            if name in names
        ]
        fields = " ".join(lot.field() for lot in self._lots)
        return b'{"query":' + encode_json(f"query({', '.join(definitions)}){{{fields}}}")

    def variables(self) -> list[bytes]:
        """Return the variables that are not the client's, as members of a JSON object."""
        return [text for lot in self._lots for text in lot.variables()]

    def client_variables(self) -> Iterator[tuple[str, bytes]]:
        """Yield the client's variables to send, as ``PreparedFetch.variables`` has them."""
        names = self._client_names()
        return (each for each in self._prepared.variables if each[0] in names)

    def restore(self, answer: SubgraphAnswer) -> SubgraphAnswer:
        """Return the answer as if every group had been asked about in one list."""
        if self._is_plain:
            return answer
        errors = [restored for error in answer.errors for restored in self._restore_error(error)]
        if answer.data is None:
            return SubgraphAnswer(None, errors)
        data = {
            group.alias: _join(lots, answer.data, has_errors=bool(errors))
            for group, lots in self._by_group
        }
        return SubgraphAnswer(data, errors)

    def _client_names(self) -> set[str]:
        return {name for lot in self._lots for name in lot.group.client_variables}

    def _restore_error(self, error: JsonObject) -> Iterator[JsonObject]:
        path = error.get("path")
        alias, *below = path if isinstance(path, list) and path else [None]
        lot = next((each for each in self._lots if each.alias == alias), None)
        if lot is None:
            yield error
            return
        if not below:
            # A lot failed: its entities did, but not the others of its group.
            for place in lot.indices:
                yield {**error, "path": [lot.group.alias, place]}
            return
        index = below[0]
        if isinstance(index, int) and 0 <= index < len(lot.indices):
            yield {**error, "path": [lot.group.alias, lot.indices[index], *below[1:]]}
        else:
            yield {**error, "path": [lot.group.alias]}


def _lots(group: EntityGroup, collected: Collected) -> Iterator[_Lot]:
    representations = collected.representations
    if collected.lots is None:
        yield _Lot(group, "", representations, range(len(representations)), ())
        return
    by_lot: dict[int, list[int]] = {}
    for index, number in enumerate(collected.lots.numbers):
        by_lot.setdefault(number, []).append(index)
    for place, (number, indices) in enumerate(by_lot.items()):
        yield _Lot(
            group,
            f"_{place}" if len(by_lot) > 1 else "",
            [representations[index] for index in indices],
            indices,
            collected.lots.values[number],
        )


def _join(lots: Sequence[_Lot], data: JsonObject, *, has_errors: bool) -> object:
    """Return one list of entities; something else than a list when an answer is none."""
    entities: list[object] = [None] * sum(len(lot.indices) for lot in lots)
    answers = [data.get(lot.alias) for lot in lots]
    if has_errors and lots and all(found is None for found in answers):
        return None
    for lot, found in zip(lots, answers, strict=True):
        if found is None and has_errors:
            continue
        if not isinstance(found, list) or len(found) != len(lot.indices):
            return f"{lot.alias} does not answer its representations"
        for index, entity in zip(lot.indices, found, strict=True):
            entities[index] = entity
    return entities


def _member(name: str, value: object) -> bytes:
    return encode_json(name) + b":" + encode_json(value)
