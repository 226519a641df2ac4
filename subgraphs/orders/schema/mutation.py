"""What may be done to orders, by role. Each mutation is one command in one transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from shared.authorization import roles
from shared.federation import MinorUnits
from shared.idempotency import run_once
from shared.identifiers import parse_id
from shared.identity import Role
from subgraphs.orders.loaders import Info
from subgraphs.orders.models import Order
from subgraphs.orders.repository import OrderRepository
from subgraphs.orders.service import (
    NewOrder,
    OrderService,
    ServiceTypeDraft,
    ServiceTypeService,
)

from .types import OrderType, ServiceTypeType, parse_minor_units


@strawberry.input
class SubmitOrder:
    """What a client asks for."""

    service_type_id: strawberry.ID
    description: str
    place: str
    starts_at: datetime
    form_data: str | None = strawberry.field(
        default=None, description="JSON that fits the service type's formSchema."
    )


@strawberry.input
class ServiceTypeInput:
    """What a manager writes about a service."""

    code: str
    name: str
    description: str
    form_schema: str
    price_minor: MinorUnits
    active: bool

    def to_draft(self) -> ServiceTypeDraft:
        """Return the input as the command takes it."""
        return ServiceTypeDraft(
            code=self.code,
            name=self.name,
            description=self.description,
            form_schema=self.form_schema,
            price_minor=parse_minor_units(self.price_minor),
            active=self.active,
        )


@strawberry.type
class Mutation:
    """Root of what may be done."""

    @strawberry.mutation(extensions=[roles(Role.CLIENT)])
    async def submit_order(
        self,
        info: Info,
        input: SubmitOrder,  # noqa: A002
        key: strawberry.ID,
    ) -> OrderType:
        """Ask for a service; the search for a worker starts at once."""
        client_id = info.context.principal.account_id
        wanted = NewOrder(
            service_type_id=parse_id(input.service_type_id),
            description=input.description,
            place=input.place,
            starts_at=input.starts_at,
            form_data=input.form_data,
        )
        async with info.context.transaction() as session:
            service = OrderService(session, info.context.clock, info.context.min_notice)

            async def submit() -> UUID:
                return (await service.submit(wanted, client_id=client_id)).id

            order_id = await run_once(
                session,
                submit,
                actor=str(client_id),
                mutation="submitOrder",
                key=key,
                arguments=vars(input),
                now=info.context.clock.now(),
            )
        return await _search_and_show(info, order_id)

    @strawberry.mutation(extensions=[roles(Role.CLIENT)])
    async def reorder(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        starts_at: datetime,
        key: strawberry.ID,
    ) -> OrderType:
        """Ask again for what failed or was cancelled, at another time and from another worker."""
        client_id = info.context.principal.account_id
        async with info.context.transaction() as session:
            service = OrderService(session, info.context.clock, info.context.min_notice)

            async def reorder() -> UUID:
                order = await service.reorder(
                    parse_id(id), starts_at=starts_at, client_id=client_id
                )
                return order.id

            order_id = await run_once(
                session,
                reorder,
                actor=str(client_id),
                mutation="reorder",
                key=key,
                arguments={"id": id, "starts_at": starts_at},
                now=info.context.clock.now(),
            )
        return await _search_and_show(info, order_id)

    @strawberry.mutation(extensions=[roles(Role.CLIENT, Role.MANAGER)])
    async def cancel_order(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        reason: str,
        expected_version: int,
    ) -> OrderType:
        """Call an order off before it starts: one's own, or any as a manager."""
        caller = info.context.principal
        async with info.context.transaction() as session:
            order = await OrderService(session, info.context.clock).cancel(
                parse_id(id),
                reason=reason,
                expected_version=expected_version,
                actor=caller.subject,
                own=None if caller.has_any(Role.MANAGER) else caller.account_id,
            )
        return OrderType.from_row(order)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def retrigger_search(self, info: Info, order_id: strawberry.ID) -> OrderType:
        """Look for a worker now instead of at the next attempt."""
        async with info.context.transaction() as session:
            order = await OrderService(session, info.context.clock).hurry_search(parse_id(order_id))
        return OrderType.from_row(await info.context.search.start(order))

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def create_service_type(
        self,
        info: Info,
        input: ServiceTypeInput,  # noqa: A002
        key: strawberry.ID,
    ) -> ServiceTypeType:
        """Offer a new service."""
        actor = info.context.principal.subject
        draft = input.to_draft()
        async with info.context.transaction() as session:
            service = ServiceTypeService(session, info.context.clock)

            async def create() -> UUID:
                return (await service.create(draft, actor=actor)).service_type_id

            service_type_id = await run_once(
                session,
                create,
                actor=actor,
                mutation="createServiceType",
                key=key,
                arguments=vars(input),
                now=info.context.clock.now(),
            )
            found = await OrderRepository(session).find_current([service_type_id])
        return ServiceTypeType.from_row(found[service_type_id])

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def update_service_type(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        input: ServiceTypeInput,  # noqa: A002
        expected_version: int,
    ) -> ServiceTypeType:
        """Change what a service says from now on; orders made before keep their version."""
        async with info.context.transaction() as session:
            version = await ServiceTypeService(session, info.context.clock).edit(
                parse_id(id),
                input.to_draft(),
                expected_version=expected_version,
                actor=info.context.principal.subject,
            )
        return ServiceTypeType.from_row(version)


async def _search_and_show(info: Info, order_id: UUID) -> OrderType:
    """Start the search of an order just committed; a repeated request only shows how it stands."""
    order = await info.context.order.load(order_id)
    if order is None:
        raise AssertionError(f"order {order_id} was committed a moment ago")
    return OrderType.from_row(await _started(info, order))


async def _started(info: Info, order: Order) -> Order:
    return await info.context.search.start(order) if order.version == 1 else order
