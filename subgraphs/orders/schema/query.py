"""What may be read of orders, by role."""

from __future__ import annotations

from datetime import datetime, timedelta

import strawberry

from shared.authorization import roles, signed_in
from shared.identifiers import parse_id
from shared.identity import Role
from shared.money import Money
from subgraphs.orders.loaders import Info
from subgraphs.orders.repository import OrderRepository, OrderSearch
from subgraphs.orders.states import OrderState

from .types import ClientType, OrderPage, OrderType, ServiceTypeType

_STAFF = (Role.MANAGER, Role.QUALITY)


@strawberry.input
class OrderFilter:
    """Which orders to list; what is left out does not matter."""

    state: list[OrderState] | None = None
    client_id: strawberry.ID | None = None
    service_type_id: strawberry.ID | None = None
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    stuck_longer_than_sec: int | None = strawberry.field(
        default=None, description="Only orders that have been in their state for so many seconds."
    )

    def to_search(self, now: datetime) -> OrderSearch:
        """Return the conditions as the repository takes them."""
        stuck = self.stuck_longer_than_sec
        return OrderSearch(
            states=self.state,
            client_id=None if self.client_id is None else parse_id(self.client_id),
            service_type_id=None
            if self.service_type_id is None
            else parse_id(self.service_type_id),
            starts_from=self.starts_from,
            starts_to=self.starts_to,
            in_state_since=None if stuck is None else now - timedelta(seconds=stuck),
        )


@strawberry.type
class Query:
    """Root of what may be read."""

    @strawberry.field(extensions=[signed_in()])
    async def service_types(
        self, info: Info, active_only: bool = True
    ) -> list[ServiceTypeType] | None:
        """What can be ordered."""
        async with info.context.reading() as session:
            rows = await OrderRepository(session).list_current(active_only=active_only)
        return [ServiceTypeType.from_row(row) for row in rows]

    @strawberry.field(extensions=[roles(Role.CLIENT)])
    async def estimate(self, info: Info, service_type_id: strawberry.ID) -> Money | None:
        """What a service would cost if it were ordered now."""
        row = await info.context.service_type.load(parse_id(service_type_id))
        return Money.of(row.price_minor) if row is not None and row.active else None

    @strawberry.field(extensions=[roles(Role.CLIENT, *_STAFF)])
    async def order(self, info: Info, id: strawberry.ID) -> OrderType | None:  # noqa: A002
        """One order; a client's own, or any for staff."""
        return OrderType.if_visible(info, await info.context.order.load(parse_id(id)))

    @strawberry.field(extensions=[roles(Role.CLIENT)])
    async def my_orders(
        self,
        info: Info,
        state: list[OrderState] | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> OrderPage | None:
        """The caller's orders, newest first."""
        search = OrderSearch(states=state, client_id=info.context.principal.account_id)
        async with info.context.reading() as session:
            return OrderPage.from_page(
                await OrderRepository(session).page_orders(search, first=first, after=after)
            )

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def orders(
        self,
        info: Info,
        filter: OrderFilter | None = None,  # noqa: A002
        first: int = 50,
        after: str | None = None,
    ) -> OrderPage | None:
        """Everybody's orders, newest first."""
        search = OrderSearch() if filter is None else filter.to_search(info.context.clock.now())
        async with info.context.reading() as session:
            return OrderPage.from_page(
                await OrderRepository(session).page_orders(search, first=first, after=after)
            )

    @strawberry.field(extensions=[roles(Role.CLIENT, *_STAFF)])
    async def client(self, info: Info, id: strawberry.ID) -> ClientType | None:  # noqa: A002
        """One client; oneself, or anybody for staff."""
        return await ClientType.find(info, parse_id(id))

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def clients(
        self, info: Info, search: str | None = None, first: int = 50, after: str | None = None
    ) -> list[ClientType] | None:
        """Clients whose name begins with ``search``, newest first."""
        async with info.context.reading() as session:
            page = await OrderRepository(session).page_clients(search, first=first, after=after)
        return [ClientType.from_row(row) for row in page.rows]
