"""Several requests in one list, as clients with batching send them: each is answered as if it had come alone.

Queries are worked on at the same time, up to a number. A list with a mutation in it runs strictly in order, one after
the other, so that what comes behind the mutation sees what it wrote.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.errors import ClientError
from gateway.query_plan.nodes import OperationKind
from gateway.telemetry.request_record import RequestRecord

from .answer import Answer, Outcome, refuse
from .cache_control import NO_STORE, merge_printed
from .preparation import PreparedOperation
from .request import Caller, GraphQLRequest


class Runner(Protocol):
    """What answers one request, in two steps."""

    def start_deadline(self) -> float:
        """Return when a request that arrives now must be answered."""
        ...

    async def prepare_or_refuse(
        self, request: GraphQLRequest, caller: Caller, deadline: float
    ) -> PreparedOperation | Answer:
        """Return the operation, or the answer that says why it cannot be run."""
        ...

    async def answer_prepared(
        self,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        caller: Caller,
        deadline: float,
    ) -> Answer:
        """Return the answer to what is prepared."""
        ...


async def answer_batch(
    runner: Runner,
    requests: Sequence[GraphQLRequest | ClientError],
    caller: Caller,
    *,
    concurrency: int,
) -> Answer:
    """Return a JSON list of answers, in the order of ``requests``; one that cannot be read stands there as its error.

    Time is counted for the whole list. When the client leaves amid a list with mutations, the one that runs goes on to
    its end, and those behind it are not begun.
    """
    caller.record.note("batch_size", len(requests))
    deadline = runner.start_deadline()
    items = [_Item.open(request, caller) for request in requests]
    slots = asyncio.Semaphore(concurrency)
    async with asyncio.TaskGroup() as tasks:
        for item in items:
            tasks.create_task(item.prepare(runner, deadline, slots))
    if any(item.is_mutation for item in items):
        for item in items:
            if caller.presence.is_gone:
                raise asyncio.CancelledError
            await item.run(runner, deadline, slots)
    else:
        async with asyncio.TaskGroup() as tasks:
            for item in items:
                tasks.create_task(item.run(runner, deadline, slots))
    return _join(items, caller)


@dataclass(slots=True)
class _Item:
    """One request of the list, on its way to its answer."""

    request: GraphQLRequest | None
    caller: Caller
    prepared: PreparedOperation | None = None
    answer: Answer | None = None

    @classmethod
    def open(cls, request: GraphQLRequest | ClientError, caller: Caller) -> _Item:
        record = RequestRecord(request_id=caller.record.request_id, trace=caller.record.trace)
        own = dataclasses.replace(caller, record=record, sharing_key=None)
        if isinstance(request, ClientError):
            record.add_code(request.code)
            return cls(None, own, answer=refuse(request))
        return cls(request, own)

    @property
    def is_mutation(self) -> bool:
        return self.prepared is not None and self.prepared.kind is OperationKind.MUTATION

    async def prepare(self, runner: Runner, deadline: float, slots: asyncio.Semaphore) -> None:
        if self.request is None:
            return
        async with slots:
            found = await runner.prepare_or_refuse(self.request, self.caller, deadline)
        if isinstance(found, Answer):
            self.answer = found
        else:
            self.prepared = found

    async def run(self, runner: Runner, deadline: float, slots: asyncio.Semaphore) -> None:
        if self.request is None or self.prepared is None:
            return
        async with slots:
            self.answer = await runner.answer_prepared(
                self.prepared, self.request, self.caller, deadline
            )


def _join(items: Sequence[_Item], caller: Caller) -> Answer:
    answers = [item.answer for item in items if item.answer is not None]
    record = caller.record
    record.operation_kind = (
        OperationKind.MUTATION if any(item.is_mutation for item in items) else OperationKind.QUERY
    ).value
    for item in items:
        record.subgraph_calls += item.caller.record.subgraph_calls
        for code in item.caller.record.error_codes:
            record.add_code(code)
    policies = [dict(answer.headers).get("cache-control") for answer in answers]
    headers: tuple[tuple[str, str], ...] = ()
    if any(policies):
        # An answer that says nothing, such as a refusal, must not be kept either.
        headers = (("cache-control", merge_printed(policy or NO_STORE for policy in policies)),)
    return Answer(
        outcome=Outcome.COMPLETE,
        body=b"[" + b",".join(answer.body for answer in answers) + b"]",
        headers=headers,
        is_list=True,
    )
