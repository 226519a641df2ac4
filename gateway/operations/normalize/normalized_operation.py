"""An operation without fragments, conditions and introspection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import OperationType

from gateway.supergraph.selections import Defer, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedOperation:
    """What planning reads."""

    kind: OperationType
    root_type: str
    selections: tuple[Selection, ...]
    """In document order, not merged: that is done by runtime type.

    ``__schema`` and ``__type`` are among them by response key, without arguments and selections.
    """

    variables: Mapping[str, str]
    """Name, without ``$``, to definition: ``$first: Int = 5``."""

    introspection: str | None
    """A query with the ``__schema`` and ``__type`` fields, for the API schema."""

    defers: tuple[Defer, ...] = ()
    """Every ``@defer`` that is to be heeded, an outer one before those in it."""

    denied: tuple[tuple[str, ...], ...] = ()
    """Where something is asked for that is denied: response keys from the root, each place once.

    Such fields are among the selections (``is_denied``); what is asked of denied types is not.
    """

    denied_types: frozenset[str] = frozenset()
    """Object types whose objects are null wherever they come up; for the root type, the whole answer."""
