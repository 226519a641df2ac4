"""A transport that answers from a function, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from gateway.execution.context import ExecutionContext
from gateway.transports.base import SubgraphRequest, SubgraphResponse

Payload = dict[str, Any]
Outcome = Payload | bytes | SubgraphResponse | Exception


class FakeTransport:
    """Stands for one subgraph.

    Args:
        answer: from the decoded request to a payload, a body, a response, or an error to raise.
        gate: requests wait until it is set.
    """

    def __init__(
        self, answer: Callable[[Payload], Outcome], *, gate: asyncio.Event | None = None
    ) -> None:
        self._answer = answer
        self._gate = gate
        self.requests: list[SubgraphRequest] = []
        self.asked = asyncio.Event()
        self.cancelled = 0

    @property
    def payloads(self) -> list[Payload]:
        return [json.loads(request.body) for request in self.requests]

    @property
    def representations(self) -> list[Payload]:
        """What the only request asked about."""
        (payload,) = self.payloads
        found: list[Payload] = payload["variables"]["representations"]
        return found

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.requests.append(request)
        self.asked.set()
        try:
            await (self._gate.wait() if self._gate is not None else asyncio.sleep(0))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        match self._answer(json.loads(request.body)):
            case Exception() as error:
                raise error
            case SubgraphResponse() as response:
                return response
            case bytes() as body:
                return SubgraphResponse(200, body)
            case payload:
                return SubgraphResponse(200, json.dumps(payload).encode())

    async def close(self) -> None:
        pass


def answering(outcome: Outcome, *, gate: asyncio.Event | None = None) -> FakeTransport:
    """A subgraph that always says the same."""
    return FakeTransport(lambda _: outcome, gate=gate)


def entities_by(key: str, entities: dict[object, Payload | None]) -> FakeTransport:
    """A subgraph that looks entities up by one field of their representations."""

    def answer(payload: Payload) -> Payload:
        asked = payload["variables"]["representations"]
        return {"data": {"_entities": [entities.get(item[key]) for item in asked]}}

    return FakeTransport(answer)


def a_context(**transports: FakeTransport) -> ExecutionContext:
    return ExecutionContext(transports=transports)
