"""What orders refuses, beyond the refusals that every service knows."""

from __future__ import annotations

from shared.errors import BadState, Conflict, Forbidden, NotFound, ValidationFailed


class OrderNotFound(NotFound):
    """No such order, or not one of the caller's."""

    reason = "ORDERS_ORDER_NOT_FOUND"


class ServiceTypeNotFound(NotFound):
    """No such service type."""

    reason = "ORDERS_SERVICE_TYPE_NOT_FOUND"


class IllegalTransition(BadState):
    """The order's state does not lead there."""

    reason = "ORDERS_ILLEGAL_TRANSITION"


class ServiceTypeInactive(BadState):
    """The service is not offered any more."""

    reason = "ORDERS_SERVICE_TYPE_INACTIVE"


class OrderNotReorderable(BadState):
    """Only an order that failed or was cancelled can be ordered again."""

    reason = "ORDERS_NOT_REORDERABLE"


class ClientInactive(Forbidden):
    """The client has left Happy Cat Box and may order nothing new."""

    reason = "ORDERS_CLIENT_INACTIVE"


class StartsTooSoon(ValidationFailed):
    """The service would start before anybody could be found."""

    reason = "ORDERS_STARTS_TOO_SOON"


class FormInvalid(ValidationFailed):
    """The form's data do not fit the service type's form."""

    reason = "ORDERS_FORM_INVALID"


class FormSchemaInvalid(ValidationFailed):
    """The form itself is no JSON Schema."""

    reason = "ORDERS_FORM_SCHEMA_INVALID"


class CodeTaken(ValidationFailed):
    """Another service type has this code."""

    reason = "ORDERS_CODE_TAKEN"


class VersionConflict(Conflict):
    """Somebody changed it since the caller read it."""

    reason = "ORDERS_VERSION_CONFLICT"
