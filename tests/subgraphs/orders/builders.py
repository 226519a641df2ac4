"""Orders and service types in a given state, made through the commands themselves."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.tables import OutboxMessage
from shared.clock import Clock
from subgraphs.orders.models import Order
from subgraphs.orders.service import (
    KnownJob,
    NewOrder,
    OrderService,
    ServiceTypeDraft,
    ServiceTypeService,
)
from subgraphs.orders.states import OrderState, Outcome


def a_draft(
    *,
    code: str = "CLEAN",
    price_minor: int = 10_000,
    active: bool = True,
    form_schema: str = "{}",
) -> ServiceTypeDraft:
    return ServiceTypeDraft(
        code=code,
        name="Cleaning",
        description="Claws included.",
        form_schema=form_schema,
        price_minor=price_minor,
        active=active,
    )


async def a_service_type(
    session: AsyncSession, clock: Clock, draft: ServiceTypeDraft | None = None
) -> UUID:
    service = ServiceTypeService(session, clock)
    version = await service.create(draft or a_draft(code=uuid4().hex[:8]), actor="a manager")
    return version.service_type_id


async def a_request(session: AsyncSession, clock: Clock) -> NewOrder:
    return NewOrder(
        service_type_id=await a_service_type(session, clock),
        description="Two rooms",
        place="Under the stairs",
        starts_at=clock.now() + timedelta(hours=4),
    )


def a_known_job(worker_id: UUID | None = None) -> KnownJob:
    return KnownJob(job_id=uuid4(), worker_id=worker_id or uuid4())


async def an_order(
    session: AsyncSession,
    clock: Clock,
    *,
    state: OrderState = OrderState.SUBMITTED,
    client_id: UUID | None = None,
    worker_id: UUID | None = None,
) -> Order:
    """Return an order that has come to ``state`` on the shortest way."""
    orders = OrderService(session, clock)
    wanted = await a_request(session, clock)
    order = await orders.submit(wanted, client_id=client_id or uuid4())
    job = a_known_job(worker_id)

    async def search() -> None:
        await orders.begin_search(order.id, attempt=1)

    async def wait() -> None:
        retry_at = clock.now() + timedelta(minutes=1)
        await orders.wait_for_worker(order.id, attempt=1, retry_at=retry_at, event_id="e1")

    async def assign() -> None:
        await orders.assign(order.id, job, event_id="e2")

    async def start() -> None:
        await orders.start(order.id, job, event_id="e3")

    async def finish(outcome: Outcome) -> None:
        await orders.finish(
            order.id,
            job,
            outcome=outcome,
            has_started=order.state is OrderState.IN_PROGRESS,
            event_id="e4",
        )

    match state:
        case OrderState.SUBMITTED:
            pass
        case OrderState.SEARCHING:
            await search()
        case OrderState.WAITING_WORKER:
            await search()
            await wait()
        case OrderState.ASSIGNED:
            await assign()
        case OrderState.IN_PROGRESS:
            await assign()
            await start()
        case OrderState.COMPLETED:
            await assign()
            await start()
            await finish(Outcome.DONE)
        case OrderState.FAILED:
            await assign()
            await finish(Outcome.FAILED)
        case OrderState.CANCELLED:
            await cancel(session, clock, order)
    assert order.state is state
    return order


async def cancel(session: AsyncSession, clock: Clock, order: Order) -> Order:
    return await OrderService(session, clock).cancel(
        order.id,
        reason="changed my mind",
        expected_version=order.version,
        actor=str(order.client_id),
        own=order.client_id,
    )


async def outbox_subjects(session: AsyncSession, aggregate_id: UUID) -> list[str]:
    """Return the subjects of the events recorded about one thing, in order."""
    await session.flush()
    found = await session.scalars(
        select(OutboxMessage.subject)
        .where(OutboxMessage.aggregate_id == str(aggregate_id))
        .order_by(OutboxMessage.position)
    )
    return list(found)
