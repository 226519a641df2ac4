"""``make conformance``: what other implementations make of the same subgraphs, supergraphs and requests."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from .cases import find_cases
from .composition import compare_composition
from .differences import KNOWN
from .http_audit import audit_http
from .interoperation import compare_answers
from .node import install_peers
from .plans import compare_plans

_out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Compare, print, and exit with 1 for a difference that nobody has explained."""
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("--random", type=int, default=300, help="random sets of subgraphs")
    parser.add_argument(
        "--only", default="", help="compose cases whose name holds this, and no more"
    )
    parser.add_argument(
        "--plans", type=int, default=600, help="random sets of subgraphs to plan operations over"
    )
    options = parser.parse_args()
    folder = install_peers()
    agrees = _report_composition(folder, options.random, options.only)
    if not options.only:
        agrees &= _report_plans(folder, options.plans)
        agrees &= _report_answers(folder)
        agrees &= _report_http(folder)
    sys.exit(0 if agrees else 1)


def _report_composition(folder: Path, random_count: int, only: str) -> bool:
    cases = [case for case in find_cases(random_count) if only in case.name]
    found = compare_composition(folder, cases)
    unexplained = {name: lines for name, lines in found.items() if name not in KNOWN}
    _print_differences(unexplained)
    for name in sorted(found.keys() & KNOWN.keys()):
        _out.print(f"[dim]{name}: {KNOWN[name]}[/dim]")
    stale = KNOWN.keys() - found.keys() if not only else set[str]()
    for name in sorted(stale):
        _out.print(f"[yellow]{name} agrees by now; it is still listed as a difference.[/yellow]")
    _out.print(
        f"composition: {len(cases)} cases, {len(cases) - len(found)} agree, "
        f"{len(found) - len(unexplained)} differ as explained, {len(unexplained)} differ"
    )
    return not unexplained and not stale


def _report_plans(folder: Path, worlds: int) -> bool:
    found = compare_plans(folder, worlds)
    _print_differences(found.more)
    _out.print(
        f"plans: {found.equal} operations take as many requests as in Apollo's planner, {found.fewer} take fewer, "
        f"{found.more_for_inputs} more to send inputs that it reads in place, {found.refused} it cannot plan, "
        f"{len(found.more)} take more"
    )
    return not found.more


def _report_answers(folder: Path) -> bool:
    found = asyncio.run(compare_answers(folder))
    _print_differences({name: lines for name, lines in found.items() if lines})
    for name, lines in found.items():
        _out.print(
            f"{name}: our supergraph in Apollo Gateway and Hive Gateway, "
            f"{'the same answers' if not lines else f'{len(lines)} answers differ'}"
        )
    return not any(found.values())


def _report_http(folder: Path) -> bool:
    count, wrong = asyncio.run(audit_http(folder))
    _print_differences({"GraphQL over HTTP": wrong} if wrong else {})
    _out.print(f"GraphQL over HTTP: {count} audits, {len(wrong)} not as they should be")
    return not wrong


def _print_differences(found: Mapping[str, list[str]]) -> None:
    for name, lines in found.items():
        _out.print(f"[red]{name}[/red]")
        for line in lines:
            _out.print(f"    {line}", markup=False)


if __name__ == "__main__":
    main()
