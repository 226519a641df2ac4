"""What subgraphs said last that their schemas are. One that does not answer changes nothing: its last schema stays.

Of several workers one asks, whichever holds a lock, and leaves the answers in a file for all: so they compose the same
supergraph at about the same time. The system gives the lock of a worker that dies to another.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

from gateway.config.settings import (
    ComposedSource,
    SchemaFromSubgraph,
    SubgraphConfig,
    SupergraphSource,
)
from gateway.config.sources import IN_PROCESS_SCHEME
from gateway.transports.base import Transport

from .subgraph_schemas import SchemaKey, ask_once


class KnownSchemas:
    """SDLs of the subgraphs that are asked for them.

    Args:
        transport_to: the way to ask a subgraph for its SDL.
        folder: where workers keep the answers for each other; ``None`` for a process on its own.
    """

    def __init__(
        self, transport_to: Callable[[SubgraphConfig], Transport], folder: Path | None
    ) -> None:
        self._transport_to = transport_to
        self._folder = folder
        self._lock: int | None = None
        self._shared_text = ""
        self.found: dict[SchemaKey, str] = {}

    @property
    def shared_file(self) -> Path | None:
        """The file with the answers, which changes when one of them does."""
        return None if self._folder is None else self._folder / "schemas.json"

    def is_asking(self) -> bool:
        """Whether this is the worker that asks, from now on until it ends."""
        if self._folder is None or self._lock is not None:
            return True
        lock = os.open(self._folder / "asking.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    async def ask(self, source: SupergraphSource) -> bool:
        """Ask the subgraphs of ``source`` over the network; return whether one has answered something new."""
        if not isinstance(source, ComposedSource):
            return False
        asked = [
            subgraph
            for subgraph in source.subgraphs
            if isinstance(subgraph.schema, SchemaFromSubgraph)
            and not subgraph.schema.url.startswith(IN_PROCESS_SCHEME)
        ]
        answers = await ask_once(asked, transport_to=self._transport_to)
        has_changed = any(self.found.get(key) != sdl for key, sdl in answers.items())
        self.found.update(answers)
        return has_changed

    def share(self) -> None:
        """Leave the answers for the other workers."""
        if self.shared_file is None:
            return
        answers = [[name, url, sdl] for (name, url), sdl in sorted(self.found.items())]
        text = json.dumps(answers)
        if text != self._shared_text:
            write_whole(self.shared_file, text)
            self._shared_text = text

    def take_shared(self) -> None:
        """Take on what another worker has left, unless that was done before."""
        if self.shared_file is None:
            return
        try:
            text = self.shared_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        if text != self._shared_text:
            self._shared_text = text
            self.found.update({(name, url): sdl for name, url, sdl in json.loads(text)})

    def close(self) -> None:
        """Let another worker ask."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def write_whole(path: Path, text: str) -> None:
    """Write a file that others read at any time: they see the old text or the new one."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
