"""Writes the operation of a request, as GraphQL text.

Selections on an abstract type are written per runtime type that the graph knows; what is the same for
all of them is written once on the interface, if the graph has the field there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.supergraph.model import Supergraph
from gateway.supergraph.type_kinds import TypeKind

from .context_placeholders import ContextPlaceholders
from .fetch_graph import Call, FetchNode
from .frames import Frame
from .scopes import Demand, PlanClass, Scope


@dataclass(frozen=True, slots=True)
class _Entry:
    """One field, written, and what decides whether it can be written on an interface instead."""

    text: str
    field: str
    below: frozenset[str]
    """The types that its selections are written on."""

    is_general: bool
    """Whether it was selected on the declared type of its scope."""

    has_no_arguments: bool


class OperationWriter:
    """Writes operations for one plan."""

    def __init__(
        self,
        supergraph: Supergraph,
        typed_scopes: Collection[Scope],
        definitions: Mapping[str, str],
    ) -> None:
        """``definitions`` are the client's variables, by name."""
        self._supergraph = supergraph
        self._typed_scopes = typed_scopes
        self._definitions = definitions
        self._written: dict[Frame, list[str]] = {}
        self.contexts = ContextPlaceholders()

    def root_operation(self, keyword: str, roots: Sequence[Frame]) -> tuple[str, tuple[str, ...]]:
        """The operation of a request to a root, and the client's variables it uses."""
        variables = self.variables(roots)
        entries = dict.fromkeys(text for root in roots for text in self._entries(root))
        head = ", ".join(self._definitions[name] for name in variables)
        selection = f"{{{' '.join(entries or ('__typename',))}}}"
        return f"{keyword}{f'({head})' if head else ''}{selection}", variables

    def call_selection(self, call: Call) -> str:
        """The selection of an ``_entities`` field."""
        parts: dict[str, dict[str, None]] = {}
        for frame in call.frames:
            for condition, entries in self._entity_fragments(frame):
                parts.setdefault(condition, {}).update(dict.fromkeys(entries))
        # Sorted, so that the same fields asked for at several scopes make one call.
        fragments = (
            f"... on {condition}{{{' '.join(sorted(entries) or ('__typename',))}}}"
            for condition, entries in parts.items()
        )
        return f"{{{' '.join(fragments)}}}"

    def entity_operation(
        self,
        groups: Sequence[tuple[str, str, str]],
        node: FetchNode,
        context_definitions: Iterable[str] = (),
    ) -> tuple[str, tuple[str, ...]]:
        """The operation of a request for entities.

        ``groups`` are alias, variable and selection of each ``_entities`` field.
        """
        variables = self.variables(node.frames)
        head = [f"${variable}: [_Any!]!" for _, variable, _ in groups]
        head += context_definitions
        head += [self._definitions[name] for name in variables]
        fields = (
            f"{'' if alias == '_entities' else f'{alias}: '}"
            f"_entities(representations: ${variable}){selection}"
            for alias, variable, selection in groups
        )
        return f"query({', '.join(head)}){{{' '.join(fields)}}}", variables

    # Selections

    def _entity_fragments(self, frame: Frame) -> Iterable[tuple[str, list[str]]]:
        entry = frame.entry
        if entry is not None and not self._is_by_type(frame):
            yield entry.typename, self._entries(frame)
            return
        for home in frame.input_classes:
            entries = [each.text for each in self._class_entries(frame, home)]
            for name in home.types:
                yield name, entries

    def _is_by_type(self, frame: Frame) -> bool:
        """Whether objects are sent with a type of their own, not with an interface's."""
        entry = frame.entry
        return entry is not None and (
            self._supergraph.types[entry.typename].kind is TypeKind.OBJECT
        )

    def _entries(self, frame: Frame) -> list[str]:
        """What a frame selects; written once, for several classes may share what is below them."""
        found = self._written.get(frame)
        if found is None:
            found = self._written[frame] = self._write_entries(frame)
        return found

    def _write_entries(self, frame: Frame) -> list[str]:
        texts: dict[str, None] = {}
        if frame.scope in self._typed_scopes and frame.tells_type:
            texts["__typename"] = None
        local = self._supergraph.types[frame.local_type]
        whole: list[_Entry] = []
        by_type: dict[str, list[_Entry]] = {}
        for home in _in_order(frame.fields):
            entries = self._class_entries(frame, home)
            is_plain = home.is_whole or frame.positions[home].interface is not None
            if is_plain or local.kind is TypeKind.OBJECT:
                whole += entries
                continue
            for name in home.types:
                if name in self._local_types(frame):
                    by_type.setdefault(name, []).extend(entries)
        shared = self._shared_entries(frame, by_type)
        texts.update(dict.fromkeys(each.text for each in (*whole, *shared)))
        for name, entries in by_type.items():
            rest = [each.text for each in entries if each.text not in texts]
            if rest:
                texts[f"... on {name}{{{' '.join(dict.fromkeys(rest))}}}"] = None
        return list(texts)

    def _local_types(self, frame: Frame) -> frozenset[str]:
        return self._supergraph.local_types[frame.local_type][frame.graph]

    def _shared_entries(
        self, frame: Frame, by_type: Mapping[str, Sequence[_Entry]]
    ) -> list[_Entry]:
        """What is selected on every type the graph knows here, and can be on the interface."""
        local = self._supergraph.types[frame.local_type]
        if not by_type or by_type.keys() != self._local_types(frame):
            return []
        if local.kind is not TypeKind.INTERFACE:
            return []
        is_declared = frame.local_type == frame.scope.declared
        first, *others = by_type.values()
        texts = [{each.text for each in entries} for entries in others]
        shared = []
        for entry in first:
            definition = local.fields.get(entry.field)
            found = definition.graphs.get(frame.graph) if definition else None
            if (
                found is not None
                and (entry.has_no_arguments or (entry.is_general and is_declared))
                and entry.below <= {found.type.name}
                and all(entry.text in each for each in texts)
            ):
                shared.append(entry)
        return shared

    def _class_entries(self, frame: Frame, home: PlanClass) -> list[_Entry]:
        demands = frame.fields.get(home, {})
        return [
            self._entry(frame, demand, demands[demand])
            for demand in sorted(demands, key=lambda demand: demand.order)
        ]

    def _entry(self, frame: Frame, demand: Demand, carried: Sequence[Frame]) -> _Entry:
        text = demand.name if demand.key == demand.name else f"{demand.key}: {demand.name}"
        arguments = demand.arguments
        if frame.contexts:
            arguments = self.contexts.with_arguments(arguments, frame.contexts)
        text += arguments
        if carried:
            inner = dict.fromkeys(text for frame in carried for text in self._entries(frame))
            text += f"{{{' '.join(inner or ('__typename',))}}}"
        return _Entry(
            text,
            demand.name,
            frozenset(frame.local_type for frame in carried),
            demand.on_whole_scope,
            not arguments,
        )

    def variables(self, frames: Iterable[Frame]) -> tuple[str, ...]:
        """The client's variables that the selections of frames use."""
        names: set[str] = set()
        pending = list(frames)
        seen: set[Frame] = set()
        while pending:
            frame = pending.pop()
            if frame in seen:
                continue
            seen.add(frame)
            for demands in frame.fields.values():
                for demand, carried in demands.items():
                    names |= demand.variables
                    pending += carried
        return tuple(name for name in self._definitions if name in names)


def _in_order(homes: Iterable[PlanClass]) -> list[PlanClass]:
    return sorted(homes, key=lambda home: (not home.is_whole, home.types))
