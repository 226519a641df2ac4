"""Builds the scopes of an operation, or of a field set that a plan needs at some position.

This is where it is settled what *can* be asked of whom: which members of a union are sure, which carriers
of an interface serve all it may return, what nobody can answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat

from gateway.query_graph.context_uses import Setting
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import Contexts, Option
from gateway.supergraph.model import TypeDefinition
from gateway.supergraph.selections import Selection
from gateway.supergraph.type_kinds import TypeKind

from .carriers import Carriers, arrivals
from .response_keys import ResponseKeys, Shapes
from .scopes import (
    ClientEntry,
    Demand,
    DeniedDemand,
    IntrospectionDemand,
    PlanClass,
    Scope,
    Selections,
    TypenameDemand,
    move_key,
)

_INTROSPECTION = frozenset({"__schema", "__type"})
_ROW_ENTRIES_PER_STEP = 8
"""How many fields of one type are compared with those of others at the cost of a step."""


class ScopeBuilder:
    """Builds scopes for one plan."""

    def __init__(
        self, graph: QueryGraph, reach: Reach, denied_types: frozenset[str] = frozenset()
    ) -> None:
        self._graph = graph
        self._reach = reach
        self._denied_types = denied_types
        self._types = graph.supergraph.types
        self._carriers = Carriers(graph, reach)
        self._count = 0

    def build_root(self, root_type: str, selections: Selections) -> Scope:
        """Build the scopes of an operation, from its root down.

        Raises:
            PlanningError: something in it can be had from nobody.
        """
        scope = Scope(
            number=self._next(), declared=root_type, parents=[], depth=0, keys=ResponseKeys()
        )
        starts = dict.fromkeys(self._graph.root_positions(root_type), 0)
        scope.returned_types = frozenset({root_type})
        self._add_class(scope, (root_type,), starts)
        self._fill(scope, selections, is_client=True)
        return scope

    def build_hidden(self, parent: Demand, selections: Selections) -> Scope:
        """Build the scope below a field that only the plan needs."""
        options = self._reach.options(parent.home.reached, parent.name)
        scope = self._new_scope(parent, options)
        self._fill(scope, selections, is_client=False)
        return scope

    # Scopes

    def _next(self) -> int:
        self._reach.budget.spend()
        self._count += 1
        return self._count

    def _new_scope(self, parent: Demand, options: Sequence[Option]) -> Scope:
        declared = parent.type.name
        home = parent.home.scope
        return Scope(
            number=self._next(),
            declared=declared,
            parents=[parent],
            depth=home.depth + 1,
            keys=self.keys_below(parent) if parent.key else ResponseKeys(),
            carriers=tuple(options),
            carrier_moves=frozenset(move_key(option.move) for option in options),
            contexts=self._contexts_below(parent.home, declared),
        )

    def _contexts_below(self, home: PlanClass, declared: str) -> Contexts:
        return tuple((key, 0) for key, _ in self._reach.contexts_below(home.reached, declared))

    def _fill(self, scope: Scope, selections: Selections, *, is_client: bool) -> None:
        definition = self._types[scope.declared]
        if not scope.is_root:
            self._make_classes(scope, definition, selections)
            self._make_whole(scope, definition)
        for plan_class in scope.classes:
            if plan_class.is_visible or not is_client:
                self._collect(plan_class, selections, is_client=is_client)
        if is_client:
            self._carriers.settle(scope)
            self._make_children(scope)
            scope.needs_typename = self._needs_typename(scope)

    def _make_classes(
        self, scope: Scope, definition: TypeDefinition, selections: Selections
    ) -> None:
        possible = self._graph.supergraph.possible_types[scope.declared]
        if definition.kind is TypeKind.OBJECT:
            scope.returned_types = possible
            self._add_class(scope, (scope.declared,), arrivals(self._graph, scope, scope.declared))
            return
        sure = self._sure_types(scope, definition)
        groups: dict[tuple[object, ...], list[str]] = {}
        for name in sorted(possible):
            starts = arrivals(self._graph, scope, name)
            if starts:
                groups.setdefault(self._row(name, starts, sure, selections), []).append(name)
        scope.returned_types = frozenset(name for names in groups.values() for name in names)
        for names in groups.values():
            starts = arrivals(self._graph, scope, names[0])
            self._add_class(scope, tuple(names), starts, is_demoted=names[0] not in sure)

    def _sure_types(self, scope: Scope, definition: TypeDefinition) -> frozenset[str]:
        """The types to select on: of a union, the members that every graph able to answer has."""
        possible = self._graph.supergraph.possible_types[scope.declared]
        if definition.kind is not TypeKind.UNION:
            return possible
        return possible.intersection(
            *(
                {name for name in possible if self._graph.arrive(option.move, name) is not None}
                for option in scope.carriers
            )
        )

    def _row(
        self,
        name: str,
        starts: dict[Position, int],
        sure: frozenset[str],
        selections: Selections,
    ) -> tuple[object, ...]:
        """What decides how objects of a type are treated; equal rows make one class."""
        applicable = [
            selection for selection in selections if selection.on is None or name in selection.on
        ]
        self._reach.budget.spend(1 + len(applicable) // _ROW_ENTRIES_PER_STEP)
        return (
            self._graph.supergraph.is_visible(name),
            name in self._denied_types,
            name in sure,
            tuple(starts),
            tuple(map(id, applicable)),
            self._graph.entries_row(name),
            self._graph.context_row(name),
            tuple(self._graph.field_row(name, selection.name) for selection in applicable),
            tuple(
                self._graph.move(name, position, selection.name) is None
                for selection in applicable
                for position in starts
                if position.view
            ),
        )

    def _make_whole(self, scope: Scope, definition: TypeDefinition) -> None:
        if not definition.interface_object_graphs:
            return
        starts = arrivals(self._graph, scope, scope.declared)
        if all(self._graph.arrive(option.move, scope.declared) for option in scope.carriers):
            reached = self._reach.from_positions(
                scope.declared, starts.items(), knows_type=False, contexts=scope.contexts
            )
            scope.whole = PlanClass(
                scope=scope,
                types=tuple(sorted(scope.returned_types)),
                type_name=scope.declared,
                is_whole=True,
                reached=reached,
            )

    def _add_class(
        self,
        scope: Scope,
        names: tuple[str, ...],
        starts: dict[Position, int],
        *,
        is_demoted: bool = False,
    ) -> None:
        type_name = names[0]
        knows_type = type_name == scope.declared
        is_denied = type_name in self._denied_types
        scope.classes.append(
            PlanClass(
                scope=scope,
                types=names,
                type_name=type_name,
                is_visible=not is_denied and self._graph.supergraph.is_visible(type_name),
                is_denied=is_denied,
                is_demoted=is_demoted,
                knows_type=knows_type,
                reached=self._reach.from_positions(
                    type_name, starts.items(), knows_type=knows_type, contexts=scope.contexts
                ),
            )
        )

    # Demands

    def _collect(self, plan_class: PlanClass, selections: Selections, *, is_client: bool) -> None:
        """CollectFields for one class. Spec: GraphQL, 6.3.2."""
        if not is_client:
            return
        groups: dict[str, list[Selection]] = {}
        for selection in selections:
            if selection.on is None or plan_class.type_name in selection.on:
                groups.setdefault(selection.response_key, []).append(selection)
        whole = plan_class.scope.whole
        for response_key, group in groups.items():
            first = group[0]
            if any(selection.defer is not None for selection in group):
                plan_class.defers[response_key] = frozenset(each.defer for each in group)
            if first.is_denied:
                ref = self._types[plan_class.type_name].fields[first.name].type
                plan_class.entries[response_key] = DeniedDemand(response_key, first.name, ref)
            elif first.name == "__typename":
                plan_class.entries[response_key] = TypenameDemand(response_key)
            elif first.name in _INTROSPECTION:
                plan_class.entries[response_key] = IntrospectionDemand(response_key, first.name)
            elif whole is not None and self._serves_whole(whole, response_key, selections):
                demand = whole.entries.get(response_key)
                if not isinstance(demand, Demand):
                    demand = self._client_demand(whole, group)
                plan_class.entries[response_key] = demand
            else:
                self._client_demand(plan_class, group)

    def _serves_whole(self, whole: PlanClass, response_key: str, selections: Selections) -> bool:
        """Whether a field is asked of every type alike, and can be had without knowing the type."""
        group = [selection for selection in selections if selection.response_key == response_key]
        if any(selection.on is not None for selection in group):
            return False
        return bool(self._reach.options(whole.reached, group[0].name)) and (
            self._gives_as_whole(whole, group[0].name)
        )

    def _gives_as_whole(self, whole: PlanClass, field: str) -> bool:
        """Whether contexts that a field's objects need are the same for every type, and can be had."""
        uses = self._graph.contexts
        if not uses.values:
            return True
        declared = self._types[whole.type_name].fields[field].type.name
        needed = uses.needed_below(declared)
        given = dict(self._reach.contexts_below(whole.reached, declared))
        return all(
            uses.setting(value, whole.type_name) is Setting.UNSET or value.key in given
            for value in uses.values
            if value.key in needed
        )

    def _client_demand(self, home: PlanClass, group: Sequence[Selection]) -> Demand:
        first = group[0]
        demand = Demand(
            home=home,
            order=self._next(),
            name=first.name,
            arguments=first.arguments,
            variables=first.variables,
            type=self._types[home.type_name].fields[first.name].type,
            response_key=first.response_key,
            on_whole_scope=all(selection.on is None for selection in group),
            selections=tuple(inner for selection in group for inner in selection.selections),
        )
        demand.key = self.claim_key(demand)
        home.entries[first.response_key] = demand
        if home.is_demoted:
            return demand
        home.demands.append(demand)
        return demand

    def hidden_demand(self, home: PlanClass, selection: Selection) -> Demand:
        """A demand for a field that only the plan needs; its key is claimed later."""
        return Demand(
            home=home,
            order=self._next(),
            name=selection.name,
            arguments=selection.arguments,
            variables=selection.variables,
            type=self._types[home.type_name].fields[selection.name].type,
            response_key=None,
            selections=selection.selections,
        )

    def claim_key(self, demand: Demand) -> str:
        """Claim a physical key for a demand at its position."""
        return demand.home.scope.keys.claim(
            demand.response_key or demand.name,
            demand.home,
            (demand.name, demand.arguments),
            lambda: self._shapes(demand),
            may_share=demand.shares_key,
        )

    def keys_below(self, parent: Demand) -> ResponseKeys:
        """The keys of the position under a composite field."""
        return parent.home.scope.keys.below(
            parent.key, is_exclusive=not self._graph.may_mix_types(parent.type.name)
        )

    def _shapes(self, demand: Demand) -> Shapes:
        definition = self._types[demand.home.type_name].fields[demand.name]
        is_leaf = demand.type.name not in self._graph.supergraph.possible_types or (
            not self._graph.supergraph.possible_types[demand.type.name]
        )
        types = {graph: found.type for graph, found in definition.graphs.items()}
        if not types:
            types = dict.fromkeys(range(len(self._graph.supergraph.graph_names)), demand.type)
        return {
            graph: str(ref) if is_leaf else f"{ref.wrappers}{{}}" for graph, ref in types.items()
        }

    # Children

    def _make_children(self, scope: Scope) -> None:
        shared: dict[tuple[object, ...], Scope] = {}
        for plan_class in scope.all_classes():
            for demand in plan_class.demands:
                if not self.is_composite(demand.type.name):
                    continue
                options = self._reach.options(plan_class.reached, demand.name)
                at = (*_share_key(demand, options), *self._context_share_key(demand))
                child = shared.get(at)
                if child is None:
                    child = shared[at] = self._new_scope(demand, options)
                    demand.child = child
                    self._fill(child, demand.selections, is_client=True)
                else:
                    demand.child = child
                    child.parents.append(demand)

    def _context_share_key(self, demand: Demand) -> tuple[object, ...]:
        """Equal for demands whose objects have the same contexts around them, from the same objects."""
        uses = self._graph.contexts
        if not uses.values:
            return ()
        home, declared = demand.home, demand.type.name
        needed = uses.needed_below(declared)
        settings = tuple(
            uses.setting(value, home.type_name) for value in uses.values if value.key in needed
        )
        # What is read of the class then stands in one place only.
        owner = home if Setting.SET in settings else None
        return settings, self._contexts_below(home, declared), owner

    def is_composite(self, name: str) -> bool:
        """Whether fields of a type have selections."""
        return self._types[name].kind in {TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION}

    # Runtime types

    def _needs_typename(self, scope: Scope) -> bool:
        """Whether objects of different runtime types are answered differently."""
        if self._types[scope.declared].kind is TypeKind.OBJECT:
            return False
        answers = set()
        for plan_class in scope.classes:
            if plan_class.is_demoted or not plan_class.is_visible:
                return True
            if any(isinstance(entry, TypenameDemand) for entry in plan_class.entries.values()):
                return True
            answers.add(tuple(map(self._answer, repeat(plan_class), plan_class.entries.items())))
        return len(answers) > 1

    def _answer(self, plan_class: PlanClass, item: tuple[str, ClientEntry]) -> tuple[object, ...]:
        response_key, entry = item
        defers = plan_class.defers.get(response_key)
        if not isinstance(entry, Demand):
            return (response_key, entry, defers)
        definition = self._types[plan_class.type_name].fields[entry.name]
        return (response_key, entry.key, definition.type, entry.child, defers)


def _share_key(demand: Demand, options: Iterable[Option]) -> tuple[object, ...]:
    """Equal for the demands of several classes below which everything is the same."""
    return (
        demand.key,
        demand.name,
        demand.arguments,
        demand.type,
        tuple(map(id, demand.selections)),
        frozenset((option.position, move_key(option.move)) for option in options),
    )
