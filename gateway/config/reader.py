"""Reads a mapping section by section, checks every value, and refuses what nobody asked for.

Each problem names the key's full path and what is allowed there. A value from the environment
(``CATTERY_GATEWAY_SERVER_PORT``) takes the place of the one at its path (``server.port``).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TypeVar

from gateway.errors import ConfigInvalid

ENVIRONMENT_PREFIX = "CATTERY_GATEWAY_"

T = TypeVar("T")


class Overrides:
    """Settings from the environment; remembers which were used, so that a typo can be refused."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._values = {
            name: value
            for name, value in environment.items()
            if name.startswith(ENVIRONMENT_PREFIX)
        }
        self._known: set[str] = set()

    def find(self, path: str) -> str | None:
        """Return the text that the environment has for the setting at ``path``, if any."""
        name = ENVIRONMENT_PREFIX + path.replace(".", "_").upper()
        self._known.add(name)
        return self._values.get(name)

    def has_any_below(self, path: str) -> bool:
        """Whether a setting of the section at ``path`` comes from the environment."""
        prefix = ENVIRONMENT_PREFIX + path.replace(".", "_").upper() + "_"
        return any(name.startswith(prefix) for name in self._values)

    def refuse_unknown(self) -> None:
        """Raise ``ConfigInvalid`` for the first variable that is no setting of ours."""
        for name in sorted(self._values.keys() - self._known):
            raise ConfigInvalid(
                f"The environment variable {name} is no setting.{suggest(name, self._known)}"
            )


class Section:
    """One mapping of the configuration, read key by key.

    Args:
        value: the mapping, or ``None`` when the section is not given.
        path: where it is, in dots; empty for the root.
        overrides: the environment; ``None`` where it has no say.
        label: what stands before the path in messages, though not in the environment.
    """

    def __init__(
        self, value: object, path: str, overrides: Overrides | None, *, label: str = ""
    ) -> None:
        self._path = path
        self._label = label
        self._overrides = overrides
        self._known: list[str] = []
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise ConfigInvalid(
                f"{self.path or 'The file'} must be a mapping, not {describe(value)}."
            )
        self._values: Mapping[object, object] = value

    @property
    def path(self) -> str:
        """Where this section is, in dots."""
        return ".".join(part for part in (self._label, self._path) if part)

    def names(self) -> list[str]:
        """Return the keys given, for a section whose keys are names."""
        for key in self._values:
            if not isinstance(key, str):
                raise ConfigInvalid(f"{self.path}: the name {key!r} must be text. Quote it.")
        return [str(key) for key in self._values]

    def has(self, key: str) -> bool:
        """Whether ``key`` is given with a value."""
        return self._values.get(key) is not None

    def section(self, key: str) -> Section:
        """Return the section under ``key``, empty when it is not given."""
        self._known.append(key)
        return Section(self._values.get(key), self._below(key), self._overrides, label=self._label)

    def optional_section(self, key: str) -> Section | None:
        """Return the section under ``key``; ``None`` when neither file nor environment has it."""
        section = self.section(key)
        from_environment = self._overrides and self._overrides.has_any_below(self._below(key))
        return section if key in self._values or from_environment else None

    def is_given(self, key: str) -> bool:
        """Whether file or environment has something for ``key``, if only an empty list."""
        return key in self._values or (
            self._overrides is not None and self._overrides.find(self._below(key)) is not None
        )

    def value(self, key: str) -> object:
        """Return what is given under ``key``, unchecked."""
        self._known.append(key)
        return self._values.get(key)

    def text(self, key: str, default: T) -> str | T:
        """Return a non-empty text."""
        found = self._given(key)
        if found is None:
            return default
        if not isinstance(found, str) or not found:
            raise self._wrong(key, "text", found)
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        """Return ``true`` or ``false``."""
        found = self._given(key)
        if found is None:
            return default
        if isinstance(found, str):
            found = {"true": True, "1": True, "false": False, "0": False}.get(found.lower(), found)
        if not isinstance(found, bool):
            raise self._wrong(key, "true or false", found)
        return found

    def integer(self, key: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
        """Return a whole number between ``minimum`` and ``maximum``, both included."""
        found = self._given(key)
        if found is None:
            return default
        allowed = f"a whole number from {minimum} to {maximum}"
        if isinstance(found, str):
            try:
                found = int(found)
            except ValueError:
                raise self._wrong(key, allowed, found) from None
        if isinstance(found, bool) or not isinstance(found, int):
            raise self._wrong(key, allowed, found)
        if not minimum <= found <= maximum:
            raise self._wrong(key, allowed, found)
        return found

    def seconds(self, key: str, default: float, *, minimum: float = 0.0) -> float:
        """Return a number of seconds, not below ``minimum`` and not above a day."""
        found = self._given(key)
        if found is None:
            return default
        allowed = f"a number of seconds from {minimum:g} to 86400"
        if isinstance(found, str):
            try:
                found = float(found)
            except ValueError:
                raise self._wrong(key, allowed, found) from None
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self._wrong(key, allowed, found)
        if not minimum <= found <= 86400:
            raise self._wrong(key, allowed, found)
        return float(found)

    def choice(self, key: str, allowed: type[T], default: T) -> T:
        """Return one of the values of the enum ``allowed``."""
        found = self._given(key)
        if found is None:
            return default
        words = [str(word) for word in allowed]  # type: ignore[attr-defined]
        if found not in words:
            raise self._wrong(key, "one of " + ", ".join(words), found)
        return allowed(found)  # type: ignore[call-arg]

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of texts; from the environment, separated by commas."""
        found = self._given(key)
        if found is None:
            return default
        if isinstance(found, str):
            found = [word.strip() for word in found.split(",") if word.strip()]
        if not isinstance(found, list):
            raise self._wrong(key, "a list of texts", found)
        for word in found:
            if not isinstance(word, str) or not word:
                raise self._wrong(key, "a list of texts", word)
        return tuple(found)

    def close(self) -> None:
        """Refuse the first key that was never asked for."""
        for key in self._values:
            if key not in self._known:
                raise ConfigInvalid(
                    f"{self.at(str(key))} is no setting.{suggest(str(key), self._known)}"
                    f" Allowed here: {', '.join(sorted(self._known)) or 'nothing'}."
                )

    def at(self, key: str) -> str:
        """Return the full path of ``key``."""
        return f"{self.path}.{key}" if self.path else key

    def _below(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _given(self, key: str) -> object:
        self._known.append(key)
        override = None
        if self._overrides is not None:
            override = self._overrides.find(self._below(key))
        return self._values.get(key) if override is None else override

    def _wrong(self, key: str, allowed: str, found: object) -> ConfigInvalid:
        return ConfigInvalid(f"{self.at(key)} must be {allowed}, not {describe(found)}.")


def describe(value: object) -> str:
    """Return what a wrong value is, without the value of a text, which may be a secret."""
    if isinstance(value, bool | int | float):
        return str(value).lower()
    kinds = {None.__class__: "empty", str: "this text", list: "a list", dict: "a mapping"}
    return "an empty text" if value == "" else kinds.get(type(value), f"a {type(value).__name__}")


def suggest(word: str, known: list[str] | set[str]) -> str:
    """Return a sentence that names the word of ``known`` that is likely meant; empty when there is none."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""
