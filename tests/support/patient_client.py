"""A client who does what an app does when the other side is restarted: asks again, in the same words, by the same key.

What was refused for good is raised at once; only what may go away by itself is asked again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from tests.support.conversation import RequestFailed
from tests.support.platform import RunningPlatform
from tests.support.waiting import DEADLINE

PATIENCE = 2 * DEADLINE
PAUSE = timedelta(milliseconds=200)
PASSING = frozenset(
    {
        "SUBGRAPH_REQUEST_FAILED", "SUBGRAPH_UNREACHABLE", "SUBGRAPH_TIMEOUT", "SUBGRAPH_SUSPENDED",
        "SUBGRAPH_BAD_STATUS", "UPSTREAM_UNAVAILABLE", "UPSTREAM_UNKNOWN", "SIGNING_KEYS_UNAVAILABLE", "NOT_READY",
        "OVERLOADED", "GATEWAY_TIMEOUT",
    }
)  # fmt: skip
"""Codes of what may go away by itself."""
NOT_SIGNED_IN = frozenset({"UNAUTHENTICATED", "TOKEN_EXPIRED"})
"""The clock was moved on: sign in anew."""


class Refused(AssertionError):
    """The platform said no, and would say so again."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.codes = codes_of(errors)


class PatienceLost(AssertionError):
    """It went on failing for longer than any restart takes."""


@dataclass(slots=True)
class PatientClient:
    """Everybody's app at once: people are told apart by their e-mail."""

    platform: RunningPlatform
    failures: Counter[str] = field(default_factory=Counter)
    """How often it had to ask again, and why."""
    _logins: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def ask(
        self,
        operation: str,
        variables: Mapping[str, object] | None = None,
        *,
        email: str,
        within: timedelta = PATIENCE,
    ) -> dict[str, Any]:
        """Send ``operation`` until it is answered, and return the data.

        Only for what may be repeated.

        Raises:
            Refused: the answer is no.
            PatienceLost: there was none in time.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within.total_seconds()
        while True:
            reason, data = await self._try(operation, variables, email)
            if data is not None:
                return data
            self.failures[reason] += 1
            if loop.time() > deadline:
                raise PatienceLost(f"{reason}: {operation}")
            await asyncio.sleep(PAUSE.total_seconds())

    async def _try(
        self, operation: str, variables: Mapping[str, object] | None, email: str
    ) -> tuple[str, dict[str, Any] | None]:
        try:
            # One login per person at a time: each costs a password hash.
            async with self._logins.setdefault(email, asyncio.Lock()):
                await self.platform.token_of(email)
            answer = await self.platform.execute(operation, variables, email=email)
        except (httpx.HTTPError, ValueError) as problem:
            return type(problem).__name__, None
        except RequestFailed as failed:
            return self._judge(failed.args[0], email), None
        if answer.get("errors"):
            return self._judge(answer["errors"], email), None
        data: dict[str, Any] = answer["data"]
        return "", data

    def _judge(self, errors: list[dict[str, Any]], email: str) -> str:
        """Return why it is worth asking again, or raise."""
        codes = codes_of(errors)
        if codes <= NOT_SIGNED_IN:
            self.platform.tokens.pop(email, None)
        elif not codes <= PASSING:
            raise Refused(errors)
        return ",".join(sorted(codes))


def codes_of(errors: list[dict[str, Any]]) -> frozenset[str]:
    """Return the codes of an answer's errors."""
    return frozenset(str(error.get("extensions", {}).get("code")) for error in errors)
