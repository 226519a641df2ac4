"""Getting a search for a worker started: the synchronous call to matching, repeated until it is accepted or too late.

The order is committed before the call and moved on after it, so no transaction is open while we wait for another
service. Both sides derive the same search id from order and attempt: repeating the call starts nothing twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prometheus_client import Gauge

from shared.clock import Clock
from shared.database import Database
from shared.errors import DomainError, NotFound
from shared.identifiers import derived_id
from shared.logging import get_logger
from shared.service_client import ServiceClient, UpstreamRefused

from .models import Order
from .repository import OrderRepository
from .service import OrderService
from .states import OrderState

RETRY_EVERY = timedelta(seconds=10)
ALERT_AFTER = timedelta(minutes=5)
BATCH = 100
_START_SEARCH = """
mutation StartSearch($orderId: ID!, $searchId: ID!, $request: String!) {
  startSearch(orderId: $orderId, searchId: $searchId, request: $request) { searchId accepted }
}
"""
_CANCEL_SEARCH = """
mutation CancelSearch($searchId: ID!) { cancelSearch(searchId: $searchId) { searchId } }
"""
_log = get_logger(__name__)
_stuck = Gauge(
    "cattery_orders_search_not_started", "Orders whose search has not been accepted for 5 minutes"
)


def search_id(order_id: UUID, attempt: int) -> UUID:
    """Return the id of an order's search number ``attempt``; matching derives nothing, it takes ours."""
    return derived_id(order_id, attempt)


@dataclass(frozen=True, slots=True)
class SearchFlow:
    """Starts searches, at once when an order is submitted and again for those that were not accepted."""

    database: Database
    clock: Clock
    matching: ServiceClient

    async def start(self, order: Order) -> Order:
        """Ask matching for a worker and return the order as it is then.

        Matching being away or refusing is no error of the client's order: it stays as it is, and is tried again.
        """
        attempt = _next_attempt(order)
        try:
            async with self.database.reading() as session:
                excluded = [
                    str(earlier.worker_id)
                    for earlier in await OrderRepository(session).find_chain(order)
                    if earlier.worker_id is not None
                ]
            accepted = await self._call(order, attempt, excluded)
        except DomainError as error:
            _log.warning("search not started", order_id=str(order.id), error=str(error))
            return order
        if not accepted:
            return order
        async with self.database.transaction() as session:
            return await OrderService(session, self.clock).begin_search(order.id, attempt=attempt)

    async def retry_due(self) -> None:
        """Start every search that is due; for a timer."""
        now = self.clock.now()
        async with self.database.reading() as session:
            due = await OrderRepository(session).find_awaiting_search(now=now, limit=BATCH)
        _stuck.set(
            sum(
                order.state is OrderState.SUBMITTED and now - order.state_since > ALERT_AFTER
                for order in due
            )
        )
        for order in due:
            await self.start(order)

    async def call_off_unserved(self) -> None:
        """End every order whose time has come and that nobody has; for a timer.

        Only matching knows whether somebody has it: news of a worker found may be on their way, however late. So it is
        asked to search no more, and refuses when it has found somebody.
        """
        now = self.clock.now()
        async with self.database.reading() as session:
            unserved = await OrderRepository(session).find_unserved(now=now, limit=BATCH)
        for order in unserved:
            if await self._end_search(order):
                async with self.database.transaction() as session:
                    await OrderService(session, self.clock).call_off_unserved(order.id)

    async def _end_search(self, order: Order) -> bool:
        """Return whether nobody has been found for the order, and nobody will be."""
        variables = {"searchId": str(search_id(order.id, _next_attempt(order)))}
        try:
            await self.matching.execute(_CANCEL_SEARCH, variables)
        except UpstreamRefused as refused:
            never_begun: bool = refused.refusal == NotFound.code
            return never_begun
        except DomainError as error:
            _log.warning("search not ended", order_id=str(order.id), error=str(error))
            return False
        return True

    async def _call(self, order: Order, attempt: int, excluded: list[str]) -> bool:
        request = {
            "clientId": str(order.client_id),
            "serviceTypeId": str(order.service_type_id),
            "startsAt": order.starts_at.isoformat(),
            "place": order.place,
            "brief": order.description,
            "priceMinor": str(order.estimate_minor),
            "attempt": attempt,
            "excluded": excluded,
        }
        variables = {
            "orderId": str(order.id),
            "searchId": str(search_id(order.id, attempt)),
            "request": json.dumps(request),
        }
        data = await self.matching.execute(_START_SEARCH, variables)
        return bool(data["startSearch"]["accepted"])


def _next_attempt(order: Order) -> int:
    return order.attempt + 1 if order.state is OrderState.WAITING_WORKER else order.attempt
