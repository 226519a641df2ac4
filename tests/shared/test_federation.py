from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.federation import Schema

from shared.authorization import anyone, roles, services, signed_in
from shared.clock import ManualClock
from shared.database import Database, open_database
from shared.errors import BadState
from shared.federation import MinorUnits, UnguardedField, build_schema
from shared.identity import ANONYMOUS, Principal, Role
from shared.request_context import RequestContext
from tests.support.callers import a_person, a_service


class Broken(BadState):
    reason = "TEST_BROKEN"


@strawberry.type
class Query:
    @strawberry.field(extensions=[anyone()])
    def open(self) -> str:
        return "open"

    @strawberry.field(extensions=[signed_in()])
    async def members(self) -> str | None:
        return "members"

    @strawberry.field(extensions=[roles(Role.MANAGER, Role.ADMIN)])
    def staff(self) -> str | None:
        return "staff"

    @strawberry.field(extensions=[services()])
    def internal(self) -> str | None:
        return "internal"

    @strawberry.field(extensions=[anyone()])
    def refused(self) -> str | None:
        raise Broken("It is broken.")

    @strawberry.field(extensions=[anyone()])
    def crashed(self) -> str | None:
        raise KeyError("the password is hunter2")

    @strawberry.field(extensions=[anyone()])
    def double(self, amount: MinorUnits) -> MinorUnits:
        return MinorUnits(amount * 2)

    @strawberry.field(extensions=[anyone()])
    def echo(self, at: datetime) -> datetime:
        return at


@pytest.fixture
def schema() -> Schema:
    return build_schema(query=Query)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path}/x.db")
    yield opened
    await opened.close()


def a_context(database: Database, caller: Principal) -> RequestContext:
    clock = ManualClock(datetime(2030, 1, 7, tzinfo=UTC))
    return RequestContext(principal=caller, database=database, clock=clock, request_id="r")


def code_of(error: GraphQLError) -> object:
    return (error.extensions or {})["code"]


@pytest.mark.parametrize(
    ("caller", "open_to"),
    [
        (ANONYMOUS, set()),
        (a_person(), {"members"}),
        (a_person(Role.CLIENT), {"members"}),
        (a_person(Role.MANAGER), {"members", "staff"}),
        (a_service("orders"), {"internal"}),
    ],
    ids=["anonymous", "no role", "client", "manager", "service"],
)
async def test_rules_let_through_whom_they_name(
    schema: Schema, database: Database, caller: Principal, open_to: set[str]
) -> None:
    result = await schema.execute(
        "{ open members staff internal }", context_value=a_context(database, caller)
    )

    assert result.data is not None
    assert {name for name, value in result.data.items() if value} == open_to | {"open"}
    expected = "UNAUTHENTICATED" if caller.is_anonymous else "FORBIDDEN"
    assert {code_of(error) for error in result.errors or ()} == {expected}


def test_a_root_field_without_a_rule_does_not_build() -> None:
    @strawberry.type(name="Query")
    class Careless:
        @strawberry.field
        def secret(self) -> str:
            return "everybody sees this"

    with pytest.raises(UnguardedField, match=r"Query\.secret"):
        build_schema(query=Careless)


async def test_a_refusal_keeps_its_words_and_code(schema: Schema, database: Database) -> None:
    result = await schema.execute("{ refused }", context_value=a_context(database, ANONYMOUS))

    assert result.errors is not None
    assert result.errors[0].message == "It is broken."
    assert result.errors[0].extensions == {"code": "BAD_STATE", "reason": "TEST_BROKEN"}


async def test_a_crash_shows_an_error_id_and_nothing_else(
    schema: Schema, database: Database
) -> None:
    result = await schema.execute("{ crashed }", context_value=a_context(database, ANONYMOUS))

    assert result.errors is not None
    error = result.errors[0]
    assert code_of(error) == "INTERNAL_ERROR"
    assert str((error.extensions or {})["errorId"]) in error.message
    assert "hunter2" not in str(error.formatted)


@pytest.mark.parametrize("amount", ["0", "-5", "9007199254740993"])
async def test_money_is_a_string_of_digits(schema: Schema, database: Database, amount: str) -> None:
    result = await schema.execute(
        "query ($amount: MinorUnits!) { double(amount: $amount) }",
        {"amount": amount},
        context_value=a_context(database, ANONYMOUS),
    )

    assert result.data == {"double": str(int(amount) * 2)}


@pytest.mark.parametrize("amount", [5, 1.5, "1.5", "", "-", "abc", "1e3", "9" * 20, None])
async def test_what_is_no_money_is_refused(
    schema: Schema, database: Database, amount: object
) -> None:
    result = await schema.execute(
        "query ($amount: MinorUnits!) { double(amount: $amount) }",
        {"amount": amount},
        context_value=a_context(database, ANONYMOUS),
    )

    assert result.errors is not None
    assert result.errors[0].extensions == {"code": "VALIDATION"}


async def test_times_are_answered_in_utc(schema: Schema, database: Database) -> None:
    result = await schema.execute(
        '{ echo(at: "2030-01-07T09:00:00+02:00") }',
        context_value=a_context(database, ANONYMOUS),
    )

    assert result.data == {"echo": "2030-01-07T07:00:00Z"}


@pytest.mark.parametrize(
    "operation",
    [
        "{" + "a: open " * 30_000 + "}",
        "{" + " ".join(f"a{n}: open" for n in range(1_500)) + "}",
        "{ open",
        "{ nothing }",
    ],
    ids=["tokens", "aliases", "syntax", "unknown"],
)
async def test_operations_that_cannot_be_meant_are_refused(
    schema: Schema, database: Database, operation: str
) -> None:
    result = await schema.execute(operation, context_value=a_context(database, ANONYMOUS))

    assert result.errors is not None
    assert code_of(result.errors[0]) == "VALIDATION"
