"""Answers in parts: the first is the answer's body, the others follow as its ``parts``.

An answer that turns out to have but one part is an ordinary one. Whoever closes ``parts`` ends what is under way.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self, cast

from gateway.errors import ClientError
from gateway.execution.context import ExecutionContext
from gateway.execution.incremental import execute_in_parts
from gateway.execution.incremental_format import IncrementalFormat, encode_next, encode_primary
from gateway.execution.incremental_result import Completion, Delivery, Pending
from gateway.execution.prepared_plan import PreparedPlan
from gateway.execution.result import ExecutionResult, WireError

from .answer import Answer, Outcome, list_errors


@dataclass(slots=True, kw_only=True)
class IncrementalAnswer:
    """One answer in parts, on its way."""

    plan: PreparedPlan
    variables: Mapping[str, object]
    context: ExecutionContext
    how: IncrementalFormat
    on_errors: Callable[[list[WireError]], None]
    """Called with the errors of every part before it is written; may change them."""

    on_mishap: Callable[[Exception], dict[str, object]]
    """Called when the gateway fails on the way; returns what to tell the client."""

    _open: dict[Pending, None] = field(default_factory=dict)

    async def start(
        self, extensions: Mapping[str, object], headers: tuple[tuple[str, str], ...]
    ) -> Answer:
        """Return the answer once its first part is there, with ``extensions`` in it.

        Raises:
            ExecutionError: the plan cannot be carried out.
        """
        deliveries = execute_in_parts(
            self.plan,
            variables=self.variables,
            context=self.context,
            repeats_fields=self.how is IncrementalFormat.LEGACY,
        )
        answer: Answer | None = None
        try:
            first = await anext(deliveries)
            first.extensions.update(extensions)
            answer = self._begin(first, _LaterParts(self, deliveries), headers)
        finally:
            if answer is None or answer.parts is None:
                await deliveries.aclose()
        return answer

    def _begin(
        self, first: Delivery, later: _LaterParts, headers: tuple[tuple[str, str], ...]
    ) -> Answer:
        self._tell_errors(first)
        self._note_open(first)
        outcome = Outcome.PARTIAL if first.errors else Outcome.COMPLETE
        codes = tuple(dict.fromkeys(str(e["extensions"].get("code")) for e in first.errors))
        if not first.has_next:
            whole = ExecutionResult(first.data, first.errors, first.extensions)
            return Answer(
                outcome=outcome, body=whole.to_bytes(), headers=headers, error_codes=codes
            )
        return Answer(
            outcome=outcome,
            body=encode_primary(first, self.how),
            headers=headers,
            error_codes=codes,
            incremental=self.how,
            parts=later,
        )

    def encode_later(self, delivery: Delivery) -> bytes:
        """Write a part after the first."""
        self._tell_errors(delivery)
        text = encode_next(delivery, self.how)
        self._note_open(delivery)
        return text

    def give_up(self, told: Mapping[str, object]) -> bytes:
        """Write a last part that says of all that the client waits for that it will not come."""
        told = cast("WireError", told)
        lost = [Completion(pending, [told]) for pending in self._open]
        return encode_next(Delivery(completed=lost, has_next=False), self.how)

    def _tell_errors(self, delivery: Delivery) -> None:
        errors = delivery.all_errors()
        if errors:
            self.on_errors(errors)

    def _note_open(self, delivery: Delivery) -> None:
        self._open.update(dict.fromkeys(delivery.pending))
        for completion in delivery.completed:
            del self._open[completion.pending]


class _LaterParts:
    """The parts after the first. Not a generator, for one that was never started cannot be closed."""

    def __init__(
        self, answer: IncrementalAnswer, deliveries: AsyncGenerator[Delivery, None]
    ) -> None:
        self._answer = answer
        self._deliveries = deliveries
        self._has_failed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._has_failed:
            raise StopAsyncIteration
        try:
            return self._answer.encode_later(await anext(self._deliveries))
        except StopAsyncIteration:
            raise
        except Exception as error:  # noqa: BLE001 - the root of what runs after the first part
            self._has_failed = True
            return self._answer.give_up(self._answer.on_mishap(error))

    async def aclose(self) -> None:
        """End what is under way."""
        await self._deliveries.aclose()

    def cut_short(self, error: ClientError) -> bytes:
        """Write a last part that says why the rest does not come; to be called after ``aclose``."""
        return self._answer.give_up(list_errors(error)[0])
