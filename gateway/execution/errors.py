"""Which errors the client gets: those of subgraphs, with client paths, and one for every field that is missing.

Work for when something went wrong: nothing here is touched while all goes well. Spec: GraphQL, 7.1.2 (Errors).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from gateway.errors import ExecutionError, GatewayError
from gateway.query_plan.nodes import EntityGroup, ObjectProjection
from gateway.transports.errors import SubgraphSuspended
from shared.logging import get_logger

from .client_paths import fields_of, locate
from .prepared_plan import PreparedFetch
from .projection_interpreter import FieldProblem
from .representations import Collected
from .result import ClientPath, JsonObject, WireError
from .tree_walk import PhysicalPath, find_places

DEFAULT_SUBGRAPH_CODE = "DOWNSTREAM_SERVICE_ERROR"
"""For errors of subgraphs that come without a code."""

INVALID_VALUE_CODE = "RESPONSE_VALIDATION_FAILED"
"""For values that are not as the API schema says."""

MAX_PLACES_PER_ERROR = 100
"""One failure may leave thousands of places without a value; the client is told of so many."""

MAX_ERRORS = 1000
"""No answer holds more errors than that."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """A fetch, or one entity group of it, gave nothing that can be used."""

    prepared: PreparedFetch
    collected: Sequence[Collected]
    error: Exception
    alias: str | None = None
    """The entity group; ``None`` for the whole fetch."""


@dataclass(frozen=True, slots=True)
class ReportedErrors:
    """Errors that a subgraph reported with its answer."""

    prepared: PreparedFetch
    collected: Sequence[Collected]
    errors: Sequence[JsonObject]
    null_aliases: frozenset[str]
    """Response keys of the fetch's operation that came back null, or not at all."""


@dataclass(slots=True)
class ErrorReport:
    """Collects the errors of one execution; used once its response tree is complete."""

    projection: ObjectProjection
    root: JsonObject
    errors: list[WireError] = field(default_factory=list)
    _explained: set[ClientPath] = field(default_factory=set)
    _users: dict[tuple[int, str], dict[int, list[PhysicalPath]]] = field(default_factory=dict)
    """By fetch and entity group: the places of the objects that use each representation."""

    def add(self, problem: FetchFailure | ReportedErrors) -> None:
        """Add what became of one fetch."""
        if isinstance(problem, FetchFailure):
            self._add_failure(problem)
        else:
            for error in problem.errors:
                self._add_reported(problem, error)

    def add_field_problems(self, problems: Sequence[FieldProblem]) -> None:
        """Add what the projection found, except where an error says already why there is no value.

        Spec: GraphQL, 6.4.4: one error per field, however far null climbs.
        """
        above = {path[:length] for path in self._explained for length in range(len(path) + 1)}
        for path, message in problems:
            prefixes = (path[:length] for length in range(len(path) + 1))
            if path in above or not self._explained.isdisjoint(prefixes):
                continue
            self._write(message, {"code": INVALID_VALUE_CODE}, path)

    def _add_failure(self, failure: FetchFailure) -> None:
        subgraph = failure.prepared.fetch.subgraph
        error_id = _log_failure(failure)
        error = failure.error
        extensions: JsonObject = {
            "code": error.code if isinstance(error, GatewayError) else ExecutionError.code,
            "service": subgraph,
            "errorId": error_id,
        }
        paths = self._affected(failure.prepared, failure.collected, failure.alias)
        self._append(f"Subgraph {subgraph!r} did not give a usable answer.", extensions, paths)

    def _add_reported(self, reported: ReportedErrors, error: JsonObject) -> None:
        own = error.get("extensions")
        extensions: JsonObject = dict(own) if isinstance(own, dict) else {}
        extensions.setdefault("code", DEFAULT_SUBGRAPH_CODE)
        extensions["service"] = reported.prepared.fetch.subgraph
        message = error.get("message")
        self._append(
            message if isinstance(message, str) else "The subgraph reported an error.",
            extensions,
            self._paths_of(reported, error.get("path")),
        )

    def _append(self, message: str, extensions: JsonObject, paths: Sequence[ClientPath]) -> None:
        self._explained.update(path for path in paths if path)
        for path in paths[:MAX_PLACES_PER_ERROR] or [()]:
            self._write(message, extensions, path)

    def _write(self, message: str, extensions: JsonObject, path: ClientPath) -> None:
        if len(self.errors) >= MAX_ERRORS:
            return
        error: WireError = {"message": message, "extensions": extensions}
        if path:
            error = {"message": message, "path": list(path), "extensions": extensions}
        self.errors.append(error)

    def _paths_of(self, reported: ReportedErrors, path: object) -> list[ClientPath]:
        """Return where the client sees an error at ``path`` of the subgraph's answer."""
        prepared, collected = reported.prepared, reported.collected
        if not _is_path(path) or not path:
            has_nothing = reported.null_aliases.issuperset(_aliases(prepared))
            return self._affected(prepared, collected, None) if has_nothing else []
        if not prepared.groups:
            places = (place for place, _ in find_places(self.root, prepared.fetch.path))
            return self._located((*place, *path) for place in places)
        alias, *rest = path
        for group, found in zip(prepared.groups, collected, strict=True):
            if group.group.alias != alias:
                continue
            index = rest[0] if rest else None
            if not isinstance(index, int):
                return self._affected(prepared, collected, group.group.alias)
            below = rest[1:]
            users = self._users_of(prepared.fetch.id, group.group, found)
            return self._located((*place, *below) for place in users.get(index, ()))
        return []

    def _affected(
        self, prepared: PreparedFetch, collected: Sequence[Collected], alias: str | None
    ) -> list[ClientPath]:
        """Return the fields of the answer that are without a value because there is no result."""
        paths: dict[ClientPath, None] = {}
        if prepared.root_written is not None:
            for place, obj in find_places(self.root, prepared.fetch.path):
                self._add_missing(paths, place, obj, prepared.root_written.keys.keys.keys())
        for group, found in zip(prepared.groups, collected, strict=False):
            if alias is None or group.group.alias == alias:
                for target, uses in zip(group.group.targets, found.uses, strict=True):
                    users = {id(obj) for obj in uses.objects}
                    for place, obj in find_places(self.root, target.path):
                        if id(obj) in users:
                            self._add_missing(paths, place, obj, group.written.keys.keys.keys())
        return list(paths)

    def _add_missing(
        self,
        paths: dict[ClientPath, None],
        place: PhysicalPath,
        obj: JsonObject,
        keys: Collection[str],
    ) -> None:
        seen = locate(self.projection, self.root, place)
        missing = [
            (*seen.path, part.response_key)
            for part in fields_of(seen.projection, obj)
            if part.source in keys and obj.get(part.source) is None
        ]
        # Nothing that the client asked for itself: others need it, so the error belongs to the object.
        for path in missing or [seen.path]:
            paths[path] = None

    def _users_of(
        self, fetch_id: int, group: EntityGroup, found: Collected
    ) -> dict[int, list[PhysicalPath]]:
        """Return the places of a group's objects by representation: one walk, however many errors there are."""
        known = self._users.get((fetch_id, group.alias))
        if known is not None:
            return known
        places = self._users[fetch_id, group.alias] = {}
        for target, uses in zip(group.targets, found.uses, strict=True):
            used = {id(obj): index for obj, index in zip(uses.objects, uses.indices, strict=True)}
            for place, obj in find_places(self.root, target.path):
                if id(obj) in used:
                    places.setdefault(used[id(obj)], []).append(place)
        return places

    def _located(self, places: Iterable[PhysicalPath]) -> list[ClientPath]:
        paths = (locate(self.projection, self.root, place).path for place in places)
        return list(dict.fromkeys(paths))


def _aliases(prepared: PreparedFetch) -> list[str]:
    if prepared.root_written is not None:
        return list(prepared.root_written.keys.keys)
    return [group.group.alias for group in prepared.groups]


def _is_path(value: object) -> TypeGuard[list[str | int]]:
    return isinstance(value, list) and all(
        isinstance(key, str) or type(key) is int for key in value
    )


def _log_failure(failure: FetchFailure) -> str:
    """Write the full text to the log, where its id leads from the client's error."""
    error_id = uuid.uuid4().hex
    fetch = failure.prepared.fetch
    event = {"subgraph": fetch.subgraph, "fetch": fetch.id, "error_id": error_id}
    if isinstance(failure.error, GatewayError):
        # Whoever gave the subgraph its pause has said so once; the calls that come to nothing in it may be many.
        write = _log.debug if isinstance(failure.error, SubgraphSuspended) else _log.warning
        write("subgraph_failed", code=failure.error.code, reason=str(failure.error), **event)
    else:
        _log.error("fetch_crashed", exc_info=failure.error, **event)
    return error_id
