"""Reads one text file that a person has named: what goes wrong is told like a wrong setting."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import ConfigInvalid


def read_text_file(path: Path) -> str:
    """Return what a file holds.

    Raises:
        ConfigInvalid: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigInvalid(f"{path} cannot be read: it is not UTF-8.") from error
    except OSError as error:
        raise ConfigInvalid(f"{path} cannot be read: {error.strerror or error}.") from error


def is_readable(path: Path) -> bool:
    """Whether there is something to read, a pipe included; what comes of it is another matter."""
    return path.exists() and not path.is_dir()
