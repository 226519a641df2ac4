"""A plan with everything precomputed that does not depend on the request: kept in the plan cache, beside the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.query_plan.nodes import (
    EntityGroup,
    Fetch,
    LeafKind,
    LeafProjection,
    ListProjection,
    ObjectProjection,
    OperationKind,
    QueryPlan,
    ValueProjection,
)
from gateway.transports.base import RequestKind

from .collection import Collector
from .json_text import encode_json
from .likeness import find_sole_places
from .prepared_deferral import PreparedDeferral, prepare_deferral
from .projection import Projector
from .relay import Relay, find_relay
from .unification import NOTHING_UNIFIED, Unified, find_unified
from .written_keys import (
    Writer,
    Written,
    WrittenPlan,
    read_written_keys,
)

_REQUEST_KINDS: dict[OperationKind, RequestKind] = {
    OperationKind.QUERY: "query",
    OperationKind.MUTATION: "mutation",
    OperationKind.SUBSCRIPTION: "subscription",
}


@dataclass(frozen=True, slots=True)
class PreparedGroup:
    """One ``_entities`` field."""

    group: EntityGroup
    written: Written
    variable_text: bytes
    """``"representations":``, to be followed by the list."""

    collector: Collector


@dataclass(frozen=True, slots=True)
class PreparedFetch:
    """One request, but for its variables."""

    fetch: Fetch
    kind: RequestKind
    head: bytes
    """``{"query":"…"``, up to where variables would follow."""

    variables: tuple[tuple[str, bytes], ...]
    """Name of each client variable to forward, and ``"name":``."""

    root_written: Written | None
    """For a fetch from a root type."""

    groups: tuple[PreparedGroup, ...]
    dependents: tuple[int, ...]
    """Fetches that wait for this one."""

    is_contextual: bool
    """Whether entities may have to be asked for in several lots."""


@dataclass(frozen=True, slots=True)
class PreparedPlan:
    """What ``execute_plan`` runs. Shared by all requests with the plan."""

    plan: QueryPlan
    fetches: tuple[PreparedFetch, ...]
    dependency_counts: tuple[int, ...]
    """By fetch: how many others it waits for."""

    first: tuple[PreparedFetch, ...]
    """Those that wait for no other."""

    projector: Projector
    relay: Relay | None
    """Where an answer can be handed on without being projected."""

    exact_integers: bool
    """Whether answers may hold integers beyond 64 bits that reach the client: there are custom scalars."""

    deferral: PreparedDeferral | None = None
    """How to answer in parts, where the plan says so."""


def prepare_plan(plan: QueryPlan) -> PreparedPlan:
    """Return ``plan`` ready to be executed many times.

    Raises:
        ExecutionError: an operation of the plan is not what the plan says it is.
    """
    written = read_written_keys(plan)
    # Whoever answers in parts remembers the objects that later parts add to: none may give way to another.
    unified = find_unified(plan, written) if plan.deferral is None else {}
    dependents: dict[int, list[int]] = {fetch.id: [] for fetch in plan.fetches}
    for fetch in plan.fetches:
        for dependency in fetch.depends_on:
            dependents[dependency].append(fetch.id)
    fetches = tuple(
        _prepare_fetch(fetch, written, unified, tuple(dependents[fetch.id]))
        for fetch in plan.fetches
    )
    return PreparedPlan(
        plan=plan,
        fetches=fetches,
        dependency_counts=tuple(len(set(fetch.depends_on)) for fetch in plan.fetches),
        first=tuple(each for each in fetches if not each.fetch.depends_on),
        projector=Projector(
            plan.projection,
            unified=next((one.shared for one in unified.values()), frozenset()),
            sole=find_sole_places(written),
        ),
        relay=find_relay(plan, fetches[0].root_written) if fetches else None,
        exact_integers=any(_leaf_kinds_are_custom(plan.projection, set())),
        deferral=prepare_deferral(plan.deferral),
    )


def _prepare_fetch(
    fetch: Fetch,
    written: WrittenPlan,
    unified: Mapping[Writer, Unified],
    dependents: tuple[int, ...],
) -> PreparedFetch:
    return PreparedFetch(
        fetch=fetch,
        kind=_REQUEST_KINDS[fetch.kind],
        head=b'{"query":' + encode_json(fetch.operation),
        variables=tuple((name, encode_json(name) + b":") for name in fetch.variables),
        root_written=None if fetch.entities else written.by_writer[fetch.id, None],
        groups=tuple(
            PreparedGroup(
                group=group,
                written=written.by_writer[fetch.id, group.alias],
                variable_text=encode_json(group.variable) + b":",
                collector=Collector(
                    group,
                    unified.get((fetch.id, group.alias), NOTHING_UNIFIED),
                ),
            )
            for group in fetch.entities
        ),
        dependents=tuple(dict.fromkeys(dependents)),
        is_contextual=any(group.contexts for group in fetch.entities),
    )


def _leaf_kinds_are_custom(node: ValueProjection, seen: set[int]) -> Iterator[bool]:
    if isinstance(node, LeafProjection):
        yield node.kind is LeafKind.CUSTOM
    elif isinstance(node, ListProjection):
        yield from _leaf_kinds_are_custom(node.item, seen)
    elif isinstance(node, ObjectProjection) and id(node) not in seen:
        # Classes may share what is below them: walked once for each, it would take forever.
        seen.add(id(node))
        for chosen in node.classes:
            for part in chosen.fields:
                yield from _leaf_kinds_are_custom(part.value, seen)
