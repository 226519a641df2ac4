"""Commands: lock, check the state, write, record the event. The caller owns the transaction; nothing here commits."""

from .clients import ClientProfile, ClientService
from .orders import MIN_NOTICE, NewOrder, OrderService
from .service_types import ServiceTypeDraft, ServiceTypeService

__all__ = [
    "MIN_NOTICE",
    "ClientProfile",
    "ClientService",
    "NewOrder",
    "OrderService",
    "ServiceTypeDraft",
    "ServiceTypeService",
]
