"""Accounts over GraphQL: who sees what, and what administrators may do."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from shared.demo import demo_id
from shared.identity import Role

from .callers import AccountsService

PRIVATE = "email roles state locale externalRef version createdAt lastLoginAt"
ACCOUNT = f"query ($id: ID!) {{ account(id: $id) {{ id displayName {PRIVATE} }} }}"
REFERENCE = """
query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Account { id displayName email }
    ... on Worker { id account { displayName email } }
    ... on Client { id account { displayName } }
  }
}
"""
CREATE = """
mutation ($email: String!, $roles: [Role!]!, $key: ID!) {
  createStaffAccount(email: $email, displayName: "New", roles: $roles, key: $key) {
    id email roles state version
  }
}
"""
SET_ROLES = """
mutation ($id: ID!, $roles: [Role!]!, $version: Int!) {
  setRoles(accountId: $id, roles: $roles, expectedVersion: $version) { roles version }
}
"""
SET_STATE = """
mutation ($id: ID!, $state: AccountState!) {
  setAccountState(accountId: $id, state: $state, reason: "a test") { state }
}
"""
ISSUE_INVITE = "mutation ($id: ID!) { issueInvite(accountId: $id) }"
ACCEPT = 'mutation ($token: String!) { acceptInvite(token: $token, password: "a long password") { accessToken } }'
SESSIONS = "{ me { sessions { id revokedAt } } }"


def a_reference(kind: str, account_id: UUID) -> dict[str, str]:
    return {"__typename": kind, "id": str(account_id)}


# -- reading


async def test_everybody_reads_their_own_account(accounts: AccountsService) -> None:
    data = await accounts.fetch(f"{{ me {{ id displayName {PRIVATE} }} }}", caller=Role.WORKER)

    me = data["me"]
    assert me["id"] == str(demo_id("worker"))
    assert (me["email"], me["roles"], me["state"]) == ("worker@demo.test", ["WORKER"], "ACTIVE")
    assert me["lastLoginAt"] is not None


@pytest.mark.parametrize("caller", [Role.CLIENT, Role.WORKER, Role.QUALITY, Role.EMPLOYEE])
async def test_only_managers_and_administrators_look_accounts_up(
    accounts: AccountsService, caller: Role
) -> None:
    token = (await accounts.log_in(caller))["accessToken"]

    one = await accounts.execute(ACCOUNT, {"id": str(demo_id("client"))}, token=token)
    many = await accounts.execute("{ accounts { totalCount } }", token=token)

    assert one.codes == many.codes == ["FORBIDDEN"]


@pytest.mark.parametrize("caller", [Role.MANAGER, Role.ADMIN])
async def test_managers_and_administrators_see_all_of_an_account(
    accounts: AccountsService, caller: Role
) -> None:
    data = await accounts.fetch(ACCOUNT, {"id": str(demo_id("client"))}, caller=caller)

    assert data["account"]["email"] == "client@demo.test"
    assert data["account"]["version"] == 2


async def test_an_unknown_account_is_null_and_a_bad_id_refused(accounts: AccountsService) -> None:
    token = (await accounts.log_in(Role.ADMIN))["accessToken"]

    unknown = await accounts.fetch(ACCOUNT, {"id": str(uuid4())}, token=token)
    malformed = await accounts.execute(ACCOUNT, {"id": "tom"}, token=token)

    assert unknown == {"account": None}
    assert malformed.codes == ["VALIDATION"]


async def test_a_client_sees_the_worker_s_name_and_nothing_else(accounts: AccountsService) -> None:
    representations = [
        a_reference("Worker", demo_id("worker")),
        a_reference("Account", demo_id("worker")),
    ]

    answer = await accounts.execute(
        REFERENCE, {"representations": representations}, caller=Role.CLIENT
    )

    assert answer.data is not None
    worker, account = answer.data["_entities"]
    assert worker["account"] == {"displayName": "Whiskers", "email": None}
    assert account == {"id": str(demo_id("worker")), "displayName": "Whiskers", "email": None}
    assert answer.codes == ["FORBIDDEN", "FORBIDDEN"]


@pytest.mark.parametrize("caller", [Role.MANAGER, Role.QUALITY, Role.EMPLOYEE, Role.ADMIN])
async def test_staff_see_the_e_mail_of_whom_they_come_across(
    accounts: AccountsService, caller: Role
) -> None:
    representations = [a_reference("Worker", demo_id("worker"))]

    data = await accounts.fetch(REFERENCE, {"representations": representations}, caller=caller)

    assert data["_entities"][0]["account"]["email"] == "worker@demo.test"


async def test_strangers_resolve_no_references(accounts: AccountsService) -> None:
    kinds = ("Account", "Worker", "Client")
    representations = [a_reference(kind, demo_id("worker")) for kind in kinds]

    answer = await accounts.execute(REFERENCE, {"representations": representations})

    assert answer.codes == ["UNAUTHENTICATED"] * 3
    assert answer.data == {"_entities": [None, None, None]}


async def test_references_to_nobody_are_null(accounts: AccountsService) -> None:
    representations = [a_reference("Account", uuid4()), a_reference("Client", uuid4())]

    data = await accounts.fetch(
        REFERENCE, {"representations": representations}, caller=Role.MANAGER
    )

    assert data["_entities"][0] is None
    assert data["_entities"][1]["account"] is None


async def test_sessions_are_for_their_owner_and_administrators(accounts: AccountsService) -> None:
    operation = "query ($id: ID!) { account(id: $id) { sessions { id } } }"
    variables = {"id": str(demo_id("client"))}
    await accounts.log_in(Role.CLIENT)

    by_manager = await accounts.execute(operation, variables, caller=Role.MANAGER)
    by_admin = await accounts.fetch(operation, variables, caller=Role.ADMIN)

    assert by_manager.codes == ["FORBIDDEN"]
    assert len(by_admin["account"]["sessions"]) == 1


async def test_accounts_are_listed_page_by_page(accounts: AccountsService) -> None:
    operation = """
    query ($after: String) {
      accounts(first: 3, after: $after) { nodes { email } endCursor hasNextPage totalCount }
    }
    """
    token = (await accounts.log_in(Role.MANAGER))["accessToken"]
    seen: list[str] = []
    after: str | None = None
    while True:
        page = (await accounts.fetch(operation, {"after": after}, token=token))["accounts"]
        seen += [node["email"] for node in page["nodes"]]
        assert page["totalCount"] == 7
        if not page["hasNextPage"]:
            break
        after = page["endCursor"]

    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"role": "WORKER"}, ["worker@demo.test"]),
        ({"emailPrefix": "QUAL"}, ["quality@demo.test"]),
        ({"emailPrefix": "%"}, []),
        ({"state": "DISABLED"}, []),
        ({"externalRef": "HCB-000001"}, []),
        ({"createdAfter": "2999-01-01T00:00:00Z"}, []),
        ({"role": "ADMIN", "state": "ACTIVE", "emailPrefix": "admin@"}, ["admin@demo.test"]),
    ],
)
async def test_accounts_are_found_by_what_is_known_of_them(
    accounts: AccountsService, condition: dict[str, str], found: list[str]
) -> None:
    operation = "query ($f: AccountFilter) { accounts(filter: $f) { nodes { email } totalCount } }"

    page = (await accounts.fetch(operation, {"f": condition}, caller=Role.MANAGER))["accounts"]

    assert [node["email"] for node in page["nodes"]] == found
    assert page["totalCount"] == len(found)


# -- oneself


async def test_a_wrong_password_is_refused_with_a_reason(accounts: AccountsService) -> None:
    answer = await accounts.execute(
        'mutation { login(email: "admin@demo.test", password: "guess") { accessToken } }'
    )

    assert answer.codes == ["UNAUTHENTICATED"]
    assert answer.reasons == ["ACCOUNTS_INVALID_CREDENTIALS"]


async def test_too_many_failures_say_when_to_come_back(accounts: AccountsService) -> None:
    operation = 'mutation { login(email: "nobody@x.test", password: "guess") { accessToken } }'
    for _ in range(10):
        await accounts.execute(operation)

    answer = await accounts.execute(operation)

    assert answer.codes == ["RATE_LIMITED"]
    assert 0 < answer.errors[0]["extensions"]["retryAfterSeconds"] <= 900


async def test_tokens_are_refreshed_and_old_ones_refused(accounts: AccountsService) -> None:
    operation = "mutation ($t: String!) { refresh(refreshToken: $t) { accessToken refreshToken } }"
    tokens = await accounts.log_in(Role.CLIENT)
    refreshed = await accounts.fetch(operation, {"t": tokens["refreshToken"]})

    again = await accounts.execute(operation, {"t": tokens["refreshToken"]})

    assert again.reasons == ["ACCOUNTS_TOKEN_INVALID"]
    stolen = await accounts.execute(operation, {"t": refreshed["refresh"]["refreshToken"]})
    assert stolen.reasons == ["ACCOUNTS_TOKEN_INVALID"]


async def test_logout_ends_this_session_only(accounts: AccountsService) -> None:
    here, there = await accounts.log_in(Role.CLIENT), await accounts.log_in(Role.CLIENT)

    data = await accounts.fetch("mutation { logout }", token=here["accessToken"])

    assert data == {"logout": True}
    sessions = (await accounts.fetch(SESSIONS, token=there["accessToken"]))["me"]["sessions"]
    assert sorted(session["revokedAt"] is None for session in sessions) == [False, True]


async def test_logout_everywhere_ends_all_sessions(accounts: AccountsService) -> None:
    here = await accounts.log_in(Role.CLIENT)
    await accounts.log_in(Role.CLIENT)

    await accounts.fetch("mutation { logout(everywhere: true) }", token=here["accessToken"])

    sessions = (await accounts.fetch(SESSIONS, token=here["accessToken"]))["me"]["sessions"]
    assert all(session["revokedAt"] is not None for session in sessions)


async def test_asking_for_a_new_password_tells_nothing(accounts: AccountsService) -> None:
    operation = "mutation ($email: String!) { requestPasswordReset(email: $email) }"

    somebody = await accounts.fetch(operation, {"email": "client@demo.test"})
    nobody = await accounts.fetch(operation, {"email": "nobody@demo.test"})

    assert somebody == nobody == {"requestPasswordReset": True}


async def test_a_forgotten_password_is_replaced(accounts: AccountsService) -> None:
    issued = await accounts.fetch(
        "mutation ($id: ID!) { issuePasswordReset(accountId: $id) }",
        {"id": str(demo_id("client"))},
        caller=Role.ADMIN,
    )

    await accounts.fetch(
        'mutation ($t: String!) { resetPassword(token: $t, password: "a new password") { accessToken } }',
        {"t": issued["issuePasswordReset"]},
    )

    await accounts.log_in("client@demo.test", "a new password")


# -- administrators


async def test_a_member_of_staff_is_created_invited_and_signs_in(accounts: AccountsService) -> None:
    token = (await accounts.log_in(Role.ADMIN))["accessToken"]
    variables = {"email": "new@demo.test", "roles": ["MANAGER"], "key": "k1"}
    created = (await accounts.fetch(CREATE, variables, token=token))["createStaffAccount"]
    assert (created["state"], created["roles"]) == ("INVITED", ["MANAGER"])

    invite = (await accounts.fetch(ISSUE_INVITE, {"id": created["id"]}, token=token))["issueInvite"]
    accepted = await accounts.fetch(ACCEPT, {"token": invite})

    me = await accounts.fetch("{ me { id } }", token=accepted["acceptInvite"]["accessToken"])
    assert me["me"]["id"] == created["id"]
    await accounts.log_in("new@demo.test", "a long password")


async def test_creating_with_the_same_key_creates_once(accounts: AccountsService) -> None:
    token = (await accounts.log_in(Role.ADMIN))["accessToken"]
    variables: dict[str, object] = {"email": "new@demo.test", "roles": ["MANAGER"], "key": "k1"}

    first = await accounts.fetch(CREATE, variables, token=token)
    again = await accounts.fetch(CREATE, variables, token=token)
    other = await accounts.execute(CREATE, {**variables, "roles": ["QUALITY"]}, token=token)
    taken = await accounts.execute(CREATE, {**variables, "key": "k2"}, token=token)

    assert first == again
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]
    assert taken.reasons == ["ACCOUNTS_EMAIL_TAKEN"]


async def test_roles_are_set_at_a_version(accounts: AccountsService) -> None:
    token = (await accounts.log_in(Role.ADMIN))["accessToken"]
    variables: dict[str, object] = {"id": str(demo_id("manager")), "roles": ["QUALITY"]}

    changed = await accounts.fetch(SET_ROLES, {**variables, "version": 2}, token=token)
    stale = await accounts.execute(SET_ROLES, {**variables, "version": 2}, token=token)

    assert changed["setRoles"] == {"roles": ["QUALITY"], "version": 3}
    assert stale.codes == ["CONFLICT"]


async def test_an_administrator_who_is_none_any_more_is_stopped_at_once(
    accounts: AccountsService,
) -> None:
    """Elsewhere the old token is good for some minutes; here, where power is given away, it is not."""
    token = (await accounts.log_in(Role.ADMIN))["accessToken"]
    manager = {"id": str(demo_id("manager")), "roles": ["ADMIN"], "version": 2}
    await accounts.fetch(SET_ROLES, manager, token=token)
    admin = {"id": str(demo_id("admin")), "roles": ["MANAGER"], "version": 2}
    await accounts.fetch(SET_ROLES, admin, token=token)

    answer = await accounts.execute(
        SET_STATE, {"id": str(demo_id("client")), "state": "LOCKED"}, token=token
    )

    assert answer.reasons == ["ACCOUNTS_TOKEN_OUTDATED"]


async def test_the_last_administrator_cannot_be_disabled(accounts: AccountsService) -> None:
    variables = {"id": str(demo_id("admin")), "state": "DISABLED"}

    answer = await accounts.execute(SET_STATE, variables, caller=Role.ADMIN)

    assert answer.codes == ["BAD_STATE"]
    assert answer.reasons == ["ACCOUNTS_LAST_ADMIN"]


async def test_a_disabled_account_signs_in_no_more(accounts: AccountsService) -> None:
    variables = {"id": str(demo_id("client")), "state": "DISABLED"}
    await accounts.fetch(SET_STATE, variables, caller=Role.ADMIN)

    answer = await accounts.execute(
        'mutation { login(email: "client@demo.test", password: "demo-password") { accessToken } }'
    )

    assert answer.reasons == ["ACCOUNTS_NOT_USABLE"]


ADMINISTRATION = (
    'mutation { createStaffAccount(email: "a@b.c", displayName: "A", roles: [ADMIN], key: "k") { id } }',
    'mutation { setRoles(accountId: "x", roles: [ADMIN], expectedVersion: 1) { id } }',
    'mutation { setAccountState(accountId: "x", state: LOCKED, reason: "r") { id } }',
    'mutation { issueInvite(accountId: "x") }',
    'mutation { issuePasswordReset(accountId: "x") }',
    'mutation { issueIntegratorKey(accountId: "x", scopes: ["a:b"], ttlDays: 1) }',
    'mutation { revokeIntegratorKey(clientId: "x") }',
)


@pytest.mark.parametrize(
    "caller", [None, *(role for role in Role if role not in (Role.ADMIN, Role.INTEGRATOR))]
)
async def test_nobody_else_administers(accounts: AccountsService, caller: Role | None) -> None:
    token = None if caller is None else (await accounts.log_in(caller))["accessToken"]

    for operation in ADMINISTRATION:
        answer = await accounts.execute(operation, token=token)

        assert answer.data is None
        assert answer.codes == ["UNAUTHENTICATED" if caller is None else "FORBIDDEN"]


async def test_a_bad_token_is_refused_before_anything_else(accounts: AccountsService) -> None:
    answer = await accounts.execute("{ __typename }", token="not.a.token")

    assert answer.status == 401
    assert answer.codes == ["UNAUTHENTICATED"]
