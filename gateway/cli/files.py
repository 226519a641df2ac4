"""Files, standard input and output of commands; what goes wrong is told like a wrong setting."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.config.text_file import read_text_file
from gateway.errors import ConfigInvalid

_STANDARD_INPUT = Path("-")


def read_text(path: Path) -> str:
    """Return what a file holds, or standard input.

    Raises:
        ConfigInvalid: it cannot be read, or is not UTF-8.
    """
    if path != _STANDARD_INPUT:
        return read_text_file(path)
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise ConfigInvalid("Standard input cannot be read: it is not UTF-8.") from error


@contextmanager
def readable_again(path: Path | None) -> Iterator[Path | None]:
    """Give a path that can be read any number of times, by any process: for standard input, that of a copy."""
    if path != _STANDARD_INPUT:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cattery-") as folder:
        copy = Path(folder, "standard-input.graphql")
        copy.write_bytes(sys.stdin.buffer.read())
        yield copy


def refuse_input_for_two(*paths: Path | None) -> None:
    """Refuse to read standard input for more than one of the paths.

    Raises:
        ConfigInvalid: it was asked for.
    """
    if paths.count(_STANDARD_INPUT) > 1:
        raise ConfigInvalid("Standard input (-) can be read for one of them only.")


def write_text(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        ConfigInvalid: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigInvalid(f"{path} cannot be written: {error.strerror}.") from error


def write_output(text: str) -> None:
    """Write to standard output.

    Raises:
        ConfigInvalid: it cannot be written: a full disk, for one. A reader that has gone is no fault.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConfigInvalid(f"Standard output cannot be written: {error.strerror}.") from error
