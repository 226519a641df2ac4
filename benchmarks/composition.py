"""What composition costs: the domain's subgraphs, and generated ones of growing size.

CPU time, since machines are shared; as the gateway and its commands compose, with the collector out of the way.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from benchmarks.growing_subgraphs import growing_subgraphs
from gateway.app.background import long_computation
from gateway.composition.compose import SubgraphSource, compose

_COUNTS = (10, 100)
_KILOBYTES = (250, 500, 1000)


def composition_table(design: Path) -> Table:
    """Measure."""
    table = Table(title="Composition, satisfiability with it: CPU time, the best of two", box=None)
    table.add_column("subgraphs")
    for heading in ("SDL kB", "supergraph kB", "ms", "ms per kB"):
        table.add_column(heading, justify="right")
    domain = _read(design / "sdl")
    if domain:
        _add_row(table, f"{len(domain)} of the domain", domain)
    for count in _COUNTS:
        for kilobytes in _KILOBYTES:
            _add_row(table, str(count), growing_subgraphs(kilobytes, count))
    return table


def compose_folder(folder: Path) -> str | None:
    """The supergraph of a folder of SDLs; ``None`` when there are none."""
    sources = _read(folder)
    if not sources:
        return None
    result = compose(sources)
    if result.supergraph_sdl is None:
        raise SystemExit(f"{folder} does not compose: {result.errors[0]}")
    return result.supergraph_sdl


def _read(folder: Path) -> list[SubgraphSource]:
    return [
        SubgraphSource(path.stem, f"http://{path.stem}", path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.graphql"))
    ]


def _add_row(table: Table, name: str, sources: Sequence[SubgraphSource]) -> None:
    times_ms = []
    length = 0
    for _ in range(2):
        started = time.process_time()
        with long_computation():
            result = compose(sources)
        times_ms.append((time.process_time() - started) * 1000)
        if result.supergraph_sdl is None:
            raise SystemExit(f"{name} does not compose: {result.errors[0]}")
        length = len(result.supergraph_sdl)
    kilobytes = sum(len(source.sdl) for source in sources) / 1000
    fastest_ms = min(times_ms)
    table.add_row(
        name,
        f"{kilobytes:.0f}",
        f"{length / 1000:.0f}",
        f"{fastest_ms:.0f}",
        f"{fastest_ms / kilobytes:.1f}",
    )
