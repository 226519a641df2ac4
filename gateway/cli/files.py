"""Files that commands read and write; what goes wrong is told like a wrong setting."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import ConfigInvalid


def read_text(path: Path) -> str:
    """Return what a file holds.

    Raises:
        ConfigInvalid: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}.") from error


def write_text(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        ConfigInvalid: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigInvalid(f"{path} cannot be written: {error.strerror}.") from error
