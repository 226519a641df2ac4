"""The demo's part in orders: one service that can be ordered."""

from __future__ import annotations

from shared.clock import Clock
from shared.database import Database
from shared.demo import CLEANING, demo_id

from .repository import OrderRepository
from .service import ServiceTypeDraft, ServiceTypeService

_CLEAN = ServiceTypeDraft(
    code="CLEAN",
    name="Cleaning",
    description="Two hours of cleaning, claws included.",
    form_schema='{"type": "object"}',
    price_minor=10_000,
    active=True,
)


async def seed_demo(database: Database, clock: Clock) -> None:
    """Offer the demo's service, unless it is offered already."""
    async with database.transaction() as session:
        if await OrderRepository(session).lock_service_type(CLEANING) is None:
            await ServiceTypeService(session, clock).create(
                _CLEAN, actor=str(demo_id("manager")), service_type_id=CLEANING
            )
