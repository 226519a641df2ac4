"""Inlines fragments: a type condition becomes the set of runtime types a field is selected for.

Conditions that every object of the position meets vanish, those that none can meet take their fields
with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from gateway.errors import PlanningLimitExceeded
from gateway.operations.fragments import fragments_of
from gateway.supergraph.argument_text import print_arguments, variables_of
from gateway.supergraph.authorization import Denial
from gateway.supergraph.model import Supergraph
from gateway.supergraph.selections import Defer, Selection

from .specialise import deferred_label, is_included

MAX_SELECTIONS = 25_000
"""How many selections an operation may have once its fragments are written out."""

_Types = frozenset[str] | None
_NO_VARIABLES: frozenset[str] = frozenset()
_INTROSPECTION = frozenset({"__schema", "__type"})


class _Place(NamedTuple):
    """Where a selection stands: on which type, for which runtime types, in which ``@defer``."""

    parent: str
    on: _Types
    defer: Defer | None
    among: frozenset[str]
    """The runtime types, all of them."""

    hidden: frozenset[str] = frozenset()
    """Runtime types for which it would be as well, were they not denied."""


@dataclass(slots=True)
class _Field:
    """What several fields of a document are in the answer, for some runtime types."""

    node: FieldNode
    response_key: str
    at: _Place
    below: list[tuple[SelectionSetNode, str]] = field(default_factory=list)
    """Their selection sets, and the type that each is written on."""

    is_denied: bool = False


@dataclass(slots=True)
class _Level:
    """The fields of one place of the answer."""

    path: tuple[str, ...]
    fields: dict[tuple[str, _Types, Defer | None], _Field] = field(default_factory=dict)
    visited: set[tuple[str, _Place]] = field(default_factory=set)
    """Fragments that were spread here; again they add nothing, and to follow them may never end."""


class Flattener:
    """Flattens the selection sets of one document under one set of conditions."""

    def __init__(
        self,
        document: DocumentNode,
        supergraph: Supergraph,
        conditions: Mapping[str, bool],
        *,
        max_defers: int = 0,
        denial: Denial | None = None,
    ) -> None:
        self._supergraph = supergraph
        self._conditions = conditions
        self._fragments = fragments_of(document)
        self._count = 0
        self._max_defers = max_defers
        self._denial = denial
        self._denied: dict[tuple[str, ...], None] = {}
        self._defers: dict[tuple[int, Defer | None, tuple[str, ...]], Defer] = {}
        self.introspection: list[FieldNode] = []
        """The ``__schema`` and ``__type`` fields met."""

    @property
    def defers(self) -> tuple[Defer, ...]:
        """Every ``@defer`` met and heeded, an outer one before those in it."""
        return tuple(self._defers.values())

    @property
    def denied(self) -> tuple[tuple[str, ...], ...]:
        """Where something is asked for that is denied."""
        return tuple(self._denied)

    def flatten(self, node: SelectionSetNode, parent: str) -> tuple[Selection, ...]:
        """The fields of a selection set on ``parent``, in document order, each once.

        Raises:
            PlanningLimitExceeded: there are too many.
        """
        if self._denial is not None and parent in self._denial.types:
            self._denied[()] = None
            return ()
        return self._flatten(_Level(()), [(node, parent)], None)

    def _flatten(
        self, level: _Level, nodes: Sequence[tuple[SelectionSetNode, str]], defer: Defer | None
    ) -> tuple[Selection, ...]:
        """Flatten the selection sets of one field, or of several that are one in the answer.

        Spec: GraphQL, 6.3.2 (CollectFields), by sets of runtime types instead of for one.
        """
        for node, parent in nodes:
            self._collect(level, node, self._begin(parent, defer))
        return tuple(self._selection(level, found) for found in level.fields.values())

    def _begin(self, parent: str, defer: Defer | None) -> _Place:
        possible = self._supergraph.possible_types[parent]
        if self._denial is None or possible.isdisjoint(self._denial.types):
            return _Place(parent, None, defer, possible)
        shown = possible - self._denial.types
        return _Place(parent, shown, defer, shown, possible - shown)

    def _collect(self, level: _Level, node: SelectionSetNode, at: _Place) -> None:
        for item in node.selections:
            self._count += 1
            if self._count > MAX_SELECTIONS:
                raise PlanningLimitExceeded(
                    "The operation is too large once its fragments are written out."
                )
            if not is_included(item.directives, self._conditions):
                continue
            match item:
                case FieldNode():
                    self._collect_field(level, item, at)
                case InlineFragmentNode():
                    condition = item.type_condition
                    name = at.parent if condition is None else condition.name.value
                    inner = self._narrowed(level, at, name, self._deferred(level, item, at.defer))
                    if inner is not None:
                        self._collect(level, item.selection_set, inner)
                case FragmentSpreadNode():
                    fragment = self._fragments[item.name.value]
                    name = fragment.type_condition.name.value
                    inner = self._narrowed(level, at, name, self._deferred(level, item, at.defer))
                    if inner is not None and (item.name.value, inner) not in level.visited:
                        level.visited.add((item.name.value, inner))
                        self._collect(level, fragment.selection_set, inner)

    def _narrowed(
        self, level: _Level, at: _Place, condition: str, defer: Defer | None
    ) -> _Place | None:
        """Where the selections of a fragment are; ``None`` when no object here meets its condition."""
        if condition == at.parent:
            return at if defer is at.defer else at._replace(defer=defer)
        meeting = self._supergraph.possible_types[condition]
        narrowed = at.among & meeting
        hidden = at.hidden & meeting if at.hidden else at.hidden
        if not narrowed:
            if hidden:
                # It is about denied types and no others.
                self._denied[level.path] = None
            return None
        on = at.on if narrowed == at.among else narrowed
        return _Place(condition, on, defer, narrowed, hidden)

    def _deferred(
        self,
        level: _Level,
        node: InlineFragmentNode | FragmentSpreadNode,
        outer: Defer | None,
    ) -> Defer | None:
        """The ``@defer`` that the selections of a fragment stand in."""
        if not node.directives or not self._max_defers:
            return outer
        is_deferred, label = deferred_label(node.directives, self._conditions)
        if not is_deferred:
            return outer
        at = (id(node), outer, level.path)
        found = self._defers.get(at)
        if found is None:
            if len(self._defers) >= self._max_defers:
                return outer
            found = self._defers[at] = Defer(label=label, parent=outer, path=level.path)
        return found

    def _collect_field(self, level: _Level, node: FieldNode, at: _Place) -> None:
        name = node.name.value
        response_key = node.alias.value if node.alias else name
        if name in _INTROSPECTION:
            self.introspection.append(node)
        denied = self._denied_among(at, name)
        if denied:
            if denied == at.among:
                self._deny(level, node, at)
                return
            self._deny(level, node, at._replace(on=denied, among=denied))
            rest = at.among - denied
            at = at._replace(on=rest, among=rest)
        found = level.fields.get((response_key, at.on, at.defer))
        if found is None:
            found = _Field(node, response_key, at)
            level.fields[response_key, at.on, at.defer] = found
        if node.selection_set is not None and name not in _INTROSPECTION:
            named = self._supergraph.types[at.parent].fields[name].type.name
            found.below.append((node.selection_set, named))

    def _denied_among(self, at: _Place, name: str) -> frozenset[str] | None:
        """The runtime types for which a field is denied."""
        if self._denial is None or name not in self._denial.fields:
            return None
        return at.among & self._denial.fields[name]

    def _deny(self, level: _Level, node: FieldNode, at: _Place) -> None:
        response_key = node.alias.value if node.alias else node.name.value
        level.fields.setdefault(
            (response_key, at.on, at.defer), _Field(node, response_key, at, is_denied=True)
        )
        self._denied[*level.path, response_key] = None

    def _selection(self, level: _Level, found: _Field) -> Selection:
        name = found.node.name.value
        key = found.response_key
        if name in _INTROSPECTION:
            return Selection(name=name, response_key=key)
        at = found.at
        if name == "__typename":
            return Selection(name=name, response_key=key, on=at.on, defer=at.defer)
        if found.is_denied:
            return Selection(name=name, response_key=key, on=at.on, defer=at.defer, is_denied=True)
        arguments, variables = _arguments(found.node)
        return Selection(
            name=name,
            response_key=key,
            arguments=arguments,
            variables=variables,
            on=at.on,
            selections=self._flatten(_Level((*level.path, key)), found.below, at.defer)
            if found.below
            else (),
            defer=at.defer,
        )


def _arguments(node: FieldNode) -> tuple[str, frozenset[str]]:
    """Arguments and forwarded directives, as text, and the variables in them."""
    forwarded = [
        directive
        for directive in node.directives or ()
        if directive.name.value not in {"skip", "include"}
    ]
    if not node.arguments and not forwarded:
        return "", _NO_VARIABLES
    text = print_arguments(node.arguments) + "".join(map(_print_directive, forwarded))
    values = [argument.value for argument in node.arguments or ()]
    values += [argument.value for directive in forwarded for argument in directive.arguments or ()]
    return text, frozenset(name for value in values for name in variables_of(value))


def _print_directive(node: DirectiveNode) -> str:
    return f" @{node.name.value}{print_arguments(node.arguments)}"
