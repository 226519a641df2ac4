"""The ``cattery`` command: collects the commands that each package brings and runs one.

Packages register each command's Typer app under the entry-point group ``cattery.commands``, by the command's name. Only
the package of the command asked for is imported, so that the gateway does not wait for the marketplace's libraries. A
package whose libraries are not installed (``pip install cattery`` is the gateway alone) is named in the help.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

import typer

COMMAND_GROUP = "cattery.commands"


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line for ``arguments``: the package of the command they name, or all for the help."""
    app = typer.Typer(
        name="cattery",
        help="A GraphQL federation gateway, and the marketplace it serves.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    # A callback keeps a package with one command a group: `cattery messages`, never `cattery` alone.
    app.callback()(lambda: None)
    points = {point.name: point for point in entry_points(group=COMMAND_GROUP)}
    wanted = arguments[0] if arguments else None
    chosen = [points[wanted]] if wanted in points else list(points.values())
    missing: list[str] = []
    for point in _one_per_package(chosen):
        try:
            app.add_typer(point.load())
        except ModuleNotFoundError as error:
            missing.append(f"{point.module.partition('.')[0]} (needs {error.name})")
    if missing:
        hint = (
            f"Not installed: {', '.join(missing)}. Add them with: pip install 'cattery[platform]'"
        )
        app.info.epilog = hint
        if wanted in points:
            typer.echo(hint, err=True)
            raise SystemExit(2)
    return app


def _one_per_package(points: Sequence[EntryPoint]) -> Sequence[EntryPoint]:
    """Several commands share one Typer app; which of them names it does not matter."""
    return list({point.value: point for point in points}.values())


def main() -> None:
    """Run the command line; the console script's entry point."""
    build_app(sys.argv[1:])()
