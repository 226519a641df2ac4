"""Requests with files: read piece by piece, checked as they arrive, never whole in memory.

The fields come in this order: ``operations`` (the JSON request, or a list of them, with null where files belong),
``map`` (which file belongs where), and the files. Anything else is refused as soon as it is seen.

Spec: GraphQL multipart request.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive

from gateway.config.settings import UploadsConfig
from gateway.errors import (
    BodyTimeout,
    BodyTooLarge,
    ClientError,
    FileTooLarge,
    MultipartInvalid,
    TooManyFiles,
)
from gateway.pipeline.request import GraphQLRequest
from gateway.transports.uploads import FilePart, UploadedFile

from .body import check_length, stream_body
from .parameters import ReadingRules, check_batch, read_item, read_json, read_request

MULTIPART = "multipart/form-data"

_FRAMING_BYTES = 16_384
"""What boundaries and headers of the parts may take besides what is in them."""


@dataclass(slots=True)
class ReceivedUpload:
    """A request that came with files; to be closed when it has been answered."""

    requests: GraphQLRequest | list[GraphQLRequest | ClientError]
    files: list[UploadedFile]

    def close(self) -> None:
        """Forget the files."""
        for file in self.files:
            file.close()


async def read_multipart(
    headers: Mapping[str, str],
    receive: Receive,
    config: UploadsConfig,
    rules: ReadingRules,
    *,
    max_text_bytes: int,
) -> ReceivedUpload:
    """Return the request, or the list of them, with its files received.

    Args:
        headers: of the HTTP request, by lower-case name.
        receive: gives the body.
        config: how much is taken.
        rules: what of operations is taken.
        max_text_bytes: how long ``operations`` and ``map`` may be together.

    Raises:
        MultipartInvalid: the body is not what the specification says.
        TooManyFiles, FileTooLarge, BodyTooLarge: it is more than is taken.
        BodyTimeout: it did not arrive in time.
        ClientError: ``operations`` is no request: see ``parameters.py``.
        ClientDisconnected: the client is gone.
    """
    max_bytes = max_text_bytes + config.max_total_bytes + _FRAMING_BYTES * (config.max_files + 2)
    check_length(headers, max_bytes)
    reading = _Reading(config, rules, max_text_bytes)
    try:
        async with asyncio.timeout(config.receive_seconds):
            await _feed(reading, headers, stream_body(receive, max_bytes))
        return ReceivedUpload(reading.finish(), reading.files)
    except TimeoutError as error:
        reading.close()
        raise BodyTimeout("The files did not arrive in time.") from error
    except BaseException:
        reading.close()
        raise


async def _feed(
    reading: _Reading, headers: Mapping[str, str], chunks: AsyncGenerator[bytes, None]
) -> None:
    _, options = parse_options_header(headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary:
        raise MultipartInvalid("The Content-Type of a multipart request must name its boundary.")
    splitter = _Splitter()
    try:
        parser = splitter.parser(boundary)
        async with aclosing(chunks):
            async for chunk in chunks:
                parser.write(chunk)
                for event in splitter.take():
                    await reading.on_event(event)
    except FormParserError as error:
        raise MultipartInvalid("The body is no multipart form.") from error
    if not splitter.is_complete:
        raise MultipartInvalid("The body ends before its last boundary.")


class _Begin(NamedTuple):
    """A part starts."""

    headers: dict[bytes, bytes]


class _End(Enum):
    """A part ends."""

    PART = auto()


_Event = _Begin | bytes | _End


class _Splitter:
    """Collects what the parser says about one chunk: its callbacks cannot wait for files to be written."""

    def __init__(self) -> None:
        self.is_complete = False
        self._events: list[_Event] = []
        self._headers: dict[bytes, bytes] = {}
        self._name = b""
        self._value = b""

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def take(self) -> list[_Event]:
        events, self._events = self._events, []
        return events

    def _on_part_begin(self) -> None:
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        self._events.append(_Begin(self._headers))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data[start:end])

    def _on_part_end(self) -> None:
        self._events.append(_End.PART)

    def _on_end(self) -> None:
        self.is_complete = True


class _Step(Enum):
    """What comes next."""

    OPERATIONS = auto()
    MAP = auto()
    FILES = auto()


@dataclass(slots=True)
class _Reading:
    """The request as far as it has arrived."""

    config: UploadsConfig
    rules: ReadingRules
    max_text_bytes: int
    files: list[UploadedFile] = field(default_factory=list)
    _step: _Step = _Step.OPERATIONS
    _text: bytearray = field(default_factory=bytearray)
    _text_bytes: int = 0
    _total_bytes: int = 0
    _operations: object = None
    _places: dict[str, list[_Place]] = field(default_factory=dict)
    """By name of a file that has not arrived yet: where it belongs."""

    _arriving: str | None = None
    _file_parts: dict[int, list[FilePart]] = field(default_factory=dict)
    """By number of the request in the list."""

    async def on_event(self, event: _Event) -> None:
        match event:
            case _Begin():
                self._begin(event.headers)
            case bytes() if self._step is _Step.FILES:
                await self._add_to_file(event)
            case bytes():
                self._add_to_text(event)
            case _End():
                self._end()

    def finish(self) -> GraphQLRequest | list[GraphQLRequest | ClientError]:
        """Return what the operations are, with the files in their variables."""
        if self._step is not _Step.FILES:
            raise MultipartInvalid(
                "A multipart request must hold 'operations', 'map' and then the files."
            )
        if self._places:
            raise MultipartInvalid(f"The file {next(iter(self._places))!r} of 'map' is missing.")
        if not isinstance(self._operations, list):
            return read_request(self._operations, self.rules, self._files_of(0))
        return [
            read_item(item, self.rules, self._files_of(number))
            for number, item in enumerate(self._operations)
        ]

    def close(self) -> None:
        for file in self.files:
            file.close()

    def _files_of(self, number: int) -> tuple[FilePart, ...]:
        return tuple(self._file_parts.get(number, ()))

    def _begin(self, headers: Mapping[bytes, bytes]) -> None:
        _, options = parse_options_header(headers.get(b"content-disposition"))
        name = _decode(options.get(b"name", b""))
        match self._step:
            case _Step.OPERATIONS | _Step.MAP:
                expected = self._step.name.lower()
                if name != expected:
                    raise MultipartInvalid(f"The field {expected!r} must come before {name!r}.")
            case _Step.FILES:
                if name not in self._places:
                    raise MultipartInvalid(f"'map' does not say where the file {name!r} belongs.")
                content_type = _decode(headers.get(b"content-type", b""))
                filename = _decode(options.get(b"filename", b""))
                file = UploadedFile(filename, content_type, memory_bytes=self.config.memory_bytes)
                self.files.append(file)
                self._arriving = name

    def _add_to_text(self, data: bytes) -> None:
        self._text += data
        self._text_bytes += len(data)
        if self._text_bytes > self.max_text_bytes:
            raise BodyTooLarge(
                f"'operations' and 'map' are larger than the {self.max_text_bytes} bytes that are read."
            )

    async def _add_to_file(self, data: bytes) -> None:
        file = self.files[-1]
        self._total_bytes += len(data)
        if file.size_bytes + len(data) > self.config.max_file_bytes:
            raise FileTooLarge(
                f"The file {self._arriving!r} is larger than the {self.config.max_file_bytes} bytes that are taken."
            )
        if self._total_bytes > self.config.max_total_bytes:
            raise BodyTooLarge(
                f"The files are larger than the {self.config.max_total_bytes} bytes that are taken."
            )
        await file.write(data)

    def _end(self) -> None:
        text = bytes(self._text)
        self._text.clear()
        match self._step:
            case _Step.OPERATIONS:
                self._operations = read_json(text, "'operations'")
                if isinstance(self._operations, list):
                    check_batch(self._operations, self.rules)
                self._step = _Step.MAP
            case _Step.MAP:
                self._places = _read_map(read_json(text, "'map'"), self._operations)
                if len(self._places) > self.config.max_files:
                    raise TooManyFiles(f"Send at most {self.config.max_files} files at once.")
                self._step = _Step.FILES
            case _Step.FILES:
                assert self._arriving is not None  # noqa: S101 - a part that ends has begun
                for place in self._places.pop(self._arriving):
                    place.put(self.files[-1])
                    part = FilePart(place.path, self.files[-1])
                    self._file_parts.setdefault(place.number, []).append(part)


class _Place(NamedTuple):
    """Where a file belongs."""

    number: int
    """Of the request in the list; 0 when there is but one."""

    path: tuple[str | int, ...]
    """In its variables."""

    holder: dict[str, object] | list[object]

    def put(self, file: UploadedFile) -> None:
        key = self.path[-1]
        if isinstance(self.holder, list):
            self.holder[int(key)] = file
        else:
            self.holder[str(key)] = file


def _read_map(value: object, operations: object) -> dict[str, list[_Place]]:
    if not isinstance(value, dict):
        raise MultipartInvalid("'map' must be a JSON object.")
    taken: set[str] = set()
    places: dict[str, list[_Place]] = {}
    for name, paths in value.items():
        if not isinstance(paths, list) or not paths:
            raise MultipartInvalid(f"'map' must name the places of the file {name!r} in a list.")
        for path in paths:
            if not isinstance(path, str):
                raise MultipartInvalid(f"'map' must name the places of the file {name!r} as text.")
            if path in taken:
                raise MultipartInvalid(f"'map' puts two files at {path!r}.")
            taken.add(path)
            places.setdefault(name, []).append(_find_place(path, operations))
    return places


def _find_place(path: str, operations: object) -> _Place:
    steps = path.split(".")
    number, request = 0, operations
    if isinstance(operations, list):
        index = _index(steps.pop(0), len(operations))
        if index is None:
            raise MultipartInvalid(f"'map': {path!r} must start with the number of a request.")
        number, request = index, operations[index]
    if len(steps) < 2 or steps[0] != "variables" or not isinstance(request, dict):
        raise MultipartInvalid(f"'map': {path!r} must lead to a variable.")
    holder: object = request.get("variables")
    found: list[str | int] = []
    value: object = holder
    for step in steps[1:]:
        holder = value
        if isinstance(holder, dict) and step in holder:
            found.append(step)
            value = holder[step]
        elif isinstance(holder, list) and (at := _index(step, len(holder))) is not None:
            found.append(at)
            value = holder[at]
        else:
            raise MultipartInvalid(f"'map': there is nothing at {path!r} in 'operations'.")
    if value is not None:
        raise MultipartInvalid(f"'map': 'operations' must hold null at {path!r}.")
    assert isinstance(holder, dict | list)  # noqa: S101 - the loop has stepped into it
    return _Place(number, tuple(found), holder)


def _index(text: str, length: int) -> int | None:
    """Return the index in a list that ``text`` is, when it is one of ``length`` items."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 6:
        return None
    return int(text) if int(text) < length else None


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace")
