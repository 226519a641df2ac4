"""Writes the parts of an answer as JSON, in either format that clients read.

* ``CURRENT``: fragments are announced (``pending``), given field by field, each field once (``incremental``), and
  told to be whole (``completed``). Incremental delivery RFC, v0.2.
* ``LEGACY``: every fragment comes as one patch with its label and path, fields that the client has included.
"""

from __future__ import annotations

from enum import StrEnum

from .incremental_result import Completion, Delivery, Increment, Pending
from .json_text import encode_json
from .result import JsonObject, WireError


class IncrementalFormat(StrEnum):
    """A format, named by the parameter that asks for it."""

    CURRENT = "incrementalSpec=v0.2"
    LEGACY = "deferSpec=20220824"


def encode_primary(delivery: Delivery, how: IncrementalFormat) -> bytes:
    """Write the first part."""
    wire: JsonObject = {}
    if delivery.errors:
        wire["errors"] = delivery.errors
    wire["data"] = delivery.data
    if how is IncrementalFormat.CURRENT and delivery.pending:
        wire["pending"] = [_pending(each) for each in delivery.pending]
    if delivery.extensions:
        wire["extensions"] = delivery.extensions
    wire["hasNext"] = delivery.has_next
    return encode_json(wire)


def encode_next(delivery: Delivery, how: IncrementalFormat) -> bytes:
    """Write a later part."""
    wire: JsonObject = {}
    if how is IncrementalFormat.CURRENT:
        if delivery.pending:
            wire["pending"] = [_pending(each) for each in delivery.pending]
        if delivery.increments:
            wire["incremental"] = [_increment(each) for each in delivery.increments]
        wire["completed"] = [_completion(each) for each in delivery.completed]
    else:
        wire["incremental"] = [_patch(each, delivery.increments) for each in delivery.completed]
    if delivery.extensions:
        wire["extensions"] = delivery.extensions
    wire["hasNext"] = delivery.has_next
    return encode_json(wire)


def _pending(pending: Pending) -> JsonObject:
    wire: JsonObject = {"id": pending.id, "path": list(pending.path)}
    if pending.part.label is not None:
        wire["label"] = pending.part.label
    return wire


def _increment(increment: Increment) -> JsonObject:
    wire: JsonObject = {"id": increment.pending.id}
    below = increment.path[len(increment.pending.path) :]
    if below:
        wire["subPath"] = list(below)
    wire["data"] = increment.data
    if increment.errors:
        wire["errors"] = increment.errors
    return wire


def _completion(completion: Completion) -> JsonObject:
    wire: JsonObject = {"id": completion.pending.id}
    if completion.errors is not None:
        wire["errors"] = completion.errors
    return wire


def _patch(completion: Completion, increments: list[Increment]) -> JsonObject:
    pending = completion.pending
    wire: JsonObject = {"data": completion.repeated, "path": list(pending.path)}
    if pending.part.label is not None:
        wire["label"] = pending.part.label
    errors: list[WireError] = [
        error for each in increments if each.pending is pending for error in each.errors
    ]
    errors += completion.errors or ()
    if errors:
        wire["errors"] = errors
    return wire
