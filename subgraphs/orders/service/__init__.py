"""Commands: lock, check the state, write, record the event. The caller owns the transaction; nothing here commits."""

from .clients import ClientProfile, ClientService
from .orders import MIN_NOTICE, NOBODY_FOUND, KnownJob, NewOrder, OrderService
from .service_types import ServiceTypeDraft, ServiceTypeService

__all__ = [
    "MIN_NOTICE",
    "NOBODY_FOUND",
    "ClientProfile",
    "ClientService",
    "KnownJob",
    "NewOrder",
    "OrderService",
    "ServiceTypeDraft",
    "ServiceTypeService",
]
