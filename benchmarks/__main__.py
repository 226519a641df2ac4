"""``make bench``: planning and composition, which need nobody else, then requests beside the peers that are running."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from benchmarks.composition import composition_table
from benchmarks.planning import planning_table
from benchmarks.run import MATERIAL, add_load_options, measure_requests

DESIGN = Path(__file__).parents[2] / "shared" / "design"


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--table", choices=("planning", "composition", "requests"))
    add_load_options(parser)
    options = parser.parse_args()
    out = Console()
    if options.table in {None, "planning"}:
        out.print(planning_table(MATERIAL, DESIGN))
    if options.table in {None, "composition"}:
        out.print(composition_table(DESIGN))
    if options.table in {None, "requests"}:
        measure_requests(options)


if __name__ == "__main__":
    main()
