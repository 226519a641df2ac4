"""A throw-away PostgreSQL cluster per test process, a fresh database per test."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from shared.ports import reserve_port

_WHERE = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


@dataclass(frozen=True, slots=True)
class PostgresCluster:
    """A running cluster that trusts everybody on the loopback."""

    binaries: Path
    folder: Path
    port: int
    owner: str | None
    """The account that runs the server: PostgreSQL refuses to be root."""

    def run(self, command: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs, as the cluster's owner.

        Raises:
            RuntimeError: it failed; the text is what it said.
        """
        done = subprocess.run(  # noqa: S603  the cluster's own programs
            [self.binaries / command, *arguments],
            user=self.owner,
            group=self.owner,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command} failed: {done.stdout}{done.stderr}")

    def execute(self, statement: str) -> None:
        """Execute one statement as superuser."""
        self.run("psql", "-qX", *self._address, "-d", "postgres", "-c", statement)

    @contextmanager
    def databases(self, script: str) -> Iterator[None]:
        """Run a script of ``CREATE DATABASE name;`` lines, and drop those databases at the end of the block."""
        names = re.findall(r"CREATE DATABASE (\w+);", script)
        for name in names:
            self.execute(f"CREATE DATABASE {name}")
        try:
            yield
        finally:
            for name in names:
                self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        """Return a SQLAlchemy URL."""
        return f"postgresql+asyncpg://cattery@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, without caring for the safety of its data."""
        settings = f"-p {self.port} -k {self.folder} -h 127.0.0.1 -F -c max_connections=200"
        log = str(self.folder / "log")
        self.run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", log, "-o", settings)

    def stop(self) -> None:
        """Stop it at once."""
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.data))

    @property
    def data(self) -> Path:
        """The cluster's data directory."""
        return self.folder / "data"

    @property
    def _address(self) -> tuple[str, ...]:
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", "cattery")


def find_binaries() -> Path | None:
    """Return the folder with ``initdb``, or ``None``."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    for pattern in _WHERE:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / "initdb").exists():
                return folder
    return None


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """One cluster for all tests of this process; skips where PostgreSQL is not installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's programs (initdb, pg_ctl) are not installed")
    is_root = os.geteuid() == 0
    # Not below pytest's own folders, which the owner of the cluster may not enter.
    folder = Path(tempfile.mkdtemp(prefix=f"cattery-pg-{getpass.getuser()}-"))
    with reserve_port() as reserved:
        cluster = PostgresCluster(binaries, folder, reserved.port, "postgres" if is_root else None)
        if cluster.owner is not None:
            shutil.chown(folder, cluster.owner, cluster.owner)
        try:
            cluster.run(
                "initdb", "-U", "cattery", "-A", "trust", "-E", "UTF8", "--no-sync",
                "--locale=C", "-D", str(cluster.data),
            )  # fmt: skip
            cluster.start()
            yield cluster
            cluster.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster) -> Iterator[str]:
    """A SQLAlchemy URL of an empty database of the test's own."""
    name = f"test_{uuid4().hex}"
    postgres_cluster.execute(f"CREATE DATABASE {name}")
    yield postgres_cluster.url(name)
    postgres_cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")
