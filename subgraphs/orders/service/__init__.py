"""Commands: lock, check the state, write, record the event. The caller owns the transaction; nothing here commits."""

from .clients import ClientProfile, ClientService
from .orders import NewOrder, OrderService
from .service_types import ServiceTypeDraft, ServiceTypeService

__all__ = [
    "ClientProfile",
    "ClientService",
    "NewOrder",
    "OrderService",
    "ServiceTypeDraft",
    "ServiceTypeService",
]
