"""Reads one YAML file: safe types only, no key twice, ``${env.NAME}`` and ``${env.NAME:-default}`` filled in."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway.errors import ConfigInvalid

from .text_file import read_text_file

_VARIABLE = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def read_yaml(path: Path, environment: Mapping[str, str]) -> object:
    """Return what the file at ``path`` holds.

    Raises:
        ConfigInvalid: it cannot be read, is not YAML, or names a variable that is not set.
    """
    text = read_text_file(path)
    try:
        # The loader is a SafeLoader that also refuses a key given twice.
        value: object = yaml.load(text, Loader=_StrictLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigInvalid(f"{path} is not YAML: {error}") from error
    return _fill_in(value, environment, str(path))


class _StrictLoader(yaml.SafeLoader):
    """A safe loader for which a repeated key is a mistake, not a matter of order."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping; raise when a key stands in it twice."""
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _fill_in(value: object, environment: Mapping[str, str], where: str) -> object:
    match value:
        case str():
            return _VARIABLE.sub(lambda match: _look_up(match, environment, where), value)
        case list():
            return [_fill_in(item, environment, where) for item in value]
        case dict():
            return {key: _fill_in(item, environment, where) for key, item in value.items()}
        case _:
            return value


def _look_up(match: re.Match[str], environment: Mapping[str, str], where: str) -> str:
    name, default = match.group(1), match.group(2)
    found = environment.get(name, default)
    if found is None:
        raise ConfigInvalid(f"{where} asks for the environment variable {name}, which is not set.")
    return found
