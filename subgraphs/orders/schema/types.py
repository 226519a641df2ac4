"""Orders' object types, and whom their rows are shown to."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from shared.errors import ValidationFailed
from shared.federation import MinorUnits
from shared.identifiers import parse_id
from shared.money import Money
from shared.paging import Page
from subgraphs.orders.access import can_see_client, can_see_order
from subgraphs.orders.loaders import Info
from subgraphs.orders.models import Client, Order, OrderStep, ServiceTypeVersion
from subgraphs.orders.repository import OrderRepository, OrderSearch
from subgraphs.orders.states import OrderState, Outcome

strawberry.enum(OrderState)
strawberry.enum(Outcome)


@strawberry.federation.type(name="ServiceType", keys=["id"])
class ServiceTypeType:
    """A service that clients may order."""

    id: strawberry.ID
    code: str
    name: str
    description: str
    form_schema: str = strawberry.field(description="A JSON Schema for SubmitOrder.formData.")
    price: Money
    active: bool
    version: int
    updated_by: strawberry.ID
    updated_at: datetime

    @classmethod
    def from_row(cls, row: ServiceTypeVersion) -> Self:
        """Show one version of a service type."""
        return cls(
            id=strawberry.ID(str(row.service_type_id)),
            code=row.code,
            name=row.name,
            description=row.description,
            form_schema=row.form_schema,
            price=Money.of(row.price_minor),
            active=row.active,
            version=row.version,
            updated_by=strawberry.ID(row.updated_by),
            updated_at=row.updated_at,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find a service type as it is now; whoever is signed in may see it."""
        row = await info.context.service_type.load(parse_id(id))
        return None if row is None or info.context.principal.is_anonymous else cls.from_row(row)


@strawberry.type(name="OrderStep")
class OrderStepType:
    """One step of an order's timeline."""

    at: datetime
    from_: OrderState | None = strawberry.field(name="from")
    to: OrderState
    actor: str
    cause_event_id: strawberry.ID | None
    note: str | None

    @classmethod
    def from_row(cls, row: OrderStep) -> Self:
        """Show a step."""
        return cls(
            at=row.at,
            from_=row.from_state,
            to=row.to_state,
            actor=row.actor,
            cause_event_id=None
            if row.cause_event_id is None
            else strawberry.ID(row.cause_event_id),
            note=row.note,
        )


@strawberry.type
class ClientTotals:
    """How many orders a client has made, and how they ended."""

    submitted: int
    completed: int
    failed: int
    cancelled: int


@strawberry.federation.type(name="Order", keys=["id"])
class OrderType:
    """A client's request for a service."""

    row: strawberry.Private[Order]
    id: strawberry.ID
    number: int | None
    client_id: strawberry.ID | None
    service_type_version: int | None
    description: str | None
    place: str | None
    starts_at: datetime | None
    estimate: Money | None
    state: OrderState | None
    worker_id: strawberry.ID | None
    outcome: Outcome | None
    cancel_reason: str | None
    version: int | None
    created_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def from_row(cls, row: Order) -> Self:
        """Show an order."""
        return cls(
            row=row,
            id=strawberry.ID(str(row.id)),
            number=row.number,
            client_id=strawberry.ID(str(row.client_id)),
            service_type_version=row.service_type_version,
            description=row.description,
            place=row.place,
            starts_at=row.starts_at,
            estimate=Money.of(row.estimate_minor),
            state=row.state,
            worker_id=None if row.worker_id is None else strawberry.ID(str(row.worker_id)),
            outcome=row.outcome,
            cancel_reason=row.cancel_reason,
            version=row.version,
            created_at=row.created_at,
            closed_at=row.closed_at,
        )

    @classmethod
    def if_visible(cls, info: Info, row: Order | None) -> Self | None:
        """Show an order to those who may see it; to others it does not exist."""
        if row is None or not can_see_order(
            info.context.principal, client_id=row.client_id, worker_id=row.worker_id
        ):
            return None
        return cls.from_row(row)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find an order that another subgraph refers to."""
        return cls.if_visible(info, await info.context.order.load(parse_id(id)))

    @strawberry.field
    async def client(self, info: Info) -> ClientType | None:
        """The client who ordered."""
        return await ClientType.find(info, self.row.client_id)

    @strawberry.field
    async def service_type(self, info: Info) -> ServiceTypeType | None:
        """The service as it was when it was ordered."""
        key = (self.row.service_type_id, self.row.service_type_version)
        version = await info.context.service_type_version.load(key)
        return None if version is None else ServiceTypeType.from_row(version)

    @strawberry.field
    async def reorder_of(self, info: Info) -> OrderType | None:
        """The order that this one repeats."""
        if self.row.reorder_of is None:
            return None
        return OrderType.if_visible(info, await info.context.order.load(self.row.reorder_of))

    @strawberry.field
    async def reorders(self, info: Info) -> list[OrderType] | None:
        """The orders that repeat this one."""
        return [OrderType.from_row(row) for row in await info.context.reorders.load(self.row.id)]

    @strawberry.field
    async def timeline(self, info: Info) -> list[OrderStepType] | None:
        """What happened to the order, step by step."""
        return [OrderStepType.from_row(row) for row in await info.context.steps.load(self.row.id)]


@strawberry.type
class OrderPage:
    """A page of orders, newest first."""

    nodes: list[OrderType]
    end_cursor: str | None
    has_next_page: bool
    total_count: int

    @classmethod
    def from_page(cls, page: Page[Order]) -> Self:
        """Show a page."""
        return cls(
            nodes=[OrderType.from_row(row) for row in page.rows],
            end_cursor=page.end_cursor,
            has_next_page=page.has_next,
            total_count=page.total,
        )


@strawberry.federation.type(name="Client", keys=["id"])
class ClientType:
    """A client's profile."""

    id: strawberry.ID
    display_name: str | None
    phone: str | None
    address: str | None
    active: bool | None

    @classmethod
    def from_row(cls, row: Client) -> Self:
        """Show a profile."""
        return cls(
            id=strawberry.ID(str(row.id)),
            display_name=row.display_name,
            phone=row.phone,
            address=row.address,
            active=row.active,
        )

    @classmethod
    async def find(cls, info: Info, client_id: UUID) -> Self | None:
        """Show a client to those who may see them; to others they do not exist."""
        if not can_see_client(info.context.principal, client_id=client_id):
            return None
        row = await info.context.client.load(client_id)
        return None if row is None else cls.from_row(row)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find a client that another subgraph refers to."""
        return await cls.find(info, parse_id(id))

    @strawberry.field
    async def orders(
        self,
        info: Info,
        state: list[OrderState] | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> OrderPage | None:
        """The client's orders, newest first."""
        search = OrderSearch(states=state, client_id=UUID(self.id))
        async with info.context.reading() as session:
            return OrderPage.from_page(
                await OrderRepository(session).page_orders(search, first=first, after=after)
            )

    @strawberry.field
    async def totals(self, info: Info) -> ClientTotals | None:
        """How many orders the client has made, and how they ended."""
        counts = await info.context.counts.load(UUID(self.id))
        return ClientTotals(
            submitted=sum(counts.values()),
            completed=counts.get(OrderState.COMPLETED, 0),
            failed=counts.get(OrderState.FAILED, 0),
            cancelled=counts.get(OrderState.CANCELLED, 0),
        )


def parse_minor_units(value: MinorUnits) -> int:
    """Return a price as a number.

    Raises:
        ValidationFailed: it is more than the database holds.
    """
    if abs(value) >= 2**63:
        raise ValidationFailed("That is more money than there is.")
    return int(value)
