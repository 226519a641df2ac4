"""URLs of specifications: ``https://example.com/name/v1.0`` taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .federation_spec import Version

_VERSION = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)")
_IDENTITY = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/?#]+/[^\s?#]+")
_NAME = re.compile(r"[_A-Za-z]\w*", re.ASCII)

UNVERSIONED = Version(0, 0)
"""What stands for the version of a URL that has none."""


@dataclass(frozen=True, slots=True)
class SpecUrl:
    """The URL of a specification. Spec: https://specs.apollo.dev/link/v1.0, "@link(url:)"."""

    identity: str
    """The URL without its version."""

    name: str
    """The specification's own name: the last part of the identity."""

    version: Version

    def __str__(self) -> str:
        if self.version == UNVERSIONED:
            return self.identity
        return f"{self.identity}/{self.version}"


def parse_spec_url(text: str) -> SpecUrl | None:
    """Take a URL apart; ``None`` when it cannot be one of a specification."""
    identity, _, last = text.rstrip("/").rpartition("/")
    version = _parse_version(last)
    if version is None:
        identity, version = text.rstrip("/"), UNVERSIONED
    if not _IDENTITY.fullmatch(identity):
        return None
    name = identity.rpartition("/")[2]
    return SpecUrl(identity, name, version) if _NAME.fullmatch(name.replace("-", "_")) else None


def _parse_version(text: str) -> Version | None:
    """Read ``v1.0``; ``None`` when it is no version."""
    match = _VERSION.fullmatch(text)
    return Version(int(match[1]), int(match[2])) if match else None
