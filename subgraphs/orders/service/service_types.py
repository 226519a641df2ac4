"""The services that managers offer. An edit adds a version; nothing is ever deleted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from sqlalchemy.ext.asyncio import AsyncSession

from messaging import outbox
from shared.clock import Clock
from shared.errors import ValidationFailed
from shared.identifiers import new_id
from subgraphs.orders.errors import (
    CodeTaken,
    FormSchemaInvalid,
    ServiceTypeNotFound,
    VersionConflict,
)
from subgraphs.orders.events import ServiceTypeChanged
from subgraphs.orders.models import ServiceType, ServiceTypeVersion
from subgraphs.orders.repository import OrderRepository

MAX_CODE = 64
MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTypeDraft:
    """What a manager writes about a service."""

    code: str
    name: str
    description: str
    form_schema: str
    price_minor: int
    active: bool


@dataclass(frozen=True, slots=True)
class ServiceTypeService:
    """Creates and edits service types."""

    session: AsyncSession
    clock: Clock

    async def create(
        self, draft: ServiceTypeDraft, *, actor: str, service_type_id: UUID | None = None
    ) -> ServiceTypeVersion:
        """Offer a new service.

        Raises:
            CodeTaken: another service type has the code.
            FormSchemaInvalid: the form is no JSON Schema.
            ValidationFailed: code, name or price cannot be meant.
        """
        _check(draft)
        if await OrderRepository(self.session).find_code(draft.code) is not None:
            raise CodeTaken(f"The code {draft.code} is in use.")
        row = ServiceType(id=service_type_id or new_id(), code=draft.code, version=1)
        self.session.add(row)
        await self.session.flush()
        return self._write_version(row, draft, actor)

    async def edit(
        self, service_type_id: UUID, draft: ServiceTypeDraft, *, expected_version: int, actor: str
    ) -> ServiceTypeVersion:
        """Change what a service says from now on; orders made before keep what they were made with.

        Raises:
            ServiceTypeNotFound: there is none with this id.
            VersionConflict: somebody edited it since the caller read ``expected_version``.
            CodeTaken, FormSchemaInvalid, ValidationFailed: as in ``create``.
        """
        _check(draft)
        orders = OrderRepository(self.session)
        row = await orders.lock_service_type(service_type_id)
        if row is None:
            raise ServiceTypeNotFound(f"Service type {service_type_id} does not exist.")
        if row.version != expected_version:
            raise VersionConflict(
                f"The service type is at version {row.version}, not {expected_version}."
            )
        if draft.code != row.code and await orders.find_code(draft.code) is not None:
            raise CodeTaken(f"The code {draft.code} is in use.")
        row.code = draft.code
        row.version += 1
        return self._write_version(row, draft, actor)

    def _write_version(
        self, row: ServiceType, draft: ServiceTypeDraft, actor: str
    ) -> ServiceTypeVersion:
        now = self.clock.now()
        version = ServiceTypeVersion(
            service_type_id=row.id,
            version=row.version,
            code=draft.code,
            name=draft.name,
            description=draft.description,
            form_schema=draft.form_schema,
            price_minor=draft.price_minor,
            active=draft.active,
            updated_by=actor,
            updated_at=now,
        )
        self.session.add(version)
        changed = ServiceTypeChanged(
            service_type_id=row.id,
            code=draft.code,
            version=row.version,
            price_minor=str(draft.price_minor),
            active=draft.active,
            changed_by=actor,
            occurred_at=now,
        )
        outbox.record(self.session, changed)
        return version


def _check(draft: ServiceTypeDraft) -> None:
    if not draft.code.strip() or len(draft.code) > MAX_CODE:
        raise ValidationFailed(f"A code has 1 to {MAX_CODE} characters.")
    if not draft.name.strip() or len(draft.name) > MAX_NAME:
        raise ValidationFailed(f"A name has 1 to {MAX_NAME} characters.")
    if draft.price_minor < 0:
        raise ValidationFailed("A price is not negative.")
    try:
        Draft202012Validator.check_schema(json.loads(draft.form_schema))
    except (ValueError, SchemaError) as error:
        raise FormSchemaInvalid("The form is not a JSON Schema.") from error
