"""One schema that knows what all subgraphs of a suite know: what cases are measured by that give no answer themselves.

An object is all that any subgraph knows of it. Values that several know have to be the same, or the question has
more than one right answer and the case must say which is meant.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLAbstractType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    execute_sync,
)

from .facts import (
    Facts,
    Record,
    Selections,
    arguments_of,
    inputs_of,
    settle,
    split_reference,
)
from .strict_subgraph import LocalSchema


class FactsDisagree(Exception):
    """The facts do not say what the answer is; no ``GraphQLError``, so that it is seen."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one subgraph knows of an object."""

    facts: Facts
    type: str
    values: Record


@dataclass(frozen=True, slots=True)
class Whole:
    """An object with everything that is known of it."""

    type: str
    parts: tuple[Part, ...]


class WholeSchema:
    """Answers operations from all facts at once.

    Args:
        schema: what clients see.
        possible: the types of every abstract type, inaccessible ones too.
        data: of every subgraph.
        local: of every subgraph, what it requires.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        possible: Mapping[str, Sequence[str]],
        data: Mapping[str, Mapping[str, Record]],
        local: Mapping[str, LocalSchema],
    ) -> None:
        self._schema = schema
        self._possible = possible
        self._facts = [
            Facts(name, copy.deepcopy(dict(records))) for name, records in sorted(data.items())
        ]
        self._local = local

    def answer(self, document: DocumentNode, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Execute the only operation of a valid document.

        Raises:
            FactsDisagree: subgraphs know different things, or none knows.
        """
        definition = document.definitions[0]
        root = {"query": "Query", "mutation": "Mutation"}[definition.operation.value]  # type: ignore[attr-defined]
        parts = tuple(Part(facts, root, facts.root(root)) for facts in self._facts)
        result = execute_sync(
            self._schema,
            document,
            Whole(root, parts),
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=self._name_type,
        )
        for error in result.errors or ():
            if isinstance(error.original_error, FactsDisagree):
                raise error.original_error
        return dict(result.formatted)

    def _name_type(self, value: Whole, _: Any, abstract: GraphQLAbstractType) -> str:
        if value.type not in self._possible.get(abstract.name, ()):
            raise FactsDisagree(f"{value.type} is no {abstract.name}")
        return value.type

    def _resolve(self, value: Whole, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        return self._read(value, info.field_name, arguments)

    def _read(self, value: Whole, name: str, arguments: Mapping[str, Any]) -> Any:
        found = []
        for part in value.parts:
            if name in part.values:
                required = self._select(value, self._requires(part, name))
                inputs = inputs_of(arguments, required)
                found.append((part.facts, settle(part.values[name], part.facts, inputs)))
                if value.type == "Mutation":
                    break
        if not found:
            raise FactsDisagree(f"nobody knows {value.type}.{name}")
        return self._join(found, f"{value.type}.{name}")

    def _requires(self, part: Part, name: str) -> Selections:
        local = self._local[part.facts.subgraph].types.get(part.type)
        return local.requires.get(name, ()) if local is not None else ()

    def _select(self, value: Any, selections: Selections) -> Any:
        if isinstance(value, list):
            return [self._select(item, selections) for item in value]
        if not isinstance(value, Whole):
            return value
        found: dict[str, Any] = {}
        for node in selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else value.type
                if value.type in {condition, *self._possible.get(condition, ())}:
                    found |= self._select(value, tuple(node.selection_set.selections))
            else:
                name = node.name.value  # type: ignore[attr-defined]
                inner = self._read(value, name, arguments_of(node))  # type: ignore[arg-type]
                below = node.selection_set.selections if node.selection_set else ()  # type: ignore[attr-defined]
                found[name] = self._select(inner, tuple(below))
        return found

    def _join(self, found: Sequence[tuple[Facts, Any]], where: str) -> Any:
        values = [value for _, value in found]
        if all(isinstance(value, list) for value in values):
            if len({len(value) for value in values}) > 1:
                raise FactsDisagree(f"lists of different length: {where}")
            rows = zip(
                *([(facts, settle(item, facts, {})) for item in value] for facts, value in found),
                strict=True,
            )
            return [self._join(row, where) for row in rows]
        if all(value is None for value in values):
            return None
        if all(_is_object(value) for value in values):
            return self._unite(
                [part for facts, value in found for part in self._parts(facts, value)]
            )
        if any(value != values[0] for value in values):
            raise FactsDisagree(f"{where} is {values}")
        return values[0]

    def _parts(self, facts: Facts, value: Any) -> Iterator[Part]:
        overlay = value if isinstance(value, dict) else {}
        reference = overlay.get("$", value)
        if isinstance(reference, dict):
            yield Part(facts, value.get("__typename", ""), value)
            return
        type_name, name = split_reference(reference)
        names = self._same(type_name)
        seen = False
        for each in self._facts:
            for same in names:
                record = each.record(same, name)
                if record is not None:
                    seen = True
                    yield Part(each, same, record)
        if overlay:
            yield Part(facts, type_name, overlay)
        if not seen:
            yield Part(facts, type_name, {"$missing": True})

    def _same(self, type_name: str) -> list[str]:
        """Return all types under which subgraphs may know an object: its own, and those of interface objects."""
        above = [name for name, possible in self._possible.items() if type_name in possible]
        return [type_name, *self._possible.get(type_name, ()), *above]

    def _unite(self, parts: list[Part]) -> Whole | None:
        if any("$missing" in part.values for part in parts):
            return None
        types = {part.type for part in parts if part.type and part.type not in self._possible}
        if len(types) > 1:
            raise FactsDisagree(f"one object is {sorted(types)}")
        unique = {id(part.values): part for part in parts}
        return Whole(types.pop() if types else "", tuple(unique.values()))


def _is_object(value: Any) -> bool:
    """Whether a settled value is an object or a reference to one; plain text is told apart by its slash."""
    if isinstance(value, dict):
        return True
    return isinstance(value, str) and value.partition("/")[0][:1].isupper() and "/" in value
