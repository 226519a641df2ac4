"""The ``cattery`` command: collects the commands that each package brings and runs one.

Packages register a Typer app under the entry-point group ``cattery.commands``. A package whose optional libraries are
not installed (``pip install cattery`` is the gateway alone) is named in the help, not imported in vain.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import typer

COMMAND_GROUP = "cattery.commands"


def build_app() -> typer.Typer:
    """Return the command line with every installed package's commands, in the order of their names."""
    app = typer.Typer(
        name="cattery",
        help="A GraphQL federation gateway, and the marketplace it serves.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    missing: list[str] = []
    for point in sorted(entry_points(group=COMMAND_GROUP), key=_order):
        try:
            commands = point.load()
        except ModuleNotFoundError as error:
            missing.append(f"{point.name} (needs {error.name})")
            continue
        app.add_typer(commands)
    if missing:
        app.info.epilog = (
            f"Not installed: {', '.join(missing)}. Add them with: pip install 'cattery[platform]'"
        )
    return app


def _order(point: EntryPoint) -> str:
    return point.name


def main() -> None:
    """Run the command line; the console script's entry point."""
    build_app()()
