"""Puts answers in parts together the way clients do, and holds the parts to the rules of their format."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from copy import deepcopy
from typing import Any

import httpx

Payload = dict[str, Any]


def merge_parts(parts: Sequence[Payload]) -> Payload:
    """Merge parts of the current format: each field may come but once. Spec: incremental delivery RFC, v0.2."""
    first, *rest = parts
    data = deepcopy(first["data"])
    errors = list(first.get("errors", ()))
    waiting: dict[str, Payload] = {}
    seen: set[str] = set()
    _announce(first, waiting, seen)
    for part in rest:
        _announce(part, waiting, seen)
        for increment in part.get("incremental", ()):
            pending = waiting[increment["id"]]
            target = _find(data, [*pending["path"], *increment.get("subPath", ())])
            assert isinstance(target, dict)
            assert target.keys().isdisjoint(increment["data"]), "a field came twice"
            target.update(deepcopy(increment["data"]))
            errors += increment.get("errors", ())
        for completed in part["completed"]:
            del waiting[completed["id"]]
            errors += completed.get("errors", ())
    assert not waiting, "something was announced and never completed"
    _check_has_next(parts)
    return {"data": data, **({"errors": errors} if errors else {})}


def merge_legacy_parts(parts: Sequence[Payload]) -> Payload:
    """Merge parts of the older format: patches repeat what is known. ``deferSpec=20220824``."""
    first, *rest = parts
    data = deepcopy(first["data"])
    errors = list(first.get("errors", ()))
    assert "pending" not in first
    for part in rest:
        assert part.keys() <= {"incremental", "hasNext", "extensions"}
        for patch in part["incremental"]:
            target = _find(data, patch["path"])
            assert isinstance(target, dict)
            if patch["data"] is not None:
                _merge(target, deepcopy(patch["data"]))
            errors += patch.get("errors", ())
    _check_has_next(parts)
    return {"data": data, **({"errors": errors} if errors else {})}


async def read_parts(response: httpx.Response) -> AsyncIterator[Payload]:
    """Yield the parts of a response as they arrive, each as soon as the delimiter after it is there.

    Spec: RFC 2046, 5.1 (Multipart).
    """
    buffer = b"\r\n"
    delimiter = b"\r\n---"
    is_first = True
    async for chunk in response.aiter_raw():
        buffer += chunk
        while delimiter in buffer:
            part, _, buffer = buffer.partition(delimiter)
            if is_first:
                assert part in {b"", b"\r\n"}, "there is something before the first part"
                is_first = False
                continue
            head, _, body = part.partition(b"\r\n\r\n")
            assert head.strip() == b"content-type: application/json; charset=utf-8"
            yield json.loads(body)
    assert buffer == b"--\r\n", "the end is missing"


def _announce(part: Payload, waiting: dict[str, Payload], seen: set[str]) -> None:
    for pending in part.get("pending", ()):
        assert pending["id"] not in seen
        seen.add(pending["id"])
        waiting[pending["id"]] = pending


def _check_has_next(parts: Sequence[Payload]) -> None:
    assert [part["hasNext"] for part in parts] == [True] * (len(parts) - 1) + [False]


def _find(data: Any, path: Sequence[str | int]) -> Any:
    for key in path:
        data = data[key]
    return data


def _merge(target: Payload, source: Payload) -> None:
    for key, value in source.items():
        target[key] = _merged(target[key], value) if key in target else value


def _merged(known: Any, value: Any) -> Any:
    if isinstance(known, dict) and isinstance(value, dict):
        _merge(known, value)
        return known
    if isinstance(known, list) and isinstance(value, list):
        assert len(known) == len(value)
        return [_merged(one, other) for one, other in zip(known, value, strict=True)]
    assert known == value
    return value
