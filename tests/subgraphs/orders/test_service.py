"""Commands against a real database; the clock stands still and nothing is mocked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Literal
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.errors import ValidationFailed
from subgraphs.orders.errors import (
    ClientInactive,
    CodeTaken,
    FormInvalid,
    FormSchemaInvalid,
    IllegalTransition,
    OrderNotFound,
    OrderNotReorderable,
    ServiceTypeInactive,
    ServiceTypeNotFound,
    StartsTooSoon,
    VersionConflict,
)
from subgraphs.orders.models import Client, Order
from subgraphs.orders.repository import OrderRepository
from subgraphs.orders.service import (
    NOBODY_FOUND,
    ClientProfile,
    ClientService,
    KnownJob,
    OrderService,
    ServiceTypeService,
)
from subgraphs.orders.states import CANCELLABLE, FINAL, UNSERVED, OrderState, Outcome

from .builders import (
    a_draft,
    a_known_job,
    a_request,
    a_service_type,
    an_order,
    cancel,
    outbox_subjects,
)

SUBMITTED, CANCELLED, CLOSED = (
    "orders.order.submitted.v1",
    "orders.order.cancelled.v1",
    "orders.order.closed.v1",
)


async def test_submitting_takes_the_price_of_the_moment(
    session: AsyncSession, clock: ManualClock
) -> None:
    service_type_id = await a_service_type(session, clock, a_draft(price_minor=10_000))
    wanted = replace(await a_request(session, clock), service_type_id=service_type_id)
    order = await OrderService(session, clock).submit(wanted, client_id=uuid4())

    await ServiceTypeService(session, clock).edit(
        service_type_id, a_draft(price_minor=99_000), expected_version=1, actor="a manager"
    )

    assert (order.estimate_minor, order.service_type_version) == (10_000, 1)
    assert await outbox_subjects(session, order.id) == [SUBMITTED]


async def test_numbers_grow(session: AsyncSession, clock: ManualClock) -> None:
    numbers = [(await an_order(session, clock)).number for _ in range(3)]

    assert numbers == sorted(set(numbers))


async def test_a_client_who_left_orders_nothing_new(
    session: AsyncSession, clock: ManualClock
) -> None:
    client_id = uuid4()
    await ClientService(session, clock).withdraw(client_id, source_version=3)

    with pytest.raises(ClientInactive):
        await OrderService(session, clock).submit(
            await a_request(session, clock), client_id=client_id
        )


async def test_an_older_profile_does_not_overwrite_a_newer_one(
    session: AsyncSession, clock: ManualClock
) -> None:
    clients = ClientService(session, clock)
    newer = ClientProfile(
        client_id=uuid4(), source_version=2, display_name="New", phone=None, address=None
    )

    await clients.put(newer)
    await clients.put(replace(newer, source_version=1, display_name="Old"))

    client = await session.get(Client, newer.client_id)
    assert client is not None
    assert client.display_name == "New"


async def test_whoever_orders_before_the_import_has_brought_them_gets_their_profile(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock)
    first = ClientProfile(
        client_id=order.client_id, source_version=0, display_name="Me", phone=None, address=None
    )

    await ClientService(session, clock).put(first)

    assert (await session.get_one(Client, order.client_id)).display_name == "Me"


async def test_a_service_switched_off_cannot_be_ordered(
    session: AsyncSession, clock: ManualClock
) -> None:
    service_type_id = await a_service_type(session, clock, a_draft(active=False))
    wanted = replace(await a_request(session, clock), service_type_id=service_type_id)

    with pytest.raises(ServiceTypeInactive):
        await OrderService(session, clock).submit(wanted, client_id=uuid4())


async def test_an_unknown_service_cannot_be_ordered(
    session: AsyncSession, clock: ManualClock
) -> None:
    wanted = replace(await a_request(session, clock), service_type_id=uuid4())

    with pytest.raises(ServiceTypeNotFound):
        await OrderService(session, clock).submit(wanted, client_id=uuid4())


@pytest.mark.parametrize(
    ("ahead", "accepted"), [(timedelta(minutes=59), False), (timedelta(hours=1), True)]
)
async def test_an_order_starts_an_hour_ahead_at_the_earliest(
    session: AsyncSession, clock: ManualClock, ahead: timedelta, accepted: bool
) -> None:
    wanted = replace(await a_request(session, clock), starts_at=clock.now() + ahead)
    submitting = OrderService(session, clock).submit(wanted, client_id=uuid4())

    if accepted:
        assert (await submitting).state is OrderState.SUBMITTED
    else:
        with pytest.raises(StartsTooSoon):
            await submitting


@pytest.mark.parametrize(
    "form_data", [None, "{}", '{"rooms": 0}', '{"rooms": "two"}', "not json", "[]"]
)
async def test_form_data_must_fit_the_form(
    session: AsyncSession, clock: ManualClock, form_data: str | None
) -> None:
    schema = '{"type": "object", "required": ["rooms"], "properties": {"rooms": {"type": "integer", "minimum": 1}}}'
    service_type_id = await a_service_type(session, clock, a_draft(form_schema=schema))
    wanted = replace(
        await a_request(session, clock), service_type_id=service_type_id, form_data=form_data
    )

    with pytest.raises(FormInvalid):
        await OrderService(session, clock).submit(wanted, client_id=uuid4())


@pytest.mark.parametrize("field", ["description", "place"])
@pytest.mark.parametrize("text", ["", "   ", "x" * 4_001])
async def test_texts_have_a_length(
    session: AsyncSession, clock: ManualClock, field: str, text: str
) -> None:
    request = await a_request(session, clock)
    wanted = (
        replace(request, description=text)
        if field == "description"
        else replace(request, place=text)
    )

    with pytest.raises(ValidationFailed, match=field):
        await OrderService(session, clock).submit(wanted, client_id=uuid4())


@pytest.mark.parametrize("state", sorted(CANCELLABLE))
async def test_cancelling_closes_the_order_once(
    session: AsyncSession, clock: ManualClock, state: OrderState
) -> None:
    order = await an_order(session, clock, state=state)

    await cancel(session, clock, order)
    with pytest.raises(IllegalTransition):
        await cancel(session, clock, order)

    assert (order.state, order.outcome, order.closed_at) == (
        OrderState.CANCELLED,
        Outcome.CANCELLED,
        clock.now(),
    )
    assert await outbox_subjects(session, order.id) == [SUBMITTED, CANCELLED, CLOSED]


@pytest.mark.parametrize("state", sorted(FINAL | {OrderState.IN_PROGRESS}))
async def test_what_has_started_or_ended_cannot_be_cancelled(
    session: AsyncSession, clock: ManualClock, state: OrderState
) -> None:
    order = await an_order(session, clock, state=state)

    with pytest.raises(IllegalTransition, match=f"{state} cannot be cancelled"):
        await cancel(session, clock, order)


async def test_cancelling_needs_the_version_that_the_caller_saw(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock)
    await OrderService(session, clock).begin_search(order.id, attempt=1)

    with pytest.raises(VersionConflict):
        await OrderService(session, clock).cancel(
            order.id, reason="late", expected_version=1, actor="x", own=order.client_id
        )


async def test_a_client_cannot_cancel_somebody_elses_order(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock)

    with pytest.raises(OrderNotFound):
        await OrderService(session, clock).cancel(
            order.id, reason="not mine", expected_version=1, actor="x", own=uuid4()
        )


async def test_an_order_closes_once_however_often_its_job_finishes(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock, state=OrderState.IN_PROGRESS)
    orders = OrderService(session, clock)

    job = a_known_job(order.worker_id)

    for outcome in (Outcome.DONE, Outcome.FAILED):
        await orders.finish(order.id, job, outcome=outcome, has_started=True, event_id=outcome)

    assert order.outcome is Outcome.DONE
    assert (await outbox_subjects(session, order.id)).count(CLOSED) == 1


News = Literal["created", "started", "missed", "done", "declined"]


async def hear(orders: OrderService, order: Order, job: KnownJob, news: News) -> None:
    """Tell an order what its job says."""
    match news:
        case "created":
            await orders.assign(order.id, job, event_id=news)
        case "started":
            await orders.start(order.id, job, event_id=news)
        case "missed":
            await orders.miss(order.id, job, event_id=news)
        case "done":
            await orders.finish(
                order.id, job, outcome=Outcome.DONE, has_started=True, event_id=news
            )
        case "declined":
            await orders.finish(
                order.id, job, outcome=Outcome.FAILED, has_started=False, event_id=news
            )


@pytest.mark.parametrize(
    "state", [OrderState.SUBMITTED, OrderState.SEARCHING, OrderState.WAITING_WORKER]
)
@pytest.mark.parametrize(
    ("heard", "ending"),
    [
        (heard, ending)
        for life, ending in [
            (("created", "started", "done"), ["ASSIGNED", "IN_PROGRESS", "COMPLETED"]),
            (("created", "declined"), ["ASSIGNED", "FAILED"]),
            (("created", "missed"), ["ASSIGNED", "FAILED"]),
        ]
        for heard in permutations(life)
    ],
)
async def test_a_jobs_life_makes_one_timeline_in_whatever_order_it_is_heard_of(
    session: AsyncSession,
    clock: ManualClock,
    state: OrderState,
    heard: tuple[News, ...],
    ending: list[str],
) -> None:
    order = await an_order(session, clock, state=state)
    job = a_known_job()

    for news in (*heard, *heard):
        await hear(OrderService(session, clock), order, job, news)

    timeline = (await OrderRepository(session).find_steps([order.id]))[order.id]
    assert [step.to_state for step in timeline][-len(ending) - 1 :] == ["SEARCHING", *ending]
    assert [step.from_state for step in timeline[1:]] == [step.to_state for step in timeline[:-1]]
    starters = {step.actor for step in timeline if step.to_state is OrderState.IN_PROGRESS}
    assert starters <= {str(job.worker_id)}
    assert (order.worker_id, order.job_id) == (job.worker_id, job.job_id)
    assert (await outbox_subjects(session, order.id)).count(CLOSED) == 1


@pytest.mark.parametrize("first", ["cancelled", "missed"])
async def test_of_a_cancellation_and_a_worker_who_does_not_come_the_first_counts(
    session: AsyncSession, clock: ManualClock, first: str
) -> None:
    order = await an_order(session, clock, state=OrderState.ASSIGNED)
    job = a_known_job(order.worker_id)

    if first == "cancelled":
        await cancel(session, clock, order)
        await OrderService(session, clock).miss(order.id, job, event_id="m")
    else:
        await OrderService(session, clock).miss(order.id, job, event_id="m")
        with pytest.raises(IllegalTransition):
            await cancel(session, clock, order)

    assert order.outcome is (Outcome.CANCELLED if first == "cancelled" else Outcome.FAILED)
    assert (await outbox_subjects(session, order.id)).count(CLOSED) == 1


@pytest.mark.parametrize("state", sorted(UNSERVED))
async def test_an_order_that_nobody_has_by_its_start_is_called_off(
    session: AsyncSession, clock: ManualClock, state: OrderState
) -> None:
    order = await an_order(session, clock, state=state)
    orders = OrderService(session, clock)

    await orders.call_off_unserved(order.id)
    early = order.state
    clock.advance(order.starts_at - clock.now())
    for _ in range(2):
        await orders.call_off_unserved(order.id)

    assert early is state
    assert (order.state, order.outcome) == (OrderState.CANCELLED, Outcome.CANCELLED)
    assert order.cancel_reason == NOBODY_FOUND
    assert (await outbox_subjects(session, order.id))[-2:] == [CANCELLED, CLOSED]


@pytest.mark.parametrize("state", sorted(set(OrderState) - UNSERVED))
async def test_an_order_that_somebody_has_is_never_called_off_for_want_of_a_worker(
    session: AsyncSession, clock: ManualClock, state: OrderState
) -> None:
    order = await an_order(session, clock, state=state)
    clock.advance(timedelta(days=1))

    await OrderService(session, clock).call_off_unserved(order.id)

    assert order.state is state


async def test_a_cancelled_order_stays_cancelled_when_its_job_is_born(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock, state=OrderState.CANCELLED)

    await OrderService(session, clock).assign(order.id, a_known_job(), event_id="late")

    assert order.state is OrderState.CANCELLED
    assert order.worker_id is None


async def test_a_worker_found_before_the_acceptance_was_noted_is_assigned(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock)
    worker_id = uuid4()

    await OrderService(session, clock).assign(order.id, a_known_job(worker_id), event_id="e")
    await OrderService(session, clock).begin_search(order.id, attempt=1)

    assert (order.state, order.worker_id) == (OrderState.ASSIGNED, worker_id)
    timeline = (await OrderRepository(session).find_steps([order.id]))[order.id]
    assert [step.to_state for step in timeline] == ["SUBMITTED", "SEARCHING", "ASSIGNED"]


async def test_an_old_searchs_end_does_not_disturb_a_new_search(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock, state=OrderState.WAITING_WORKER)
    orders = OrderService(session, clock)
    await orders.begin_search(order.id, attempt=2)

    await orders.wait_for_worker(order.id, attempt=1, retry_at=clock.now(), event_id="old")

    assert (order.state, order.attempt) == (OrderState.SEARCHING, 2)


@pytest.mark.parametrize(
    ("state", "attempt"), [(OrderState.SUBMITTED, 1), (OrderState.WAITING_WORKER, 2)]
)
async def test_a_search_that_ends_before_its_acceptance_was_noted_leaves_the_order_waiting(
    session: AsyncSession, clock: ManualClock, state: OrderState, attempt: int
) -> None:
    order = await an_order(session, clock, state=state)
    orders = OrderService(session, clock)
    retry_at = clock.now() + timedelta(minutes=2)

    await orders.wait_for_worker(order.id, attempt=attempt, retry_at=retry_at, event_id="e")
    await orders.begin_search(order.id, attempt=attempt)

    assert (order.state, order.attempt) == (OrderState.WAITING_WORKER, attempt)
    assert order.retry_at == retry_at
    timeline = (await OrderRepository(session).find_steps([order.id]))[order.id]
    assert [step.to_state for step in timeline][-2:] == ["SEARCHING", "WAITING_WORKER"]


async def test_an_acceptance_noted_twice_does_not_revive_a_search_that_has_ended(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock, state=OrderState.WAITING_WORKER)

    await OrderService(session, clock).begin_search(order.id, attempt=1)

    assert (order.state, order.attempt) == (OrderState.WAITING_WORKER, 1)


@pytest.mark.parametrize("state", [OrderState.FAILED, OrderState.CANCELLED])
async def test_reordering_makes_a_new_order(
    session: AsyncSession, clock: ManualClock, state: OrderState
) -> None:
    earlier = await an_order(session, clock, state=state)
    starts_at = clock.now() + timedelta(days=2)

    order = await OrderService(session, clock).reorder(
        earlier.id, starts_at=starts_at, client_id=earlier.client_id
    )

    assert order.id != earlier.id
    assert (order.reorder_of, order.starts_at, order.state) == (
        earlier.id,
        starts_at,
        OrderState.SUBMITTED,
    )
    assert earlier.state is state


@pytest.mark.parametrize("state", [OrderState.SEARCHING, OrderState.COMPLETED])
async def test_only_failed_or_cancelled_orders_are_ordered_again(
    session: AsyncSession, clock: ManualClock, state: OrderState
) -> None:
    earlier = await an_order(session, clock, state=state)

    with pytest.raises(OrderNotReorderable):
        await OrderService(session, clock).reorder(
            earlier.id, starts_at=clock.now() + timedelta(days=2), client_id=earlier.client_id
        )


async def test_editing_a_service_type_needs_its_newest_version(
    session: AsyncSession, clock: ManualClock
) -> None:
    service_type_id = await a_service_type(session, clock, a_draft())
    service = ServiceTypeService(session, clock)
    await service.edit(service_type_id, a_draft(price_minor=2), expected_version=1, actor="a")

    with pytest.raises(VersionConflict, match="at version 2, not 1"):
        await service.edit(service_type_id, a_draft(price_minor=3), expected_version=1, actor="b")


async def test_two_service_types_cannot_share_a_code(
    session: AsyncSession, clock: ManualClock
) -> None:
    await a_service_type(session, clock, a_draft(code="WASH"))

    with pytest.raises(CodeTaken):
        await a_service_type(session, clock, a_draft(code="WASH"))


@pytest.mark.parametrize("form_schema", ["", "nonsense", '{"type": "rubbish"}', "3"])
async def test_a_form_must_be_a_json_schema(
    session: AsyncSession, clock: ManualClock, form_schema: str
) -> None:
    with pytest.raises(FormSchemaInvalid):
        await a_service_type(session, clock, a_draft(form_schema=form_schema))
