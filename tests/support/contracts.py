"""Event contracts: every event class against its checked-in schema, every reader against what is published.

``CATTERY_UPDATE_CONTRACTS=1`` writes the files anew; the diff is then part of the review.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from messaging.events import Event, event_subject
from messaging.json_schema import Schema, event_schema, object_schema

CONTRACTS = Path(__file__).parents[1] / "contracts" / "events"
UPDATE = "CATTERY_UPDATE_CONTRACTS"


def assert_contract(event_class: type[Event], *, folder: Path = CONTRACTS) -> None:
    """Compare the class's schema with ``<folder>/<subject>.json``, or write that file in update mode.

    Raises:
        AssertionError: they differ, or there is no file.
    """
    subject = str(event_subject(event_class))
    file = folder / f"{subject}.json"
    schema = event_schema(event_class)
    if os.environ.get(UPDATE):
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
        return
    assert file.exists(), f"{subject} has no contract; run the tests once with {UPDATE}=1"
    assert json.loads(file.read_text()) == schema, (
        f"{event_class.__qualname__} no longer fits {file.name}: add optional fields only, or publish a new major"
    )


def unreadable(reads: type, event_class: type[Event]) -> list[str]:
    """Return what a reader's dataclass wants and an event's data does not give; empty when they fit."""
    return _misfits(object_schema(reads), event_schema(event_class), "data")


def _misfits(  # noqa: PLR0911  one return per kind
    wanted: Mapping[str, object], given: Mapping[str, object], path: str
) -> list[str]:
    if not wanted or wanted == given:
        return []
    if wanted.get("type") == given.get("type") == "object" and "properties" in wanted:
        return _object_misfits(wanted, given, path)
    if wanted.get("type") == given.get("type") == "array":
        return _misfits(_part(wanted, "items"), _part(given, "items"), f"{path}[]")
    if _is_text(wanted) and _is_text(given) and "format" not in wanted:
        # Text may be read from anything that is written as text.
        return []
    if (
        "enum" in wanted
        and "enum" in given
        and set(_list(given, "enum")) <= set(_list(wanted, "enum"))
    ):
        return []
    if wanted.get("type") == given.get("type") == "object":
        return []
    return [f"{path}: {dict(given)} is published, {dict(wanted)} is read"]


def _object_misfits(
    wanted: Mapping[str, object], given: Mapping[str, object], path: str
) -> list[str]:
    published = _part(given, "properties")
    promised = set(_list(given, "required"))
    found: list[str] = []
    for name, schema in _part(wanted, "properties").items():
        must = name in _list(wanted, "required")
        if name not in published:
            # An optional field that nobody publishes is a typing mistake more often than foresight.
            found.append(f"{path}.{name}: is not published")
        elif must and name not in promised:
            found.append(f"{path}.{name}: is optional in what is published, and required here")
        else:
            assert isinstance(schema, dict)
            found += _misfits(schema, _part(published, name), f"{path}.{name}")
    return found


def _part(schema: Mapping[str, object], name: str) -> Schema:
    part = schema.get(name, {})
    assert isinstance(part, dict)
    return part


def _list(schema: Mapping[str, object], name: str) -> Sequence[str]:
    found = schema.get(name, [])
    assert isinstance(found, list)
    return found


def _is_text(schema: Mapping[str, object]) -> bool:
    values = schema.get("enum")
    if isinstance(values, list):
        return all(isinstance(value, str) for value in values)
    return schema.get("type") == "string"
