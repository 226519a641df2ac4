"""People of the demo talking to a gateway, each with the token they have logged in for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from shared.clock import VirtualClock
from shared.demo import PASSWORD

from .waiting import DEADLINE_SECONDS

_LOGIN = "mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { accessToken } }"

_NOTHING_WAS_DONE = frozenset(
    {"UPSTREAM_UNAVAILABLE", "SIGNING_KEYS_UNAVAILABLE", "NOT_READY", "OVERLOADED"}
)
"""Codes of refusals that say: try again soon."""


class RequestFailed(AssertionError):
    """A request that had to succeed was answered with errors."""


@dataclass(slots=True)
class Conversation:
    """People of the demo talking to a gateway."""

    http: httpx.AsyncClient
    clock: VirtualClock
    tokens: dict[str, str] = field(default_factory=dict)

    async def execute(
        self,
        operation: str,
        variables: Mapping[str, object] | None = None,
        *,
        email: str | None = None,
    ) -> dict[str, Any]:
        """Send ``operation`` as the person with ``email`` and return the whole answer."""
        headers = {} if email is None else {"authorization": f"Bearer {await self.token_of(email)}"}
        response = await self.http.post(
            "/graphql",
            json={"query": operation, "variables": dict(variables or {})},
            headers=headers,
        )
        answer: dict[str, Any] = response.json()
        return answer

    async def fetch(
        self,
        operation: str,
        variables: Mapping[str, object] | None = None,
        *,
        email: str | None = None,
    ) -> dict[str, Any]:
        """Send ``operation`` and return its data; told to try again soon, do so.

        Raises:
            RequestFailed: there were errors.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DEADLINE_SECONDS
        while True:
            answer = await self.execute(operation, variables, email=email)
            errors = answer.get("errors")
            if not errors:
                data: dict[str, Any] = answer["data"]
                return data
            codes = {error.get("extensions", {}).get("code") for error in errors}
            if not codes <= _NOTHING_WAS_DONE or loop.time() > deadline:
                raise RequestFailed(errors)
            await asyncio.sleep(0.2)

    async def token_of(self, email: str) -> str:
        """Return an access token of a demo account, logging in at first need."""
        if email not in self.tokens:
            data = await self.fetch(_LOGIN, {"email": email, "password": PASSWORD})
            self.tokens[email] = data["login"]["accessToken"]
        return self.tokens[email]

    def advance(self, by: timedelta) -> None:
        """Move everybody's clock forward; tokens that are over by then are forgotten."""
        self.clock.advance(by)
        self.tokens.clear()
