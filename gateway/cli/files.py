"""Files and output that commands write; what goes wrong is told like a wrong setting."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.errors import ConfigInvalid


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
