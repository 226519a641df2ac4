"""Turns scopes into the shape of the answer: which physical key feeds which response key, by runtime type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.query_plan.nodes import (
    ClassProjection,
    DeferredFragment,
    DeniedProjection,
    EnumProjection,
    FieldProjection,
    IntrospectionProjection,
    LeafKind,
    LeafProjection,
    ListProjection,
    ObjectProjection,
    TypenameProjection,
    ValueProjection,
)
from gateway.supergraph.model import Supergraph
from gateway.supergraph.type_kinds import TypeKind
from gateway.supergraph.type_ref import TypeRef

from .representations import TYPENAME_KEY
from .scopes import (
    ClientEntry,
    Demand,
    DeniedDemand,
    IntrospectionDemand,
    PlanClass,
    Scope,
    TypenameDemand,
)

_BUILT_IN = {kind.value: LeafProjection(kind) for kind in LeafKind if kind is not LeafKind.CUSTOM}
_CUSTOM = LeafProjection(LeafKind.CUSTOM)
NO_SOURCE = ""
"""A physical key that no object has."""


class AnswerView:
    """Which part of the answer a projection is for; this one is for all of it."""

    def entries(self, home: PlanClass) -> Iterable[tuple[str, ClientEntry]]:
        """What is shown of the objects of a class."""
        return home.entries.items()

    def fragments_at(self, home: PlanClass) -> tuple[DeferredFragment, ...]:
        """The deferred fragments that stand at the objects."""
        del home
        return ()

    def groups_at(self, home: PlanClass) -> tuple[int, ...]:
        """The deferred groups that add to the objects."""
        del home
        return ()


class ProjectionBuilder:
    """Builds the projection of one plan, or of what a view shows of it."""

    def __init__(self, supergraph: Supergraph, view: AnswerView | None = None) -> None:
        self._supergraph = supergraph
        self._view = view or AnswerView()
        self._objects: dict[Scope, ObjectProjection] = {}
        self._leaves: dict[str, LeafProjection | EnumProjection] = {}

    def build(self, scope: Scope) -> ObjectProjection:
        """The projection of a scope and all below it; scopes that are shared are built once."""
        found = self._objects.get(scope)
        if found is None:
            found = self._objects[scope] = self._build(scope)
        return found

    def _build(self, scope: Scope) -> ObjectProjection:
        groups: dict[tuple[object, ...], list[PlanClass]] = {}
        for home in scope.classes:
            if home.is_visible:
                row = (
                    self._row(home),
                    tuple(map(id, self._view.fragments_at(home))),
                    self._view.groups_at(home),
                )
                groups.setdefault(row, []).append(home)
        return ObjectProjection(
            typename_key=TYPENAME_KEY if scope.needs_typename else None,
            classes=tuple(
                ClassProjection(
                    types=frozenset(name for home in homes for name in home.types),
                    fields=tuple(self._fields(homes[0])),
                    fragments=self._view.fragments_at(homes[0]),
                    groups=self._view.groups_at(homes[0]),
                )
                for homes in groups.values()
            ),
            denied=frozenset(
                name for home in scope.classes if home.is_denied for name in home.types
            ),
        )

    def _row(self, home: PlanClass) -> tuple[object, ...]:
        """Equal for classes that are shown alike."""
        return tuple(
            (
                response_key,
                entry.key,
                self._supergraph.types[home.type_name].fields[entry.name].type,
                entry.child,
                home.is_demoted,
            )
            if isinstance(entry, Demand)
            else (response_key, entry)
            for response_key, entry in self._view.entries(home)
        )

    def _fields(self, home: PlanClass) -> Iterator[FieldProjection]:
        for response_key, entry in self._view.entries(home):
            yield self._field(home, response_key, entry)

    def _field(self, home: PlanClass, response_key: str, entry: ClientEntry) -> FieldProjection:
        match entry:
            case TypenameDemand():
                value: ValueProjection = TypenameProjection(
                    home.type_name if home.knows_type else None
                )
                return _constant(response_key, TYPENAME_KEY, value, f"{home.type_name}.__typename")
            case IntrospectionDemand():
                return FieldProjection(
                    response_key=response_key,
                    source=response_key,
                    value=IntrospectionProjection(),
                    non_null=entry.name == "__schema",
                    coordinate=f"{home.type_name}.{entry.name}",
                )
            case DeniedDemand():
                return FieldProjection(
                    response_key=response_key,
                    source=NO_SOURCE,
                    value=DeniedProjection(),
                    non_null=entry.type.non_null[0] and not home.is_demoted,
                    coordinate=f"{home.type_name}.{entry.name}",
                )
            case Demand():
                return self._demand(home, response_key, entry)

    def _demand(self, home: PlanClass, response_key: str, demand: Demand) -> FieldProjection:
        ref = self._supergraph.types[home.type_name].fields[demand.name].type
        return FieldProjection(
            response_key=response_key,
            source=demand.key,
            value=_CUSTOM if home.is_demoted else self._value(ref, 0, demand),
            # A demoted member was not asked, so its nulls must not climb.
            non_null=ref.non_null[0] and not home.is_demoted,
            coordinate=f"{home.type_name}.{demand.name}",
        )

    def _value(self, ref: TypeRef, level: int, demand: Demand) -> ValueProjection:
        if level < ref.list_depth:
            return ListProjection(
                item=self._value(ref, level + 1, demand), item_non_null=ref.non_null[level + 1]
            )
        if demand.child is not None:
            return self.build(demand.child)
        return self._leaf(ref.name)

    def _leaf(self, name: str) -> LeafProjection | EnumProjection:
        found = self._leaves.get(name)
        if found is None:
            definition = self._supergraph.types[name]
            if definition.kind is TypeKind.ENUM:
                found = EnumProjection(name, frozenset(definition.enum_values))
            else:
                found = _BUILT_IN.get(name, _CUSTOM)
            self._leaves[name] = found
        return found


def _constant(
    response_key: str, source: str, value: ValueProjection, coordinate: str
) -> FieldProjection:
    return FieldProjection(
        response_key=response_key, source=source, value=value, non_null=True, coordinate=coordinate
    )
