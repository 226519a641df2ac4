"""What accounts publishes, against the contracts that other domains read: ``tests/contracts/events``."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.events import BASE_FIELDS, Event
from messaging.payload import wire_name
from messaging.tables import OutboxMessage
from shared.clock import ManualClock
from shared.identity import Role
from subgraphs.accounts.events import AccountChanged, AccountCreated
from subgraphs.accounts.service import AccountService, ClientImport, ClientService
from subgraphs.accounts.states import AccountState

from .builders import a_new_account, an_account

CONTRACTS = Path(__file__).parents[2] / "contracts" / "events"


def load_contract(subject: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((CONTRACTS / f"{subject}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return schema


def read_contract(subject: str) -> Draft202012Validator:
    schema = load_contract(subject)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("event", [AccountCreated, AccountChanged])
def test_every_event_has_a_contract_of_its_fields(event: type[Event]) -> None:
    schema = load_contract(event.SUBJECT)

    names = {field.name for field in fields(event)} - BASE_FIELDS
    assert set(schema["properties"]) == set(map(wire_name, names))
    assert schema["title"] == event.SUBJECT


async def test_what_is_published_fits_the_contracts_and_holds_no_secret(
    session: AsyncSession, clock: ManualClock
) -> None:
    service = AccountService(session, clock)
    await service.create(a_new_account(Role.MANAGER, Role.QUALITY))
    await an_account(session, clock, Role.ADMIN)
    account = await an_account(session, clock, password_hash="the hash")
    await service.set_state(account.id, AccountState.DISABLED, reason="a test")
    await ClientService(session, clock).put(
        ClientImport(
            client_id=a_new_account().account_id,
            external_id="HCB-000001",
            source_version=1,
            email="tom@example.test",
            display_name="Tom",
            locale="de",
        )
    )
    await session.flush()

    messages = (await session.scalars(select(OutboxMessage))).all()

    assert len(messages) == 7
    for message in messages:
        errors = list(read_contract(message.subject).iter_errors(message.data))
        assert errors == []
        assert "hash" not in json.dumps(message.data)
