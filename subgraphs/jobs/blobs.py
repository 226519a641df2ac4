"""Where photos are kept: a port, and a folder behind it. A blob's name is its sha256, so nothing is stored twice."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from .errors import BlobStoreAway
from .photos import digest_of


class BlobStore(Protocol):
    """Keeps bytes under their sha256."""

    async def put(self, content: bytes) -> str:
        """Store and return the name. What is stored already stays as it is.

        Raises:
            BlobStoreAway: it cannot be stored at the moment.
        """
        ...

    async def get(self, name: str) -> bytes | None:
        """Return what is stored under ``name``; ``None`` when nothing is, or something else than it was.

        Raises:
            BlobStoreAway: it cannot be read at the moment.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderBlobs:
    """Blobs as files. Instances on several machines need a folder that all of them see."""

    folder: Path

    async def put(self, content: bytes) -> str:
        """Write a file, complete or not at all."""
        name = digest_of(content)
        try:
            await asyncio.to_thread(_write, self._path(name), content)
        except OSError as error:
            raise BlobStoreAway("Photos cannot be stored at the moment. Try again soon.") from error
        return name

    async def get(self, name: str) -> bytes | None:
        """Read a file and check that it is what its name says."""
        try:
            content = await asyncio.to_thread(self._path(name).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BlobStoreAway("Photos cannot be read at the moment. Try again soon.") from error
        return content if digest_of(content) == name else None

    def _path(self, name: str) -> Path:
        # Two levels, so that no folder grows beyond what file systems like.
        return self.folder / name[:2] / name


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size == len(content):
        return
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
