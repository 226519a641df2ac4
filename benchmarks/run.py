"""CPU per request of our gateway, beside the peers that are running. Nothing here is a test.

Requests per second of a busy machine mean little. What holds is the CPU time that a gateway's own processes spend on
a request, and its ratio to a peer's, measured in turn in one run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.load import run_load
from benchmarks.processes import cpu_seconds, find_listener, memory_mib, pin

HOST = "127.0.0.1"
OUR_PORT = 4400
SUBGRAPHS_PORT = 4300
PEERS = (
    ("apollo", 4401, "/"),
    ("hive", 4402, "/graphql"),
    ("hive-rust", 4403, "/graphql"),
    ("grafbase", 4404, "/graphql"),
)
REFERENCE = "hive-rust"
MATERIAL = Path(__file__).parents[2] / "shared" / "bench"

_out = Console()


@dataclass(frozen=True)
class Target:
    """A gateway that is running."""

    name: str
    process: int
    port: int
    path: str


@dataclass(frozen=True)
class Load:
    """What is sent, and how."""

    body: str
    is_unique: bool = True
    is_alone: bool = False
    """One request at a time: what the gateway adds to a request that waits for nobody."""

    def __str__(self) -> str:
        return f"{self.body}{'' if self.is_unique else ', identical'}{', alone' if self.is_alone else ''}"


BODIES = ("heavy", "entity", "small")
LOADS = (
    *(Load(body) for body in BODIES),
    Load("heavy", is_unique=False),
    *(Load(body, is_alone=True) for body in BODIES),
)


@dataclass(frozen=True)
class Sample:
    """One gateway under one load, for one round."""

    cpu_ms: float
    p50_ms: float
    p99_ms: float
    errors: int


def measure_requests(options: argparse.Namespace) -> None:
    """Measure, and print the table."""
    if not MATERIAL.is_dir():
        _out.print(f"No requests: {MATERIAL} holds the subgraphs' schemas and the bodies.")
        return
    if find_listener(SUBGRAPHS_PORT) is None:
        _out.print(
            f"No requests: nothing listens on {HOST}:{SUBGRAPHS_PORT}. {MATERIAL}/peers.sh starts the "
            "benchmark's subgraphs, and the peers to compare with."
        )
        return
    with _our_gateway() as ours:
        targets = [ours, *_running_peers()]
        for target in targets:
            pin(target.process, 0)
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        loads = [load for load in LOADS if not options.only or load.body in options.only]
        _print(targets, {load: _measure(targets, load, options) for load in loads})


def add_load_options(parser: argparse.ArgumentParser) -> None:
    """Add what can be said about the load."""
    parser.add_argument("--seconds", type=float, default=5, help="per gateway, body and round")
    parser.add_argument("--rounds", type=int, default=2, help="counted, after one to warm up")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--only", nargs="*", default=(), help="these bodies")


@contextmanager
def _our_gateway() -> Iterator[Target]:
    command = [
        sys.executable, "-c", "from gateway.cli import app; app()", "gateway",
        "--config", str(MATERIAL / "supergraph.yaml"), "--port", str(OUR_PORT),
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
        # What Hive Router does unasked: equal queries in flight are executed once.
        env={**os.environ, "CATTERY_GATEWAY_TRAFFIC_COALESCE_QUERIES": "true"},
    ) as process:
        try:
            if process.stdout is None or b"Ready" not in process.stdout.readline():
                sys.exit(f"Our gateway did not start. Try: {' '.join(command)}")
            yield Target("cattery", process.pid, OUR_PORT, "/graphql")
        finally:
            process.terminate()


def _running_peers() -> Iterator[Target]:
    for name, port, path in PEERS:
        process = find_listener(port)
        if process is None:
            _out.print(f"[dim]{name} is not running on port {port}: left out.[/dim]")
        else:
            yield Target(name, process, port, path)


def _measure(
    targets: list[Target], load: Load, options: argparse.Namespace
) -> dict[str, list[Sample]]:
    content = (MATERIAL / f"{load.body}.json").read_bytes().strip()
    samples: dict[str, list[Sample]] = {target.name: [] for target in targets}
    for round_number in range(options.rounds + 1):
        for target in targets:
            seconds = options.seconds if round_number else min(2.0, options.seconds)
            before = cpu_seconds(target.process)
            result = asyncio.run(
                run_load(
                    HOST,
                    target.port,
                    target.path,
                    content,
                    connections=1 if load.is_alone else options.connections,
                    seconds=seconds,
                    is_unique=load.is_unique,
                )
            )
            used_ms = (cpu_seconds(target.process) - before) * 1000
            if round_number:
                samples[target.name].append(
                    Sample(
                        used_ms / max(1, result.answered),
                        result.percentile_ms(50),
                        result.percentile_ms(99),
                        result.errors,
                    )
                )
    return samples


def _print(targets: list[Target], measured: dict[Load, dict[str, list[Sample]]]) -> None:
    names = [target.name for target in targets]
    reference = REFERENCE if REFERENCE in names else names[0]
    table = Table(title="CPU per request", box=None)
    table.add_column("request", no_wrap=True)
    table.add_column("gateway")
    for heading in ("CPU ms", f"x {reference}", "p50 ms", "p99 ms", "errors", "RSS MiB"):
        table.add_column(heading, justify="right")
    for load, samples in measured.items():
        base_ms = statistics.median(one.cpu_ms for one in samples[reference])
        for target in targets:
            found = samples[target.name]
            cpu_ms = statistics.median(one.cpu_ms for one in found)
            table.add_row(
                str(load),
                target.name,
                f"{cpu_ms:.3f}",
                f"{cpu_ms / base_ms:.2f}",
                f"{statistics.median(one.p50_ms for one in found):.1f}",
                f"{statistics.median(one.p99_ms for one in found):.1f}",
                str(sum(one.errors for one in found)),
                f"{memory_mib(target.process):.0f}",
            )
        table.add_section()
    _out.print(table)
