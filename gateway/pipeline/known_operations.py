"""What is known of operations: how they read, and their plans. New ones are made in a thread, once each.

That way the requests in flight go on meanwhile, however many ask for the same new operation at the same time.

What is kept, by what it depends on besides one supergraph and settings that never change while the gateway runs:

=====================  ==================================================================================
prepared operations    text, operation name (``PreparationKey``)
plans                  that; values of the variables of ``@skip``, ``@include`` and ``@defer``; active override
                       labels; whether ``@defer`` is heeded; requirements that the caller does not meet (``PlanKey``)
texts by hash          the hash alone; good for every supergraph (``persisted_documents.py``)
answers in flight      GET or not; body or query string; every header that subgraphs may see, ``authorization`` and
                       the client's address (``SharingKey``). Mutations, answers in parts, lists, files and requests
                       that are shown plans have no part in it
unmet requirements     requirements asked for; signed in or not; scopes; policies that hold (``security``)
verified tokens        the token itself, until it expires or the keys change (``security``)
=====================  ==================================================================================

A reload of another supergraph drops the first two and keeps the texts; one of the same supergraph (override labels,
traffic) keeps all three. Answers in flight belong to one pipeline. Tokens are none of a reload's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias, TypeVar

from gateway.config.settings import GatewayConfig
from gateway.errors import DeadlineExceeded, GatewayError
from gateway.execution.prepared_plan import PreparedPlan, prepare_plan
from gateway.operations.normalize import normalize_operation
from gateway.planning.planner import plan_operation
from gateway.supergraph.authorization import AuthRules, Requirement
from gateway.supergraph.model import Supergraph

from .cache import CountingLruCache, LruCache, SingleFlight
from .preparation import Preparation, PreparationKey, PreparedOperation

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

PlanKey: TypeAlias = tuple[
    PreparationKey, tuple[bool, ...], frozenset[str], bool, frozenset[Requirement]
]
"""An operation, the values of the variables that its ``@skip``, ``@include`` and ``@defer`` depend on, active override
labels, whether its ``@defer`` are heeded, and which of its requirements the caller does not meet."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What came of planning operations beforehand."""

    planned: int
    refused: int
    """Operations that the new supergraph does not take."""


class KnownOperations:
    """The operations of one supergraph. Belongs to one event loop.

    Args:
        supergraph: what they are asked of.
        auth_rules: its requirements.
        config: limits, cache sizes.
        planner_thread: where new ones are prepared and planned.
        predecessor: those of a pipeline that is being replaced: kept when it is of the same supergraph.
    """

    def __init__(
        self,
        supergraph: Supergraph,
        auth_rules: AuthRules,
        config: GatewayConfig,
        planner_thread: Executor,
        *,
        predecessor: KnownOperations | None = None,
    ) -> None:
        self._supergraph = supergraph
        self._auth_rules = auth_rules
        self._planner_thread = planner_thread
        self._max_defers = config.incremental.max_fragments
        self._preparation = Preparation(
            supergraph, config.limits, allows_introspection=config.introspection
        )
        self._preparing: SingleFlight[PreparationKey, PreparedOperation] = SingleFlight()
        self._planning: SingleFlight[PlanKey, PreparedPlan] = SingleFlight()
        self.prepared: LruCache[PreparationKey, PreparedOperation] = LruCache(
            config.caches.operations
        )
        # Counted only where there will be a use for it.
        cache = CountingLruCache if config.watch.enabled else LruCache
        self.plans: LruCache[PlanKey, PreparedPlan] = cache(config.caches.plans)
        if predecessor is not None and predecessor._supergraph is supergraph:
            self.prepared, self.plans = predecessor.prepared, predecessor.plans

    async def prepare(
        self, text: str, operation_name: str | None, deadline: float
    ) -> PreparedOperation:
        """Prepare an operation, and keep it.

        Raises:
            ClientError: it cannot be run: see ``Preparation``.
            DeadlineExceeded: that takes too long.
        """
        prepared = await self._in_thread(
            self._preparing,
            (text, operation_name),
            lambda: self._preparation.prepare(text, operation_name),
            deadline,
        )
        self.prepared.put(prepared.key, prepared, weight=len(text))
        return prepared

    async def plan(
        self, prepared: PreparedOperation, key: PlanKey, deadline: float
    ) -> PreparedPlan:
        """Plan an operation, and keep the plan.

        Raises:
            ClientError: it is too large to be planned.
            PlanningError: it cannot be planned.
            DeadlineExceeded: that takes too long.
        """
        plan = await self._in_thread(
            self._planning, key, lambda: self._plan_now(prepared, key), deadline
        )
        self.plans.put(key, plan, weight=len(prepared.key[0]))
        return plan

    def warm_up(self, keys: Sequence[PlanKey], *, seconds: float) -> WarmUp:
        """Prepare and plan what another pipeline has been asked for, in this order, before anybody asks this one.

        May run in any thread, as long as nothing else uses these.
        """
        deadline = monotonic() + seconds
        refused = 0
        planned: list[tuple[PlanKey, PreparedPlan]] = []
        for key in keys:
            if monotonic() >= deadline:
                break
            try:
                planned.append(self._plan_again(key))
            except (GatewayError, RecursionError):
                # It is not valid any more, or cannot be planned: whoever asks for it is told.
                refused += 1
        # What matters most was first, and is to be forgotten last.
        for key, plan in reversed(planned):
            self.plans.put(key, plan, weight=len(key[0][0]))
        return WarmUp(planned=len(planned), refused=refused)

    def _plan_again(self, key: PlanKey) -> tuple[PlanKey, PreparedPlan]:
        """Plan what was planned under ``key`` for another supergraph; returns what it goes by here."""
        (text, name), conditions, labels, heeds_defer, unmet = key
        prepared = self.prepared.get((text, name))
        if prepared is None:
            prepared = self._preparation.prepare(text, name)
            self.prepared.put(prepared.key, prepared, weight=len(text))
        denied = self._auth_rules.of_mask(self._auth_rules.mask_of(unmet) & prepared.requirements)
        own = (prepared.key, conditions, labels & prepared.override_labels, heeds_defer, denied)
        return own, self._plan_now(prepared, own)

    def _plan_now(self, prepared: PreparedOperation, key: PlanKey) -> PreparedPlan:
        _, values, override_labels, heeds_defer, denied = key
        normalized = normalize_operation(
            prepared.document,
            prepared.operation,
            self._supergraph,
            dict(zip(prepared.condition_variables, values, strict=True)),
            max_defers=self._max_defers if heeds_defer else 0,
            denial=self._auth_rules.deny(denied) if denied else None,
        )
        return prepare_plan(
            plan_operation(self._supergraph, normalized, override_labels=override_labels)
        )

    async def _in_thread(
        self, flights: SingleFlight[K, T], key: K, work: Callable[[], T], deadline: float
    ) -> T:
        loop = asyncio.get_running_loop()

        def begin() -> Awaitable[T]:
            return loop.run_in_executor(self._planner_thread, work)

        try:
            async with asyncio.timeout_at(deadline):
                return await flights.run(key, begin)
        except TimeoutError as error:
            raise DeadlineExceeded("The request took too long to plan.") from error
