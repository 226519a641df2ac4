"""All of orders' SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.paging import Page, read_page

from .models import NOT_IMPORTED, Client, Order, OrderStep, ServiceType, ServiceTypeVersion
from .states import UNSERVED, OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSearch:
    """Which orders to list; ``None`` leaves a condition out."""

    states: Collection[OrderState] | None = None
    client_id: UUID | None = None
    service_type_id: UUID | None = None
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    in_state_since: datetime | None = None
    """Only orders that have been in their state since then or longer."""


@dataclass(frozen=True, slots=True)
class OrderRepository:
    """Reads and locks rows of one session."""

    session: AsyncSession

    # -- orders

    async def lock_order(self, order_id: UUID) -> Order | None:
        """Return the order and keep others from changing it until the transaction ends."""
        found = await self.session.scalars(
            select(Order).where(Order.id == order_id).with_for_update()
        )
        return found.one_or_none()

    async def find_orders(self, order_ids: Collection[UUID]) -> dict[UUID, Order]:
        """Return the orders that exist among ``order_ids``."""
        found = await self.session.scalars(select(Order).where(Order.id.in_(order_ids)))
        return {order.id: order for order in found}

    async def find_reorders(self, order_ids: Collection[UUID]) -> dict[UUID, list[Order]]:
        """Return the orders that repeat each of ``order_ids``, oldest first."""
        found = await self.session.scalars(
            select(Order).where(Order.reorder_of.in_(order_ids)).order_by(Order.number)
        )
        repeated: dict[UUID, list[Order]] = {order_id: [] for order_id in order_ids}
        for order in found:
            if order.reorder_of is not None:
                repeated[order.reorder_of].append(order)
        return repeated

    async def find_chain(self, order: Order) -> list[Order]:
        """Return the orders that this one repeats, directly or not, nearest first."""
        chain: list[Order] = []
        earlier = order.reorder_of
        while earlier is not None:
            found = (await self.session.scalars(select(Order).where(Order.id == earlier))).one()
            chain.append(found)
            earlier = found.reorder_of
        return chain

    async def page_orders(
        self, search: OrderSearch, *, first: int, after: str | None
    ) -> Page[Order]:
        """Return a page of orders, newest first."""
        return await read_page(
            self.session,
            _matching(search),
            sort=Order.created_at,
            id_=Order.id,
            first=first,
            after=after,
        )

    async def find_awaiting_search(self, *, now: datetime, limit: int) -> Sequence[Order]:
        """Return orders whose search must still be started: just submitted, or waiting and due again, and in time."""
        due = (Order.state == OrderState.SUBMITTED) | (
            (Order.state == OrderState.WAITING_WORKER) & (Order.retry_at <= now)
        )
        found = await self.session.scalars(
            select(Order).where(due, Order.starts_at > now).order_by(Order.number).limit(limit)
        )
        return found.all()

    async def find_unserved(self, *, now: datetime, limit: int) -> Sequence[Order]:
        """Return orders that should have started and of which nobody is known to have them, oldest first."""
        found = await self.session.scalars(
            select(Order)
            .where(Order.state.in_(UNSERVED), Order.starts_at <= now)
            .order_by(Order.starts_at)
            .limit(limit)
        )
        return found.all()

    async def find_steps(self, order_ids: Collection[UUID]) -> dict[UUID, list[OrderStep]]:
        """Return the timelines of ``order_ids``."""
        found = await self.session.scalars(
            select(OrderStep).where(OrderStep.order_id.in_(order_ids)).order_by(OrderStep.seq)
        )
        timelines: dict[UUID, list[OrderStep]] = {order_id: [] for order_id in order_ids}
        for step in found:
            timelines[step.order_id].append(step)
        return timelines

    async def next_step(self, order_id: UUID) -> int:
        """Return the number of the order's next step; the order must be locked."""
        last = await self.session.scalar(
            select(func.max(OrderStep.seq)).where(OrderStep.order_id == order_id)
        )
        return (last or 0) + 1

    # -- clients

    async def lock_client(self, client_id: UUID, *, now: datetime) -> Client:
        """Return the client's profile, an empty one made if need be, and keep others from changing it."""
        wanted = select(Client).where(Client.id == client_id).with_for_update()
        found = (await self.session.scalars(wanted)).one_or_none()
        if found is not None:
            return found
        insert = (
            postgresql_insert
            if self.session.get_bind().dialect.name == "postgresql"
            else sqlite_insert
        )
        # Whoever else makes it at this moment, an order or the import, comes first and is waited for.
        await self.session.execute(
            insert(Client)
            .values(id=client_id, active=True, source_version=NOT_IMPORTED, created_at=now)
            .on_conflict_do_nothing()
        )
        return (await self.session.scalars(wanted)).one()

    async def find_clients(self, client_ids: Collection[UUID]) -> dict[UUID, Client]:
        """Return the profiles that exist among ``client_ids``."""
        found = await self.session.scalars(select(Client).where(Client.id.in_(client_ids)))
        return {client.id: client for client in found}

    async def page_clients(
        self, search: str | None, *, first: int, after: str | None
    ) -> Page[Client]:
        """Return a page of clients whose name begins with ``search``, newest first."""
        wanted = select(Client)
        if search:
            wanted = wanted.where(
                func.lower(Client.display_name).startswith(search.lower(), autoescape=True)
            )
        return await read_page(
            self.session, wanted, sort=Client.created_at, id_=Client.id, first=first, after=after
        )

    async def count_by_state(
        self, client_ids: Collection[UUID]
    ) -> dict[UUID, dict[OrderState, int]]:
        """Return how many orders each client has in each state."""
        found = await self.session.execute(
            select(Order.client_id, Order.state, func.count())
            .where(Order.client_id.in_(client_ids))
            .group_by(Order.client_id, Order.state)
        )
        counts: dict[UUID, dict[OrderState, int]] = {client_id: {} for client_id in client_ids}
        for client_id, state, count in found:
            counts[client_id][state] = count
        return counts

    # -- service types

    async def lock_service_type(self, service_type_id: UUID) -> ServiceType | None:
        """Return the service type and keep others from editing it."""
        found = await self.session.scalars(
            select(ServiceType).where(ServiceType.id == service_type_id).with_for_update()
        )
        return found.one_or_none()

    async def find_code(self, code: str) -> ServiceType | None:
        """Return the service type with this code."""
        found = await self.session.scalars(select(ServiceType).where(ServiceType.code == code))
        return found.one_or_none()

    async def find_current(
        self, service_type_ids: Collection[UUID]
    ) -> dict[UUID, ServiceTypeVersion]:
        """Return the newest version of each service type that exists among the ids."""
        found = await self.session.scalars(_current().where(ServiceType.id.in_(service_type_ids)))
        return {version.service_type_id: version for version in found}

    async def find_versions(
        self, keys: Collection[tuple[UUID, int]]
    ) -> dict[tuple[UUID, int], ServiceTypeVersion]:
        """Return the versions that exist among ``keys``, each a service type's id and a version number."""
        columns = tuple_(ServiceTypeVersion.service_type_id, ServiceTypeVersion.version)
        found = await self.session.scalars(
            select(ServiceTypeVersion).where(columns.in_(list(keys)))
        )
        return {(version.service_type_id, version.version): version for version in found}

    async def list_current(self, *, active_only: bool) -> Sequence[ServiceTypeVersion]:
        """Return every service type as it is now, by code."""
        wanted = _current().order_by(ServiceType.code)
        if active_only:
            wanted = wanted.where(ServiceTypeVersion.active)
        return (await self.session.scalars(wanted)).all()


def _current() -> Select[ServiceTypeVersion]:
    return select(ServiceTypeVersion).join(
        ServiceType,
        (ServiceType.id == ServiceTypeVersion.service_type_id)
        & (ServiceType.version == ServiceTypeVersion.version),
    )


def _matching(search: OrderSearch) -> Select[Order]:
    wanted = select(Order)
    if search.states is not None:
        wanted = wanted.where(Order.state.in_(search.states))
    if search.client_id is not None:
        wanted = wanted.where(Order.client_id == search.client_id)
    if search.service_type_id is not None:
        wanted = wanted.where(Order.service_type_id == search.service_type_id)
    if search.starts_from is not None:
        wanted = wanted.where(Order.starts_at >= search.starts_from)
    if search.starts_to is not None:
        wanted = wanted.where(Order.starts_at < search.starts_to)
    if search.in_state_since is not None:
        wanted = wanted.where(Order.state_since <= search.in_state_since)
    return wanted
