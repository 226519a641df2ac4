"""``make conformance``: what other implementations make of the same subgraphs, supergraphs and requests."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from .cases import find_cases
from .composition import compare_composition
from .differences import KNOWN
from .node import install_peers

_out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Compare, print, and exit with 1 for a difference that nobody has explained."""
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("--random", type=int, default=300, help="random sets of subgraphs")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args()
    folder = install_peers()
    cases = [case for case in find_cases(options.random) if options.only in case.name]
    found = compare_composition(folder, cases)
    unexplained = {name: lines for name, lines in found.items() if name not in KNOWN}
    for name, lines in unexplained.items():
        _out.print(f"[red]{name}[/red]")
        for line in lines:
            _out.print(f"    {line}", markup=False)
    for name in sorted(found.keys() & KNOWN.keys()):
        _out.print(f"[dim]{name}: {KNOWN[name]}[/dim]")
    stale = KNOWN.keys() - found.keys() if not options.only else set[str]()
    for name in sorted(stale):
        _out.print(f"[yellow]{name} agrees by now; it is still listed as a difference.[/yellow]")
    _out.print(
        f"composition: {len(cases)} cases, {len(cases) - len(found)} agree, "
        f"{len(found) - len(unexplained)} differ as explained, {len(unexplained)} differ"
    )
    sys.exit(1 if unexplained or stale else 0)


if __name__ == "__main__":
    main()
