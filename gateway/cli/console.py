"""How commands talk to people: results to standard output, problems with their codes to standard error."""

from __future__ import annotations

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from gateway.errors import ClientError, ConfigInvalid, GatewayError
from gateway.pipeline.answer import list_errors

USAGE = 2
"""Exit code for what was asked wrongly; 1 is for what was asked rightly and cannot be done."""

out = Console(highlight=False, soft_wrap=True)
problems = Console(stderr=True, highlight=False, soft_wrap=True)


def stop_for(error: GatewayError) -> NoReturn:
    """End the command with what ``error`` says and the exit code of its kind."""
    for message in messages_of(error):
        problems.print(f"[red]{error.code}[/red] {escape(message)}")
    raise typer.Exit(exit_code_of(error))


def messages_of(error: GatewayError) -> list[str]:
    """Return what an error says, problem by problem."""
    if isinstance(error, ClientError):
        return [str(entry["message"]) for entry in list_errors(error)]
    return [str(error)]


def exit_code_of(error: GatewayError) -> int:
    """Return the exit code of an error's kind."""
    return USAGE if isinstance(error, ConfigInvalid) else 1
