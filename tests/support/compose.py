"""``compose.yaml`` without an engine: its services as local processes, with their own commands and environment.

Only what containers give is put in place of containers: names of hosts become loopback ports, mounted configs become
files, volumes become folders. PostgreSQL is the test's own cluster.
"""

from __future__ import annotations

import os
import re
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from messaging.embedded import find_executable
from shared.ports import PortReservation, reserve_port

COMPOSE = Path(__file__).parents[2] / "compose.yaml"
OUR_IMAGE = "cattery:latest"
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
_ADDRESS = re.compile(r"(?P<host>[a-z][a-z0-9-]*|0\.0\.0\.0):(?P<port>\d{4,5})\b")


class VariableMissing(KeyError):
    """compose.yaml insists on a variable that is not set."""


@dataclass(slots=True)
class Composition:
    """The services of compose.yaml, ready to be started here."""

    folder: Path
    variables: Mapping[str, str]
    postgres_url: str
    """Of the test's cluster, without a database."""

    document: dict[str, Any] = field(init=False)
    _ports: dict[tuple[str, str], PortReservation] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.document = yaml.safe_load(self._substitute(COMPOSE.read_text()))

    @property
    def services(self) -> Mapping[str, dict[str, Any]]:
        """The services by name."""
        found: dict[str, dict[str, Any]] = self.document["services"]
        return found

    def url_of(self, service: str, port: str) -> str:
        """Return where a service's container port is reached here."""
        return f"http://127.0.0.1:{self._port(service, port)}"

    def config(self, name: str) -> str:
        """Return the text of one of the file's configs."""
        text: str = self.document["configs"][name]["content"]
        return text.replace("$$", "$")

    @asynccontextmanager
    async def running(self, *names: str) -> AsyncIterator[dict[str, Process]]:
        """Run these services until the block ends."""
        async with AsyncExitStack() as stack:
            stack.callback(self._release_ports)
            processes: dict[str, Process] = {}
            for name in names:
                processes[name] = await self._start(name)
                stack.push_async_callback(_stop, processes[name])
            yield processes

    def last_words(self, *names: str) -> str:
        """Return the ends of the logs of these services, or of all that were started."""
        logs = [self.folder / f"{name}.log" for name in names] or sorted(self.folder.glob("*.log"))
        return "\n".join(f"{log.stem}: {log.read_text(errors='replace')[-1_000:]}" for log in logs)

    async def _start(self, name: str) -> Process:
        service = self.services[name]
        home = self.folder / name
        home.mkdir(parents=True, exist_ok=True)
        words = [self._localize(str(word), name) for word in service["command"]]
        for mount in service.get("configs", ()):
            file = home / Path(mount["target"]).name
            file.write_text(self._localize(self.config(mount["source"]), name))
            words = [word.replace(mount["target"], str(file)) for word in words]
        program = (
            Path(sys.executable).with_name("cattery")
            if service["image"] == OUR_IMAGE
            else find_executable()
        )
        environment = {
            # Compose puts variables in after parsing, so an empty one is text there and null here.
            key: self._localize(str("" if value is None else value), name)
            for key, value in service.get("environment", {}).items()
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            return await create_subprocess_exec(
                program, *_own_port(words, self, name),
                env={"PATH": os.environ["PATH"], "CATTERY_DATA_DIR": str(home), **environment},
                stdout=log,
                stderr=log,
            )  # fmt: skip

    def _localize(self, text: str, service: str) -> str:
        """Put addresses and folders of this machine in the place of the containers'."""

        def address(found: re.Match[str]) -> str:
            host, port = found["host"], found["port"]
            if host == "postgres":
                return urlsplit(self.postgres_url).netloc.rpartition("@")[2]
            if host == "0.0.0.0":  # noqa: S104  compared, not bound
                host = service
            if host not in self.services:
                return found[0]
            return f"127.0.0.1:{self._port(host, port)}"

        text = _ADDRESS.sub(address, text)
        return text.replace('"/data"', f'"{self.folder / service}"')

    def _port(self, service: str, port: str) -> int:
        if (service, port) not in self._ports:
            self._ports[service, port] = reserve_port()
        return self._ports[service, port].port

    def _release_ports(self) -> None:
        while self._ports:
            self._ports.popitem()[1].close()

    def _substitute(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            name, kind, rest = found["name"], found["kind"], found["rest"]
            if self.variables.get(name):
                return self.variables[name]
            if kind == "?":
                raise VariableMissing(name)
            return rest or ""

        return _VARIABLE.sub(value, text)


def _own_port(words: list[str], composition: Composition, service: str) -> list[str]:
    """Replace ``--host 0.0.0.0 --port N`` by the loopback and the service's port here."""
    shown = list(words)
    for index, word in enumerate(words[:-1]):
        if word == "--host":
            shown[index + 1] = "127.0.0.1"
        if word == "--port":
            shown[index + 1] = urlsplit(
                composition.url_of(service, words[index + 1])
            ).netloc.rpartition(":")[2]
    return shown


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()
