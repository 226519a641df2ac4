"""The running accounts service and people who sign in to it, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.demo import PASSWORD
from shared.identity import Role
from tests.support.service import Answer, RunningService

SERVICE_SECRET = "the services' secret"
REDIRECT_URI = "https://app.example.test/callback"
ENVIRONMENT = {
    "CATTERY_ACCOUNTS_DEMO": "true",
    "CATTERY_ACCOUNTS_ARGON2_TIME_COST": "1",
    "CATTERY_ACCOUNTS_ARGON2_MEMORY_KIB": "8",
    "CATTERY_ACCOUNTS_ARGON2_PARALLELISM": "1",
    "CATTERY_ACCOUNTS_APPS": f"the-app={REDIRECT_URI}; other-app=https://other.example.test/cb",
    "CATTERY_SERVICE_SECRET": SERVICE_SECRET,
}
LOGIN = """
mutation ($email: String!, $password: String!) {
  login(email: $email, password: $password) { accessToken refreshToken accessExpiresAt }
}
"""


@dataclass(frozen=True, slots=True)
class AccountsService:
    service: RunningService

    async def log_in(self, who: Role | str, password: str = PASSWORD) -> dict[str, str]:
        """Return the tokens of one of the demo's accounts, or of anybody by e-mail."""
        email = f"{who.lower()}@demo.test" if isinstance(who, Role) else who
        data = await self.service.fetch(LOGIN, {"email": email, "password": password})
        tokens: dict[str, str] = data["login"]
        return tokens

    async def execute(
        self,
        operation: str,
        variables: Mapping[str, object] | None = None,
        *,
        caller: Role | None = None,
        token: str | None = None,
    ) -> Answer:
        """Send ``operation`` as somebody of this role, with a token, or as a stranger."""
        if caller is not None:
            token = (await self.log_in(caller))["accessToken"]
        response = await self.service.http.post(
            "/graphql",
            json={"query": operation, "variables": dict(variables or {})},
            headers={} if token is None else {"authorization": f"Bearer {token}"},
        )
        body = response.json()
        return Answer(response.status_code, body.get("data"), body.get("errors") or [])

    async def fetch(
        self,
        operation: str,
        variables: Mapping[str, object] | None = None,
        *,
        caller: Role | None = None,
        token: str | None = None,
    ) -> dict[str, Any]:
        """Send ``operation`` and return its data; fail on any error."""
        answer = await self.execute(operation, variables, caller=caller, token=token)
        assert not answer.errors, answer.errors
        assert answer.data is not None
        return answer.data
