"""What happens to orders: made by clients, moved on by searches and jobs, called off by people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from messaging import outbox
from shared.clock import Clock
from shared.errors import ValidationFailed
from shared.identifiers import new_id
from subgraphs.orders.errors import (
    ClientInactive,
    FormInvalid,
    IllegalTransition,
    OrderNotFound,
    OrderNotReorderable,
    ServiceTypeInactive,
    ServiceTypeNotFound,
    StartsTooSoon,
    VersionConflict,
)
from subgraphs.orders.events import OrderCancelled, OrderClosed, OrderSubmitted
from subgraphs.orders.models import Order, OrderStep, ServiceTypeVersion
from subgraphs.orders.repository import OrderRepository
from subgraphs.orders.states import (
    CANCELLABLE,
    FINAL,
    REORDERABLE,
    UNSERVED,
    OrderState,
    Outcome,
    advance,
    state_after,
)

from .clients import ClientService

MIN_NOTICE = timedelta(hours=1)
"""How long before its start an order must be made, unless the deployment says otherwise."""

MAX_TEXT = 4_000
SYSTEM = "system"
"""The actor of a step that no person took."""
NOBODY_FOUND = "Nobody was found in time."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What a client asks for."""

    service_type_id: UUID
    description: str
    place: str
    starts_at: datetime
    form_data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownJob:
    """What every event of a job says about it."""

    job_id: UUID
    worker_id: UUID


@dataclass(frozen=True, slots=True)
class OrderService:
    """Changes orders, on behalf of a mutation, of an event or of a timer."""

    session: AsyncSession
    clock: Clock
    min_notice: timedelta = MIN_NOTICE

    async def submit(
        self, wanted: NewOrder, *, client_id: UUID, reorder_of: UUID | None = None
    ) -> Order:
        """Take a client's request.

        Raises:
            ClientInactive: the client has left.
            ServiceTypeNotFound, ServiceTypeInactive: the service is not offered.
            StartsTooSoon: it would start before ``min_notice`` is over.
            FormInvalid: the form's data do not fit the service's form.
            ValidationFailed: a text is empty or far too long.
        """
        client = await ClientService(self.session, self.clock).ensure(client_id)
        if not client.active:
            raise ClientInactive("You are no longer a client, so nothing new can be ordered.")
        offered = await self._find_offer(wanted.service_type_id)
        now = self.clock.now()
        _check(wanted, offered, earliest=now + self.min_notice)
        order = Order(
            id=new_id(),
            client_id=client_id,
            service_type_id=wanted.service_type_id,
            service_type_version=offered.version,
            description=wanted.description,
            place=wanted.place,
            starts_at=wanted.starts_at,
            form_data=wanted.form_data,
            estimate_minor=offered.price_minor,
            state=OrderState.SUBMITTED,
            state_since=now,
            attempt=1,
            reorder_of=reorder_of,
            version=1,
            created_at=now,
        )
        self.session.add(order)
        await self.session.flush()
        self._add_step(order, 1, None, actor=str(client_id))
        outbox.record(self.session, _submitted(order, now))
        return order

    async def reorder(self, order_id: UUID, *, starts_at: datetime, client_id: UUID) -> Order:
        """Ask again for what failed or was cancelled, at another time.

        Raises:
            OrderNotFound: the client has no such order.
            OrderNotReorderable: it has neither failed nor been cancelled.
            Everything that ``submit`` raises.
        """
        earlier = await self._lock(order_id)
        if earlier.client_id != client_id:
            raise OrderNotFound(f"Order {order_id} does not exist.")
        if earlier.state not in REORDERABLE:
            raise OrderNotReorderable(
                f"Only an order that failed or was cancelled can be ordered again; this one is {earlier.state}."
            )
        again = NewOrder(
            service_type_id=earlier.service_type_id,
            description=earlier.description,
            place=earlier.place,
            starts_at=starts_at,
            form_data=earlier.form_data,
        )
        return await self.submit(again, client_id=client_id, reorder_of=earlier.id)

    async def cancel(
        self, order_id: UUID, *, reason: str, expected_version: int, actor: str, own: UUID | None
    ) -> Order:
        """Call an order off before it starts.

        Args:
            order_id: which.
            reason: why, for everybody who reads the order.
            expected_version: what the caller saw.
            actor: who.
            own: the client the order must belong to; ``None`` for staff.

        Raises:
            OrderNotFound: no such order, or not the client's own.
            VersionConflict: it changed since the caller read it.
            IllegalTransition: it has started or ended.
        """
        if not reason.strip() or len(reason) > MAX_TEXT:
            raise ValidationFailed(f"A reason has 1 to {MAX_TEXT} characters.")
        order = await self._lock(order_id)
        if own is not None and order.client_id != own:
            raise OrderNotFound(f"Order {order_id} does not exist.")
        if order.version != expected_version:
            raise VersionConflict(
                f"The order is at version {order.version}, not {expected_version}."
            )
        if order.state not in CANCELLABLE:
            raise IllegalTransition(f"An order that is {order.state} cannot be cancelled.")
        await self._cancel(order, reason=reason, actor=actor)
        return order

    async def call_off_unserved(self, order_id: UUID) -> None:
        """Nobody was found by the start: end the order, which can be ordered again. Early or repeated: nothing."""
        order = await self._lock(order_id)
        if order.state in UNSERVED and order.starts_at <= self.clock.now():
            await self._cancel(order, reason=NOBODY_FOUND, actor=SYSTEM)

    async def begin_search(self, order_id: UUID, *, attempt: int) -> Order:
        """Matching has accepted search number ``attempt``. Repeating it, or coming too late, changes nothing.

        Too late is also an acceptance that is noted after its search has ended: the order waits for the next one.
        """
        order = await self._lock(order_id)
        if _is_news(order, attempt):
            await self._search(order, attempt)
        return order

    async def wait_for_worker(
        self, order_id: UUID, *, attempt: int, retry_at: datetime, event_id: str
    ) -> None:
        """Search number ``attempt`` found nobody; the next is due at ``retry_at``.

        A search can end before we noted that it was accepted; the acceptance is then implied.
        """
        order = await self._lock(order_id)
        if _is_news(order, attempt):
            await self._search(order, attempt, event_id=event_id)
        if order.state is OrderState.SEARCHING and order.attempt == attempt:
            order.retry_at = retry_at
            await self._move(order, OrderState.WAITING_WORKER, actor=SYSTEM, event_id=event_id)

    async def hurry_search(self, order_id: UUID) -> Order:
        """Make the next search of an order that waits due now, on a manager's word.

        Raises:
            OrderNotFound: no such order.
            IllegalTransition: it is not waiting for a search.
        """
        order = await self._lock(order_id)
        if order.state not in {OrderState.SUBMITTED, OrderState.WAITING_WORKER}:
            raise IllegalTransition(f"An order that is {order.state} has no search to start.")
        order.retry_at = self.clock.now() if order.state is OrderState.WAITING_WORKER else None
        return order

    # What follows may be heard of in any order: whatever comes later in a job's life implies what comes before.

    async def assign(self, order_id: UUID, job: KnownJob, *, event_id: str) -> None:
        """The job exists, so the worker is known. A cancelled order stays cancelled: its job hears of it too.

        A worker can be found before we noted that the search was accepted; the acceptance is then implied.
        """
        order = await self._lock(order_id)
        if order.state not in FINAL:
            await self._learn_job(order, job, event_id=event_id)

    async def start(self, order_id: UUID, job: KnownJob, *, event_id: str) -> None:
        """The worker has begun."""
        order = await self._lock(order_id)
        if order.state in FINAL:
            return
        await self._learn_job(order, job, event_id=event_id, has_started=True)

    async def miss(self, order_id: UUID, job: KnownJob, *, event_id: str) -> None:
        """The worker did not come while they could: the order has failed.

        Here it is decided whether that or a cancellation came first; the job ends as the order did.
        """
        order = await self._lock(order_id)
        if order.state in FINAL:
            return
        await self._learn_job(order, job, event_id=event_id)
        await self._move(
            order, OrderState.FAILED, actor=SYSTEM, event_id=event_id, note="nobody came"
        )
        self._close(order, Outcome.FAILED)

    async def finish(
        self,
        order_id: UUID,
        job: KnownJob,
        *,
        outcome: Outcome,
        has_started: bool,
        event_id: str,
    ) -> None:
        """The job has ended, and the order with it."""
        order = await self._lock(order_id)
        if order.state in FINAL:
            return
        await self._learn_job(order, job, event_id=event_id, has_started=has_started)
        await self._move(order, state_after(outcome), actor=SYSTEM, event_id=event_id)
        self._close(order, outcome)

    async def _learn_job(
        self, order: Order, job: KnownJob, *, event_id: str, has_started: bool = False
    ) -> None:
        if order.state in {OrderState.SUBMITTED, OrderState.WAITING_WORKER}:
            await self._move(order, OrderState.SEARCHING, actor=SYSTEM, event_id=event_id)
        if order.state is OrderState.SEARCHING:
            order.worker_id, order.job_id = job.worker_id, job.job_id
            await self._move(order, OrderState.ASSIGNED, actor=SYSTEM, event_id=event_id)
        if has_started and order.state is OrderState.ASSIGNED:
            await self._move(
                order, OrderState.IN_PROGRESS, actor=str(job.worker_id), event_id=event_id
            )

    async def _cancel(self, order: Order, *, reason: str, actor: str) -> None:
        stage = order.state
        order.cancel_reason = reason
        await self._move(order, OrderState.CANCELLED, actor=actor, note=reason)
        cancelled = OrderCancelled(
            order_id=order.id,
            client_id=order.client_id,
            by=actor,
            reason=reason,
            stage=stage,
            occurred_at=self.clock.now(),
        )
        outbox.record(self.session, cancelled)
        self._close(order, Outcome.CANCELLED)

    async def _search(self, order: Order, attempt: int, *, event_id: str | None = None) -> None:
        order.attempt, order.retry_at = attempt, None
        await self._move(order, OrderState.SEARCHING, actor=SYSTEM, event_id=event_id)

    async def _lock(self, order_id: UUID) -> Order:
        order = await OrderRepository(self.session).lock_order(order_id)
        if order is None:
            raise OrderNotFound(f"Order {order_id} does not exist.")
        return order

    async def _find_offer(self, service_type_id: UUID) -> ServiceTypeVersion:
        found = await OrderRepository(self.session).find_current([service_type_id])
        if service_type_id not in found:
            raise ServiceTypeNotFound(f"Service type {service_type_id} does not exist.")
        if not found[service_type_id].active:
            raise ServiceTypeInactive(f"{found[service_type_id].name} is not offered any more.")
        return found[service_type_id]

    async def _move(
        self,
        order: Order,
        target: OrderState,
        *,
        actor: str,
        event_id: str | None = None,
        note: str | None = None,
    ) -> None:
        before = order.state
        order.state = advance(before, target)
        order.state_since = self.clock.now()
        order.version += 1
        seq = await OrderRepository(self.session).next_step(order.id)
        self._add_step(order, seq, before, actor=actor, event_id=event_id, note=note)

    def _add_step(
        self,
        order: Order,
        seq: int,
        before: OrderState | None,
        *,
        actor: str,
        event_id: str | None = None,
        note: str | None = None,
    ) -> None:
        self.session.add(
            OrderStep(
                order_id=order.id,
                seq=seq,
                at=self.clock.now(),
                from_state=before,
                to_state=order.state,
                actor=actor,
                cause_event_id=event_id,
                note=note,
            )
        )

    def _close(self, order: Order, outcome: Outcome) -> None:
        now = self.clock.now()
        order.outcome, order.closed_at = outcome, now
        closed = OrderClosed(
            order_id=order.id,
            client_id=order.client_id,
            worker_id=order.worker_id,
            job_id=order.job_id,
            outcome=outcome,
            gross_minor=str(order.estimate_minor),
            discountable=True,
            closed_at=now,
            occurred_at=now,
        )
        outbox.record(self.session, closed)


def _is_news(order: Order, attempt: int) -> bool:
    """Whether the order does not know yet that search number ``attempt`` was accepted."""
    match order.state:
        case OrderState.SUBMITTED:
            return True
        case OrderState.WAITING_WORKER:
            return attempt > order.attempt
        case _:
            return False


def _check(wanted: NewOrder, offered: ServiceTypeVersion, *, earliest: datetime) -> None:
    for name, text in (("description", wanted.description), ("place", wanted.place)):
        if not text.strip() or len(text) > MAX_TEXT:
            raise ValidationFailed(f"`{name}` has 1 to {MAX_TEXT} characters.")
    if wanted.starts_at < earliest:
        raise StartsTooSoon(f"A service starts at {earliest:%Y-%m-%dT%H:%MZ} at the earliest.")
    try:
        data = json.loads(wanted.form_data) if wanted.form_data is not None else {}
        Draft202012Validator(json.loads(offered.form_schema)).validate(data)
    except ValidationError as error:
        raise FormInvalid(f"{error.json_path}: {error.message[:200]}") from error
    except ValueError as error:
        raise FormInvalid("`formData` is not JSON.") from error


def _submitted(order: Order, now: datetime) -> OrderSubmitted:
    return OrderSubmitted(
        order_id=order.id,
        client_id=order.client_id,
        service_type_id=order.service_type_id,
        service_type_version=order.service_type_version,
        starts_at=order.starts_at,
        place=order.place,
        estimate_minor=str(order.estimate_minor),
        reorder_of=order.reorder_of,
        occurred_at=now,
    )
