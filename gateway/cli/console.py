"""How commands talk to people: results to standard output, problems with their codes to standard error."""

from __future__ import annotations

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from gateway.errors import ClientError, ConfigInvalid, GatewayError, Problem

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
    """Return what an error says, problem by problem, with the place in the operation where it is known."""
    if isinstance(error, ClientError):
        return [_describe(problem) for problem in error.problems]
    return [str(error)]


def _describe(problem: Problem) -> str:
    if not problem.locations:
        return problem.message
    line, column = problem.locations[0]
    return f"Line {line}, column {column}: {problem.message}"


def exit_code_of(error: GatewayError) -> int:
    """Return the exit code of an error's kind."""
    return USAGE if isinstance(error, ConfigInvalid) else 1
