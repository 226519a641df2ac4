"""Pieces of SDL that every printer here needs: arguments, applied directives, descriptions."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .constants import print_constant
from .supergraph_model import MergedDirective, MergedInputValue


def print_arguments(arguments: Iterable[MergedInputValue]) -> str:
    """Return an argument list: on one line unless an argument is described."""
    listed = list(arguments)
    if not listed:
        return ""
    if not any(argument.description for argument in listed):
        return f"({', '.join(print_input_value(argument) for argument in listed)})"
    lines = (
        f"{print_description(argument.description, '    ')}    {print_input_value(argument)}"
        for argument in listed
    )
    return "(\n" + "\n".join(lines) + "\n  )"


def print_input_value(value: MergedInputValue, joins: Iterable[str] = ()) -> str:
    """Return an argument or input field, without its description."""
    default = f" = {print_constant(value.default)}" if value.default is not None else ""
    return " ".join(
        [f"{value.name}: {value.type}{default}", *joins, *map(print_directive, value.directives)]
    )


def print_directive(directive: MergedDirective) -> str:
    """Return an applied directive."""
    if not directive.arguments:
        return f"@{directive.name}"
    arguments = ", ".join(f"{name}: {value}" for name, value in directive.arguments)
    return f"@{directive.name}({arguments})"


def print_description(description: str | None, indent: str) -> str:
    """Return a description on lines of its own; a block where that is safe."""
    if not description:
        return ""
    if not _reads_back_from_block(description):
        # A JSON string is a GraphQL string too, whatever the text holds.
        return f"{indent}{json.dumps(description, ensure_ascii=False)}\n"
    lines = (f"{indent}{line}" if line else "" for line in description.split("\n"))
    return f'{indent}"""\n' + "\n".join(lines) + f'\n{indent}"""\n'


def _reads_back_from_block(text: str) -> bool:
    """Whether a block string keeps the text as it is: blocks lose space around text and lines, and know no escapes."""
    lines = text.split("\n")
    return (
        '"""' not in text
        and "\\" not in text
        and text == text.strip()
        and lines == text.splitlines()
        and all(line == line.rstrip() for line in lines)
        and all(character.isprintable() or character in "\n\t" for character in text)
    )
