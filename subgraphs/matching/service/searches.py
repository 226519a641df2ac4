"""Searches asked for and called off. Finding somebody is ``decisions``' work, later and elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from messaging.errors import PayloadInvalid
from messaging.payload import parse_payload
from shared.clock import Clock
from subgraphs.matching.errors import (
    RequestInvalid,
    SearchActive,
    SearchMismatch,
    SearchNotFound,
)
from subgraphs.matching.models import Search
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.states import ACTIVE, PENDING, SearchState, advance

MAX_REQUEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequestText:
    """What orders says about the work, as JSON in camelCase."""

    client_id: UUID
    service_type_id: UUID
    starts_at: datetime
    place: str
    brief: str
    price_minor: str
    attempt: int
    excluded: tuple[UUID, ...] = ()


def parse_request(text: str) -> SearchRequestText:
    """Read the request of ``startSearch``.

    Raises:
        RequestInvalid: it is not what orders and matching agreed on.
    """
    if len(text) > MAX_REQUEST:
        raise RequestInvalid(f"A request has at most {MAX_REQUEST} characters.")
    try:
        request = parse_payload(SearchRequestText, json.loads(text), path="request")
        price = int(request.price_minor)
    except (PayloadInvalid, ValueError) as error:
        raise RequestInvalid(str(error)[:300]) from error
    if request.attempt < 1 or not 0 <= price < 2**63:
        raise RequestInvalid("request: the attempt counts from 1, and a price is not negative.")
    return request


@dataclass(frozen=True, slots=True)
class SearchService:
    """Takes searches in and calls them off."""

    session: AsyncSession
    clock: Clock

    async def accept(
        self, search_id: UUID, *, order_id: UUID, request: SearchRequestText
    ) -> Search:
        """Put a search in the queue. Repeating it changes nothing; a cancelled order's search is born cancelled.

        Raises:
            SearchMismatch: the id stands for another order or attempt.
            SearchActive: another search of the order is under way, or has found somebody.
        """
        repository = MatchingRepository(self.session)
        order = await repository.lock_order(order_id)
        known = await repository.find_search(search_id)
        if known is not None:
            if (known.order_id, known.attempt) != (order_id, request.attempt):
                raise SearchMismatch("This search id was used for another order or attempt.")
            return known
        if await repository.lock_searches(order_id, ACTIVE):
            raise SearchActive("This order is being searched for, or has its worker.")
        now = self.clock.now()
        is_late = order.cancelled_at is not None
        search = Search(
            id=search_id,
            order_id=order_id,
            client_id=request.client_id,
            service_type_id=request.service_type_id,
            starts_at=request.starts_at,
            place=request.place,
            brief=request.brief,
            price_minor=int(request.price_minor),
            attempt=request.attempt,
            excluded=sorted({str(worker_id) for worker_id in request.excluded}),
            state=SearchState.CANCELLED if is_late else SearchState.ACCEPTED,
            pipeline_version=(await repository.find_active_pipeline()).version,
            pool_size=0,
            steps=[],
            requested_at=now,
            decided_at=now if is_late else None,
        )
        self.session.add(search)
        await self.session.flush()
        return search

    async def cancel(self, search_id: UUID) -> Search:
        """Call one search off. Repeating it changes nothing, and one that found nobody is over as it is.

        Raises:
            SearchNotFound: no such search.
            IllegalTransition: it has found somebody.
        """
        search = await MatchingRepository(self.session).lock_search(search_id)
        if search is None:
            raise SearchNotFound(f"Search {search_id} does not exist.")
        if search.state not in {SearchState.CANCELLED, SearchState.EXHAUSTED}:
            self._call_off(search)
        return search

    async def cancel_order(self, order_id: UUID) -> None:
        """The order was called off: no search of it goes on or begins, and a slot booked for it is free again."""
        repository = MatchingRepository(self.session)
        order = await repository.lock_order(order_id)
        now = self.clock.now()
        order.cancelled_at = order.cancelled_at or now
        for search in await repository.lock_searches(order_id, PENDING):
            self._call_off(search)
        booking = await repository.lock_booking(order_id)
        if booking is not None and booking.released_at is None:
            booking.released_at = now

    def _call_off(self, search: Search) -> None:
        search.state = advance(search.state, SearchState.CANCELLED)
        search.lease_token = search.lease_until = None
        search.decided_at = self.clock.now()
