"""What both compositions are given: every fixture and suite there is, the marketplace, and random subgraphs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.composition.compose import SubgraphSource
from tests.support.federated_world import World
from tests.support.subgraphs import FIXTURES, read_subgraphs

_SUITES = Path(__file__).parents[1] / "suites"


@dataclass(frozen=True, slots=True)
class Case:
    """Subgraphs to compose, and the name they go by in the list of known differences."""

    name: str
    subgraphs: tuple[SubgraphSource, ...]


def find_cases(random_count: int) -> list[Case]:
    """Return all cases, the random ones last."""
    return [
        *_fixtures(),
        *_folders(_SUITES, "suites"),
        *_random(random_count),
    ]


def _fixtures() -> Iterator[Case]:
    for path in sorted(FIXTURES.rglob("*.graphql")):
        subgraphs = read_subgraphs(path.read_text(encoding="utf-8"))
        if subgraphs:
            name = path.relative_to(FIXTURES).with_suffix("")
            yield Case(str(name).removesuffix("/subgraphs"), tuple(subgraphs))


def _folders(root: Path, prefix: str) -> Iterator[Case]:
    """Read folders that hold a file per subgraph."""
    for folder in sorted({path.parent for path in root.rglob("*.graphql")}):
        subgraphs = tuple(
            SubgraphSource(
                path.stem, f"http://{path.stem}.test/graphql", path.read_text(encoding="utf-8")
            )
            for path in sorted(folder.glob("*.graphql"))
        )
        yield Case(f"{prefix}/{folder.relative_to(root)}", subgraphs)


def _random(count: int) -> Iterator[Case]:
    for seed in range(count):
        yield Case(
            f"random/{seed}",
            tuple(
                SubgraphSource(name, f"http://{name}.test/graphql", sdl)
                for name, sdl in World(seed).sdls().items()
            ),
        )
