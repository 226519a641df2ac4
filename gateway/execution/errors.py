"""Which errors the client gets: those of subgraphs, with client paths, and one for every field that is missing.

Work for when something went wrong: nothing here is touched while all goes well. Spec: GraphQL, 7.1.2 (Errors).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeGuard, assert_never

from gateway.errors import (
    DEFAULT_SUBGRAPH_CODE,
    DENIED_CODE,
    INVALID_VALUE_CODE,
    ExecutionError,
    GatewayError,
    is_mishap_code,
)
from gateway.query_plan.nodes import EntityGroup
from gateway.transports.errors import SubgraphSuspended
from shared.logging import get_logger

from .client_paths import find_missing, locate, position_at
from .json_text import encode_json
from .prepared_plan import PreparedFetch, PreparedPlan
from .projection_interpreter import FieldProblem
from .representations import Collected
from .result import ClientPath, JsonObject, WireError
from .tree_walk import PhysicalPath, find_places
from .written_keys import Position, Written, WrittenKeys, position_of

MAX_PLACES_PER_ERROR = 100
"""One failure may leave thousands of places without a value; the client is told of so many."""

MAX_ERRORS = 1000
"""No answer holds more errors than that."""

MAX_MESSAGE_LENGTH = 4096
"""Of a subgraph's message, in characters: it may be repeated at many places."""

MAX_EXTENSIONS_BYTES = 16_384
"""Of a subgraph's ``extensions``; of larger ones the code is kept alone."""

DENIED_MESSAGE = "Unauthorized field or type"

_MAX_CODE_LENGTH = 128

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


@dataclass(frozen=True, slots=True)
class Unasked:
    """A fetch did not ask about some objects, because a fetch before it owes what it would have to send."""

    prepared: PreparedFetch
    left_out: Sequence[Sequence[Sequence[JsonObject]]]
    """By entity group and target."""

    blamed: frozenset[int]
    """The fetches that owe it."""


Problem: TypeAlias = FetchFailure | ReportedErrors | Unasked


@dataclass(slots=True)
class ErrorReport:
    """Collects the errors of one execution; used once its response tree is complete.

    A field without a value has one error: of several failures that have cost it its value, the one that is added first
    is told, and the others are in the log.

    Args:
        plan: what was carried out.
        root: the response tree.
        about: says what tells the request apart in the log.
    """

    plan: PreparedPlan
    root: JsonObject
    about: Callable[[], Mapping[str, object]] = dict
    errors: list[WireError] = field(default_factory=list)
    omitted: int = 0
    """How many errors there are beyond ``MAX_ERRORS``, at least."""

    degraded: dict[str, set[int]] = field(default_factory=dict)
    """The fetches that left something missing, by subgraph. A refusal with a code of its own leaves nothing missing."""

    _explained: set[ClientPath] = field(default_factory=set)
    _users: dict[tuple[int, str], dict[int, list[PhysicalPath]]] = field(default_factory=dict)
    """By fetch and entity group: the places of the objects that use each representation."""

    _denied: set[ClientPath] = field(default_factory=set)
    """Where the client has been told that something is denied; without list indices."""

    _untold: set[tuple[str, str, str]] = field(default_factory=set)
    """Subgraph, code and message of what only the log has."""

    _said: dict[int, tuple[str, JsonObject]] = field(default_factory=dict)
    """Message and extensions of what a fetch is to blame for, by fetch."""

    _places: dict[tuple[int, ClientPath], list[ClientPath]] = field(default_factory=dict)
    """By fetch and path of a reported error: one walk, however often a subgraph repeats itself."""

    _nothing: dict[int, list[ClientPath]] = field(default_factory=dict)
    """By fetch that came to nothing: the fields without a value."""

    def add(self, problem: Problem) -> None:
        """Add what became of one fetch."""
        match problem:
            case FetchFailure():
                self._add_failure(problem)
            case ReportedErrors():
                for number, error in enumerate(problem.errors):
                    if number >= MAX_ERRORS or len(self.errors) >= MAX_ERRORS:
                        # One error may be all that a subgraph has to say, or a million.
                        self.omitted += len(problem.errors) - number
                        break
                    self._add_reported(problem, error)
            case Unasked():
                self._add_unasked(problem)
            case _:
                assert_never(problem)

    def add_denied(self, places: Sequence[ClientPath]) -> None:
        """Add one error for each place of the operation where something is denied: response keys, no indices."""
        if not places:
            return
        self._denied.update(places)
        extensions: JsonObject = {"code": DENIED_CODE}
        further = len(places) - MAX_PLACES_PER_ERROR
        if further > 0:
            extensions["furtherPlaces"] = further
        for path in places[:MAX_PLACES_PER_ERROR]:
            self._write(DENIED_MESSAGE, extensions, path)

    def add_field_problems(self, problems: Sequence[FieldProblem]) -> None:
        """Add what the projection found, except where an error says already why there is no value.

        Spec: GraphQL, 6.4.4: one error per field, however far null climbs.
        """
        is_cut = self.omitted > 0  # then errors that nobody has read may explain these
        above = {path[:length] for path in self._explained for length in range(len(path) + 1)}
        for path, message, is_denied in problems:
            if is_denied:
                self._add_denied_object(path)
                continue
            prefixes = (path[:length] for length in range(len(path) + 1))
            if path in above or not self._explained.isdisjoint(prefixes):
                continue
            if len(self.errors) >= MAX_ERRORS:
                self.omitted += not is_cut
                continue
            extensions: JsonObject = {"code": INVALID_VALUE_CODE}
            fetches = self._writers_of(path)
            subgraphs = {fetch.fetch.subgraph for fetch in fetches}
            if len(subgraphs) == 1:
                extensions["service"] = fetches[0].fetch.subgraph
                self._degrade(*fetches)
            self._write(message, extensions, path)

    def _add_denied_object(self, path: ClientPath) -> None:
        place = tuple(key for key in path if isinstance(key, str))
        if place not in self._denied and len(self._denied) < MAX_PLACES_PER_ERROR:
            self.add_denied([place])

    def _add_failure(self, failure: FetchFailure) -> None:
        subgraph = failure.prepared.fetch.subgraph
        error_id = _log_failure(failure, self.about())
        error = failure.error
        extensions: JsonObject = {
            "code": error.code if isinstance(error, GatewayError) else ExecutionError.code,
            "service": subgraph,
            "errorId": error_id,
        }
        message = f"Subgraph {subgraph!r} did not give a usable answer."
        self._said[failure.prepared.fetch.id] = message, extensions
        self._degrade(failure.prepared)
        paths = self._affected(failure.prepared, failure.collected, failure.alias)
        self._append(message, extensions, paths)

    def _add_reported(self, reported: ReportedErrors, error: JsonObject) -> None:
        extensions = _extensions_of(error)
        extensions["service"] = reported.prepared.fetch.subgraph
        message = error.get("message")
        if not isinstance(message, str):
            message = "The subgraph reported an error."
        elif len(message) > MAX_MESSAGE_LENGTH:
            message = message[:MAX_MESSAGE_LENGTH] + "…"
        self._said.setdefault(reported.prepared.fetch.id, (message, extensions))
        paths = self._paths_of(reported, error.get("path"))
        is_mishap = is_mishap_code(extensions["code"])
        if paths and is_mishap:
            self._degrade(reported.prepared)
        if not self._append(message, extensions, paths) and is_mishap:
            self._log_untold(message, extensions, paths[0])

    def _add_unasked(self, unasked: Unasked) -> None:
        """Blame whoever owed the inputs, for fields that nothing else explains."""
        said = [self._said[fetch] for fetch in sorted(unasked.blamed) if fetch in self._said]
        paths = self._left_out(unasked)
        # Whoever was to blame for this fetch is to blame for those that wait for it in turn.
        if said:
            self._said.setdefault(unasked.prepared.fetch.id, said[0])
        paths = [path for path in paths if not self._is_explained(path)]
        if said and paths:
            self._append(*said[0], paths)

    def _append(self, message: str, extensions: JsonObject, paths: Sequence[ClientPath]) -> bool:
        """Add an error for each field that has none yet; returns whether there is one.

        Spec: GraphQL, 6.4.4: one error per field.
        """
        fresh = [path for path in paths if path not in self._explained]
        if paths and not fresh:
            return False
        self._explained.update(path for path in fresh if path)
        further = len(fresh) - MAX_PLACES_PER_ERROR
        if further > 0:
            known = extensions.get("furtherPlaces")
            extensions["furtherPlaces"] = further + (known if isinstance(known, int) else 0)
        for path in fresh[:MAX_PLACES_PER_ERROR] or [()]:
            self._write(message, extensions, path)
        return True

    def _log_untold(self, message: str, extensions: JsonObject, path: ClientPath) -> None:
        """Keep for the operator what the client is not told; an error that is told is logged when it is masked."""
        subgraph = extensions["service"]
        key = (str(subgraph), str(extensions["code"]), message)
        if key in self._untold:
            return
        self._untold.add(key)
        _log.warning(
            "subgraph_error",
            **self.about(),
            subgraph=subgraph,
            path=list(path),
            reason=message,
            extensions=extensions,
        )

    def _is_explained(self, path: ClientPath) -> bool:
        return any(path[:length] in self._explained for length in range(len(path) + 1))

    def _degrade(self, *fetches: PreparedFetch) -> None:
        for prepared in fetches:
            self.degraded.setdefault(prepared.fetch.subgraph, set()).add(prepared.fetch.id)

    def _write(self, message: str, extensions: JsonObject, path: ClientPath) -> None:
        if len(self.errors) >= MAX_ERRORS:
            self.omitted += 1
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
            if not has_nothing:
                return []
            paths = self._nothing.get(prepared.fetch.id)
            if paths is None:
                paths = self._affected(prepared, collected, None)
                self._nothing[prepared.fetch.id] = paths
            return paths
        known = self._places.get((prepared.fetch.id, tuple(path)))
        if known is None:
            known = self._find_places_of(prepared, collected, path)
            self._places[prepared.fetch.id, tuple(path)] = known
        return known

    def _find_places_of(
        self, prepared: PreparedFetch, collected: Sequence[Collected], path: Sequence[str | int]
    ) -> list[ClientPath]:
        if prepared.root_written is not None:
            places = (place for place, _ in find_places(self.root, prepared.fetch.path))
            return self._located(prepared.root_written, places, path)
        alias, *rest = path
        for group, found in zip(prepared.groups, collected, strict=True):
            if group.group.alias != alias:
                continue
            index = rest[0] if rest else None
            if not isinstance(index, int):
                return self._affected(prepared, collected, group.group.alias)
            users = self._users_of(prepared.fetch.id, group.group, found)
            return self._located(group.written, users.get(index, ()), rest[1:])
        return []

    def _affected(
        self, prepared: PreparedFetch, collected: Sequence[Collected], alias: str | None
    ) -> list[ClientPath]:
        """Return the fields of the answer that are without a value because there is no result."""
        paths: dict[ClientPath, None] = {}
        if prepared.root_written is not None:
            for place, _ in find_places(self.root, prepared.fetch.path):
                self._add_missing(paths, place, prepared.root_written.keys)
        for group, found in zip(prepared.groups, collected, strict=False):
            if alias is None or group.group.alias == alias:
                for target, uses in zip(group.group.targets, found.uses, strict=True):
                    users = {id(obj) for obj in uses.objects}
                    for place, obj in find_places(self.root, target.path):
                        if id(obj) in users:
                            self._add_missing(paths, place, group.written.keys)
        return list(paths)

    def _left_out(self, unasked: Unasked) -> list[ClientPath]:
        """Return the fields of the objects that a fetch has not asked about for want of inputs."""
        paths: dict[ClientPath, None] = {}
        for group, by_target in zip(unasked.prepared.groups, unasked.left_out, strict=True):
            for target, objects in zip(group.group.targets, by_target, strict=True):
                known = {id(obj) for obj in objects}
                for place, obj in find_places(self.root, target.path) if known else ():
                    if id(obj) in known:
                        self._add_missing(paths, place, group.written.keys)
        return list(paths)

    def _writers_of(self, path: ClientPath) -> list[PreparedFetch]:
        """Return the fetches that have the value at ``path`` of the client's answer to give."""
        position = position_at(self.plan.plan.projection, self.root, path)
        return [
            prepared
            for prepared in self.plan.fetches
            if any(_writes(start, written, position) for start, written in _written_by(prepared))
        ]

    def _add_missing(
        self, paths: dict[ClientPath, None], place: PhysicalPath, keys: WrittenKeys
    ) -> None:
        for seen in locate(self.plan.plan.projection, self.root, place):
            # Nothing that the client asked for itself: others need it, so the error belongs to the object.
            for path in list(find_missing(seen, keys)) or [seen.path]:
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

    def _located(
        self, written: Written, places: Iterable[PhysicalPath], path: Sequence[str | int]
    ) -> list[ClientPath]:
        """Return where the client sees an error at ``path`` below objects that a fetch writes to.

        Where there is a value all the same, the objects themselves or what another subgraph gave, the error is about
        the fields in it that are missing.
        """
        keys = _keys_at(written.keys, path)
        paths: dict[ClientPath, None] = {}
        for place in places:
            self._add_missing(paths, (*place, *path), keys)
        return list(paths)


def _keys_at(keys: WrittenKeys, path: Sequence[str | int]) -> WrittenKeys:
    for key in path:
        if isinstance(key, str):
            keys = keys.keys.get(key) or WrittenKeys()
    return keys


def _aliases(prepared: PreparedFetch) -> list[str]:
    if prepared.root_written is not None:
        return list(prepared.root_written.keys.keys)
    return [group.group.alias for group in prepared.groups]


def _is_path(value: object) -> TypeGuard[list[str | int]]:
    return isinstance(value, list) and all(
        isinstance(key, str) or type(key) is int for key in value
    )


def _written_by(prepared: PreparedFetch) -> Iterator[tuple[Position, Written]]:
    if prepared.root_written is not None:
        yield position_of(prepared.fetch.path), prepared.root_written
    for group in prepared.groups:
        for target in group.group.targets:
            yield position_of(target.path), group.written


def _writes(start: Position, written: Written, position: Position) -> bool:
    if len(position) <= len(start) or position[: len(start)] != start:
        return False
    keys = written.keys
    for key in position[len(start) :]:
        if key not in keys.keys:
            return False
        keys = keys.keys[key]
    return True


def _extensions_of(error: JsonObject) -> JsonObject:
    """Return a copy of what a subgraph says besides the message, with a code that is a text."""
    own = error.get("extensions")
    extensions: JsonObject = dict(own) if isinstance(own, dict) else {}
    code = extensions.get("code")
    if not isinstance(code, str) or not 0 < len(code) <= _MAX_CODE_LENGTH:
        code = DEFAULT_SUBGRAPH_CODE
    if len(encode_json(extensions)) > MAX_EXTENSIONS_BYTES:
        extensions = {}
    extensions["code"] = code
    return extensions


def _log_failure(failure: FetchFailure, about: Mapping[str, object]) -> str:
    """Write the full text to the log, where its id leads from the client's error."""
    error_id = uuid.uuid4().hex
    fetch = failure.prepared.fetch
    event = {**about, "subgraph": fetch.subgraph, "fetch": fetch.id, "error_id": error_id}
    if isinstance(failure.error, GatewayError):
        # Whoever gave the subgraph its pause has said so once; the calls that come to nothing in it may be many.
        write = _log.debug if isinstance(failure.error, SubgraphSuspended) else _log.warning
        write("subgraph_failed", code=failure.error.code, reason=str(failure.error), **event)
    else:
        _log.error("fetch_crashed", exc_info=failure.error, **event)
    return error_id
