"""What a supergraph's ``@authenticated``, ``@requiresScopes`` and ``@policy`` ask for, by object type and field.

Spec: Apollo Federation, those three directives. What stands on an interface comes from the types that implement it
(composition sees to that), so that types decide alone. Where an interface asks for more than its types account for,
as it may in supergraphs from before that rule, every one of its types asks for that as well: nobody gets around it by
naming the type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from math import prod

from graphql import (
    ConstDirectiveNode,
    EnumTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
)

from .auth_conditions import Condition, conjunction, implies, read_condition
from .derived import derive
from .features import directive_arguments
from .model import Supergraph
from .type_kinds import ABSTRACT_KINDS, TypeKind

_MOST_ALTERNATIVES = 4096
"""Conditions with more alternatives together are not compared; then both are asked for."""

_MOST_SETS = 1024


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one element asks for: all three at once."""

    is_authenticated: bool
    """Whether the caller must have a verified token."""

    scopes: Condition
    """Scopes that the caller must have; empty for none."""

    policies: Condition
    """Policies that must be answered with yes; empty for none."""

    @property
    def policy_names(self) -> frozenset[str]:
        """Every policy that has a say."""
        return frozenset(name for names in self.policies for name in names)


NO_REQUIREMENTS: frozenset[Requirement] = frozenset()


@dataclass(frozen=True, slots=True)
class Denial:
    """What somebody may not see who does not meet some requirements."""

    types: frozenset[str]
    """Object types; where an interface or a union allows others beside them, these stay."""

    fields: Mapping[str, frozenset[str]]
    """By name of a field, the object types on which it is denied, for its own sake or for what it returns."""


class AuthRules:
    """The requirements of one supergraph. Sets of them are *masks*, ints with a bit for each of ``all``.

    Args:
        supergraph: whose they are.
        types: by object, scalar and enum type, what it asks for; those that ask for nothing are left out.
        fields: the same by object type and field, for the field alone.
    """

    def __init__(
        self,
        supergraph: Supergraph,
        types: Mapping[str, frozenset[Requirement]],
        fields: Mapping[tuple[str, str], frozenset[Requirement]],
    ) -> None:
        # Not the supergraph itself, which keeps this: neither should need a collector to go.
        self._kinds, self._possible = supergraph.types, supergraph.possible_types
        self.all = tuple(
            dict.fromkeys(
                requirement
                for found in (*types.values(), *fields.values())
                for requirement in sorted(found, key=repr)
            )
        )
        self._bits = {requirement: 1 << number for number, requirement in enumerate(self.all)}
        self._types = {name: self.mask_of(found) for name, found in types.items()}
        self._fields: dict[tuple[str, str], int] = {}
        self._abstract: dict[tuple[str, str], frozenset[str]] = {}
        if self.all:
            self._read_fields({at: self.mask_of(found) for at, found in fields.items()})
        self._by_selection: dict[tuple[str, str], int] = {}
        self._sets: dict[int, frozenset[Requirement]] = {}

    def _read_fields(self, own: Mapping[tuple[str, str], int]) -> None:
        types, possible = self._kinds, self._possible
        for definition in types.values():
            if definition.kind is not TypeKind.OBJECT:
                continue
            for name, field in definition.fields.items():
                at, returned = (definition.name, name), field.type.name
                mask = own.get(at, 0) | self._types.get(returned, 0)
                if mask:
                    self._fields[at] = mask
                if types[returned].kind in ABSTRACT_KINDS and all(
                    member in self._types for member in possible[returned]
                ):
                    self._abstract[at] = possible[returned]

    def mask_of(self, requirements: Iterable[Requirement]) -> int:
        """Return the mask of requirements; those of other supergraphs are left out."""
        return reduce(lambda mask, one: mask | self._bits.get(one, 0), requirements, 0)

    def of_mask(self, mask: int) -> frozenset[Requirement]:
        """Return the requirements in a mask."""
        return frozenset(one for one, bit in self._bits.items() if mask & bit)

    def as_one(self, requirements: frozenset[Requirement]) -> frozenset[Requirement]:
        """Return an equal set, the same object as far as sets are remembered: it is quick to look up by."""
        mask = self.mask_of(requirements)
        found = self._sets.get(mask)
        if found is None:
            if len(self._sets) >= _MOST_SETS:
                self._sets.clear()
            found = self._sets[mask] = self.of_mask(mask)
        return found

    def of_type(self, name: str) -> int:
        """Return the mask of what an object type asks for."""
        return self._types.get(name, 0)

    def of_selection(self, parent: str, field: str) -> int:
        """Return the mask of all that may have to be met where ``field`` is selected on ``parent``.

        That is for any object there may be, and for the objects that the field may return.
        """
        found = self._by_selection.get((parent, field))
        if found is None:
            found = reduce(int.__or__, self._masks_of(parent, field), 0)
            self._by_selection[parent, field] = found
        return found

    def _masks_of(self, parent: str, field: str) -> Iterator[int]:
        possible = self._possible
        for name in possible[parent]:
            yield self._fields.get((name, field), 0)
            definition = self._kinds[name].fields.get(field)
            if definition is not None:
                for returned in possible.get(definition.type.name, ()):
                    yield self._types.get(returned, 0)

    def deny(self, unmet: Iterable[Requirement]) -> Denial:
        """Return what is denied to whoever does not meet these requirements, and meets all others."""
        mask = self.mask_of(unmet)
        types = frozenset(
            name
            for name, asked in self._types.items()
            if asked & mask and self._kinds[name].kind is TypeKind.OBJECT
        )
        fields: dict[str, set[str]] = {}
        for (name, field), asked in self._fields.items():
            if asked & mask:
                fields.setdefault(field, set()).add(name)
        for (name, field), members in self._abstract.items():
            # Where nothing can be shown, there is no use in fetching how many there are.
            if members and members <= types:
                fields.setdefault(field, set()).add(name)
        return Denial(types, {field: frozenset(names) for field, names in fields.items()})


def auth_rules_of(supergraph: Supergraph) -> AuthRules:
    """Return the requirements of a supergraph; read once."""
    return derive(supergraph, AuthRules, lambda: _Reader(supergraph).read())


class _Reader:
    """Reads the directives of one supergraph."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._authenticated, self._scopes, self._policies = (
            supergraph.features.directive(name, name)
            for name in ("authenticated", "requiresScopes", "policy")
        )
        self._types: dict[str, Requirement] = {}
        self._fields: dict[tuple[str, str], Requirement] = {}

    def read(self) -> AuthRules:
        if self._authenticated or self._scopes or self._policies:
            self._read_document()
        if not self._types and not self._fields:
            return AuthRules(self._supergraph, {}, {})
        types = {name: {found} for name, found in self._types.items()}
        fields = {at: {found} for at, found in self._fields.items()}
        for interface in self._supergraph.types.values():
            if interface.kind is not TypeKind.INTERFACE:
                continue
            types.pop(interface.name, None)
            members = self._supergraph.possible_types[interface.name]
            asked = self._types.get(interface.name)
            if asked is not None and not _is_met(asked, map(self._types.get, members)):
                for name in members:
                    types.setdefault(name, set()).add(asked)
            for field in interface.fields:
                fields.pop((interface.name, field), None)
                asked = self._fields.get((interface.name, field))
                own = (self._fields.get((name, field)) for name in members)
                if asked is not None and not _is_met(asked, own):
                    for name in members:
                        fields.setdefault((name, field), set()).add(asked)
        return AuthRules(
            self._supergraph,
            {name: frozenset(found) for name, found in types.items()},
            {at: frozenset(found) for at, found in fields.items()},
        )

    def _read_document(self) -> None:
        for node in self._supergraph.document.definitions:
            match node:
                case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                    name = node.name.value
                    if (found := self._read(node.directives)) is not None:
                        self._types[name] = found
                    for field in node.fields or ():
                        if (found := self._read(field.directives)) is not None:
                            self._fields[name, field.name.value] = found
                case ScalarTypeDefinitionNode() | EnumTypeDefinitionNode():
                    if (found := self._read(node.directives)) is not None:
                        self._types[node.name.value] = found
                case _:
                    pass

    def _read(self, directives: Iterable[ConstDirectiveNode] | None) -> Requirement | None:
        is_authenticated = False
        scopes: list[Condition] = []
        policies: list[Condition] = []
        for directive in directives or ():
            name = directive.name.value
            values = directive_arguments(directive)
            if name == self._authenticated:
                is_authenticated = True
            elif name == self._scopes and "scopes" in values:
                scopes.append(read_condition(values["scopes"]))
            elif name == self._policies and "policies" in values:
                policies.append(read_condition(values["policies"]))
        found = Requirement(is_authenticated, _all_of(scopes), _all_of(policies))
        return (
            None if found == Requirement(is_authenticated=False, scopes=(), policies=()) else found
        )


def _all_of(conditions: Iterable[Condition]) -> Condition:
    """Return what holds when all hold; empty when that is always."""
    both = conjunction(conditions)
    return () if () in both else both


def _is_met(asked: Requirement, others: Iterable[Requirement | None]) -> bool:
    """Whether a requirement is met wherever all the others are."""
    given = [other for other in others if other is not None]
    return (
        (not asked.is_authenticated or any(other.is_authenticated for other in given))
        and _follows(asked.scopes, {other.scopes for other in given})
        and _follows(asked.policies, {other.policies for other in given})
    )


def _follows(asked: Condition, given: set[Condition]) -> bool:
    if any(implies(one, asked) for one in given):
        return True
    if prod(len(one) or 1 for one in given) > _MOST_ALTERNATIVES:
        return False
    return implies(conjunction(given), asked)
