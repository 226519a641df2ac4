"""What composition costs: the domain's subgraphs, and generated ones of growing size."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from gateway.composition.compose import SubgraphSource, compose

_SIZES = (200, 400, 800)
_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", '
    '"@shareable", "@external", "@requires"])\n'
)


def composition_table(design: Path) -> Table:
    """Measure."""
    table = Table(title="Composition, satisfiability with it; the best of three", box=None)
    table.add_column("subgraphs")
    for heading in ("SDL kB", "supergraph kB", "ms"):
        table.add_column(heading, justify="right")
    domain = _read(design / "sdl")
    if domain:
        _add_row(table, f"{len(domain)} of the domain", domain)
    for size in _SIZES:
        _add_row(table, f"4 with {size} types", _generated(size))
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


def _generated(size: int) -> list[SubgraphSource]:
    """Entities in a ring over four subgraphs, each with a field of its own in two and a requirement in one."""
    sources = []
    for number, name in enumerate("abcd"):
        types = []
        for i in range(size):
            fields = ["id: ID!"]
            if i % 4 == number:
                fields += [f"next: T{(i + 3) % size}", "price: Int", "name: String @shareable"]
            if (i + 1) % 4 == number:
                fields += ["stock: Int", "name: String @shareable"]
            if (i + 2) % 4 == number:
                fields += ["price: Int @external", 'tax: Int @requires(fields: "price")']
            if len(fields) > 1:
                types.append(f'type T{i} @key(fields: "id") {{ {" ".join(fields)} }}')
        head = f"{_LINK}type Query {{ {name}: T{number} }}\n"
        sources.append(SubgraphSource(name, f"http://{name}", head + "\n".join(types)))
    return sources


def _add_row(table: Table, name: str, sources: Sequence[SubgraphSource]) -> None:
    times_ms = []
    length = 0
    for _ in range(3):
        started = time.perf_counter()
        result = compose(sources)
        times_ms.append((time.perf_counter() - started) * 1000)
        if result.supergraph_sdl is None:
            raise SystemExit(f"{name} does not compose: {result.errors[0]}")
        length = len(result.supergraph_sdl)
    kilobytes = sum(len(source.sdl) for source in sources) / 1000
    table.add_row(name, f"{kilobytes:.0f}", f"{length / 1000:.0f}", f"{min(times_ms):.0f}")
