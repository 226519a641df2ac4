"""Files of clients on their way to subgraphs: kept in memory or on disk, written as multipart requests piece by piece.

Spec: GraphQL multipart request.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

_CHUNK_BYTES = 256 * 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"]')
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z;=\"/ -]+")
_UNKNOWN_TYPE = "application/octet-stream"


class UploadedFile:
    """One file: in memory up to some size, beyond it in a temporary file without a name.

    It is written once, from front to end, and may then be read by several at once. Belongs to one event loop.

    Args:
        filename: what the client calls it; never a path here.
        content_type: what the client says it is.
        memory_bytes: how much of it is kept in memory.
    """

    __slots__ = ("_file", "_is_on_disk", "_memory_bytes", "content_type", "filename", "size_bytes")

    def __init__(self, filename: str, content_type: str, *, memory_bytes: int) -> None:
        self.filename = filename
        self.content_type = content_type if _MEDIA_TYPE.fullmatch(content_type) else _UNKNOWN_TYPE
        self.size_bytes = 0
        self._memory_bytes = memory_bytes
        self._is_on_disk = False
        # Closed by `close`: the file lives as long as the request, not as long as a block of code.
        self._file = SpooledTemporaryFile(max_size=memory_bytes)  # noqa: SIM115

    async def write(self, data: bytes) -> None:
        """Add ``data``; what goes to the disk is written in a thread."""
        self.size_bytes += len(data)
        if self.size_bytes <= self._memory_bytes:
            self._file.write(data)
            return
        self._is_on_disk = True
        await asyncio.to_thread(self._write_through, data)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the content."""
        position = 0
        while position < self.size_bytes:
            chunk = await self._read(position)
            if not chunk:
                raise OSError(f"The temporary file of an upload ends at {position} bytes.")
            yield chunk
            position += len(chunk)

    def close(self) -> None:
        """Forget the content."""
        self._file.close()

    async def _read(self, position: int) -> bytes:
        if self._is_on_disk:
            return await asyncio.to_thread(os.pread, self._file.fileno(), _CHUNK_BYTES, position)
        self._file.seek(position)
        return self._file.read(_CHUNK_BYTES)

    def _write_through(self, data: bytes) -> None:
        self._file.rollover()
        self._file.write(data)
        self._file.flush()  # `pread` goes past the buffer


class FilePart(NamedTuple):
    """A file and where it stands."""

    path: tuple[str | int, ...]
    """In the variables: ``("input", "pictures", 0)``."""

    file: UploadedFile

    @property
    def variable(self) -> str:
        """The variable that holds the file, without ``$``."""
        return str(self.path[0])


class _Piece(NamedTuple):
    head: bytes
    file: UploadedFile


@dataclass(frozen=True, slots=True)
class MultipartBody:
    """A request with files, ready to be written."""

    content_type: str
    size_bytes: int
    start: bytes
    """The operation and the map."""

    pieces: tuple[_Piece, ...]
    end: bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body."""
        yield self.start
        for piece in self.pieces:
            yield piece.head
            async for chunk in piece.file.chunks():
                yield chunk
        yield self.end


def build_multipart(operations: bytes, files: tuple[FilePart, ...]) -> MultipartBody:
    """Return the multipart request of a JSON request whose variables hold null where ``files`` belong.

    A file that stands in several places is sent once.
    """
    places: dict[UploadedFile, list[str]] = {}
    for part in files:
        path = ".".join(["variables", *map(str, part.path)])
        places.setdefault(part.file, []).append(path)
    boundary = uuid4().hex.encode()
    file_map = orjson.dumps({str(number): paths for number, paths in enumerate(places.values())})
    start = b"".join(
        (
            b"--" + boundary,
            b'\r\ncontent-disposition: form-data; name="operations"\r\n\r\n',
            operations,
            b"\r\n--" + boundary,
            b'\r\ncontent-disposition: form-data; name="map"\r\n\r\n',
            file_map,
        )
    )
    pieces = tuple(
        _Piece(_part_head(boundary, number, file), file) for number, file in enumerate(places)
    )
    end = b"\r\n--" + boundary + b"--\r\n"
    size_bytes = len(start) + len(end)
    size_bytes += sum(len(piece.head) + piece.file.size_bytes for piece in pieces)
    return MultipartBody(
        f"multipart/form-data; boundary={boundary.decode()}", size_bytes, start, pieces, end
    )


def blank_files(variables: dict[str, object], files: tuple[FilePart, ...]) -> None:
    """Put null where ``files`` stand in ``variables``, so that they are JSON again."""
    for part in files:
        if part.variable not in variables:
            continue  # the operation does not define it
        holder: Any = variables
        for step in part.path[:-1]:
            holder = holder[step]
        holder[part.path[-1]] = None


def _part_head(boundary: bytes, number: int, file: UploadedFile) -> bytes:
    # HTML, multipart/form-data encoding: what would end the quotes or the line is percent-encoded.
    filename = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", file.filename)
    disposition = f'content-disposition: form-data; name="{number}"; filename="{filename}"'
    lines = (
        "",
        f"--{boundary.decode()}",
        disposition,
        f"content-type: {file.content_type}",
        "",
        "",
    )
    return "\r\n".join(lines).encode("utf-8", "replace")
