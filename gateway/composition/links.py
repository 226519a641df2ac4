"""``@link`` as composition sees it: which specifications a subgraph uses, and what it calls their elements.

Spec: https://specs.apollo.dev/link/v1.0. A name is available as imported (and renamed by ``{name, as}``), else under
the feature's prefix (``federation__key``, or that of ``as:``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import SourceLocation
from .federation_spec import Version
from .spec_urls import SpecUrl


@dataclass(frozen=True, slots=True)
class Link:
    """One ``@link``: a feature, and how the subgraph names its elements."""

    spec: SpecUrl
    prefix: str
    """``as:``, or the name of the specification."""

    imports: Mapping[str, str]
    """Element → local name; directives with their ``@`` on both sides."""

    location: SourceLocation | None
    purpose: str | None = None

    def directive(self, name: str) -> str:
        """Return the local name of a directive of this feature; both without ``@``."""
        imported = self.imports.get(f"@{name}")
        if imported is not None:
            return imported[1:]
        return self.prefix if name == self.spec.name else f"{self.prefix}__{name}"

    def type(self, name: str) -> str:
        """Return the local name of a type of this feature."""
        return self.imports.get(name, f"{self.prefix}__{name}")

    def owner_of(self, directive: str) -> str | None:
        """Return the feature's own name for a local directive name, or ``None`` if it is not from here."""
        for element, local in self.imports.items():
            if local == f"@{directive}":
                return element[1:]
        if directive == self.prefix:
            return self.spec.name
        prefix, separator, name = directive.partition("__")
        return name if separator and prefix == self.prefix else None


@dataclass(frozen=True, slots=True)
class LocalNames:
    """What a subgraph calls the elements of the specifications."""

    federation_version: Version | None
    links: tuple[Link, ...]
    link_directive: str
    directives: Mapping[str, str]
    """Local directive name → canonical name."""

    types: Mapping[str, str]
    """Local type name → canonical name."""

    ignored: frozenset[str] = field(default_factory=frozenset)
    """Directives whose import failed: their uses are not reported once more as unknown directives."""
