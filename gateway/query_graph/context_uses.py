"""Where contexts matter: which types set them, and below which types some field takes an argument from one."""

from __future__ import annotations

from enum import Enum

from gateway.supergraph.model import ContextArgument, ContextKey, Supergraph


class Setting(Enum):
    """What objects of a type are to a context."""

    SET = "set"
    UNSET = "unset"
    MIXED = "mixed"
    """An interface, of which some types set the context and others do not."""


class ContextUses:
    """The contexts of one supergraph."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        # What further fields of a mutation or subscription would give is not to be asked for.
        self._unreadable = {name for kind, name in supergraph.root_types.items() if kind != "query"}
        self.values = supergraph.context_values
        self._needed: dict[str, frozenset[ContextKey]] = {}

    def setting(self, value: ContextArgument, type_name: str) -> Setting:
        """What objects of a type are to the context of a value."""
        if type_name in self._unreadable:
            return Setting.UNSET
        if type_name in value.selections:
            return Setting.SET
        possible = self._supergraph.possible_types[type_name]
        return Setting.UNSET if possible.isdisjoint(value.selections) else Setting.MIXED

    def needed_below(self, type_name: str) -> frozenset[ContextKey]:
        """The values that fields of a type, or of any type that can follow below it, take."""
        found = self._needed.get(type_name)
        if found is None:
            found = self._needed[type_name] = frozenset(
                argument.key
                for name in self._following(type_name)
                for definition in self._supergraph.types[name].fields.values()
                for field in definition.graphs.values()
                for argument in field.contexts
            )
        return found

    def _following(self, type_name: str) -> set[str]:
        """A type, and all types of fields below it, with their own possible types and interfaces."""
        types = self._supergraph.types
        found: set[str] = set()
        pending = [type_name]
        while pending:
            name = pending.pop()
            if name in found or name not in types:
                continue
            found.add(name)
            pending += [definition.type.name for definition in types[name].fields.values()]
            pending += self._supergraph.possible_types.get(name, ())
            pending += types[name].interfaces
        return found
