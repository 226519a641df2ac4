"""What the published specifications define: federation versions, their directives and types, and linkable features.

This is data; ``link_resolver.py`` resolves what a subgraph calls these, ``subgraph_loader.py`` checks definitions
against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Version(NamedTuple):
    """A version of a specification."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"


SPECS = "https://specs.apollo.dev"
FEDERATION = f"{SPECS}/federation"
LINK = f"{SPECS}/link"

OLDEST: Version = Version(2, 0)
NEWEST: Version = Version(2, 14)


@dataclass(frozen=True, slots=True)
class DirectiveSpec:
    """A directive of the federation specification."""

    name: str
    since: Version
    arguments: str
    """As in a definition; types of the specification are written ``{FieldSet}``."""

    locations: str
    repeatable: bool = False
    feature: str | None = None
    """The feature under whose own link it reaches the supergraph; ``None`` when it is consumed by composition."""

    def definition(self, directive: str, types: Mapping[str, str]) -> str:
        """Return the SDL definition under the given local names."""
        repeatable = " repeatable" if self.repeatable else ""
        arguments = self.arguments.format_map(types)
        return f"directive @{directive}{arguments}{repeatable} on {self.locations}"


_AUTH = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
_HIDEABLE = (
    "FIELD_DEFINITION | INTERFACE | OBJECT | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM"
    " | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)

_DIRECTIVES = (
    DirectiveSpec(
        "key",
        Version(2, 0),
        "(fields: {FieldSet}!, resolvable: Boolean = true)",
        "OBJECT | INTERFACE",
        repeatable=True,
    ),
    DirectiveSpec("requires", Version(2, 0), "(fields: {FieldSet}!)", "FIELD_DEFINITION"),
    DirectiveSpec("provides", Version(2, 0), "(fields: {FieldSet}!)", "FIELD_DEFINITION"),
    DirectiveSpec("external", Version(2, 0), "(reason: String)", "OBJECT | FIELD_DEFINITION"),
    DirectiveSpec("shareable", Version(2, 0), "", "OBJECT | FIELD_DEFINITION", repeatable=True),
    DirectiveSpec("override", Version(2, 0), "(from: String!, label: String)", "FIELD_DEFINITION"),
    DirectiveSpec("extends", Version(2, 0), "", "OBJECT | INTERFACE"),
    DirectiveSpec(
        "tag",
        Version(2, 0),
        "(name: String!)",
        f"{_HIDEABLE} | SCHEMA",
        repeatable=True,
        feature="tag",
    ),
    DirectiveSpec("inaccessible", Version(2, 0), "", _HIDEABLE, feature="inaccessible"),
    DirectiveSpec("composeDirective", Version(2, 1), "(name: String)", "SCHEMA", repeatable=True),
    DirectiveSpec("interfaceObject", Version(2, 3), "", "OBJECT"),
    DirectiveSpec("authenticated", Version(2, 5), "", _AUTH, feature="authenticated"),
    DirectiveSpec(
        "requiresScopes", Version(2, 5), "(scopes: [[{Scope}!]!]!)", _AUTH, feature="requiresScopes"
    ),
    DirectiveSpec("policy", Version(2, 6), "(policies: [[{Policy}!]!]!)", _AUTH, feature="policy"),
    DirectiveSpec(
        "context",
        Version(2, 8),
        "(name: String!)",
        "INTERFACE | OBJECT | UNION",
        repeatable=True,
        feature="context",
    ),
    DirectiveSpec(
        "fromContext", Version(2, 8), "(field: {ContextFieldValue})", "ARGUMENT_DEFINITION"
    ),
    DirectiveSpec(
        "cost",
        Version(2, 9),
        "(weight: Int!)",
        "ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
        feature="cost",
    ),
    DirectiveSpec(
        "listSize",
        Version(2, 9),
        "(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
        " requireOneSlicingArgument: Boolean = true)",
        "FIELD_DEFINITION",
        feature="cost",
    ),
    DirectiveSpec(
        "cacheTag",
        Version(2, 12),
        "(format: String!)",
        "FIELD_DEFINITION | OBJECT",
        repeatable=True,
        feature="cacheTag",
    ),
)

DIRECTIVES: Mapping[str, DirectiveSpec] = {spec.name: spec for spec in _DIRECTIVES}

TYPES: Mapping[str, Version] = {
    "FieldSet": Version(2, 0),
    "Scope": Version(2, 5),
    "Policy": Version(2, 6),
    "ContextFieldValue": Version(2, 8),
}
"""The specification's scalars, and the version that brought each."""

AUTH_DIRECTIVES = ("authenticated", "requiresScopes", "policy")

FEDERATION_1_DIRECTIVES = frozenset({"key", "requires", "provides", "external", "extends", "tag"})
"""What a subgraph may use without any ``@link``."""


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """A specification that supergraphs link for the sake of directives that outlive composition."""

    name: str
    version: Version
    """The version that composed supergraphs link."""

    purpose: str | None
    """``SECURITY`` or ``EXECUTION`` when a reader that does not know the feature has to refuse."""

    directives: tuple[str, ...]
    scalars: tuple[str, ...] = ()
    consumed_directives: tuple[str, ...] = ()
    """Those of its directives that composition uses up; so it does with ``consumed_scalars``."""

    consumed_scalars: tuple[str, ...] = ()
    is_joined: bool = False
    """Whether its directives travel as ``@join__directive``, so that the supergraph does not define them."""

    since: Version = OLDEST
    """The federation version in which a subgraph may use it."""

    @property
    def identity(self) -> str:
        """Its URL without the version."""
        return f"{SPECS}/{self.name}"

    @property
    def url(self) -> str:
        """Its URL as a supergraph links it."""
        return f"{self.identity}/{self.version}"


_FEATURES = (
    FeatureSpec("tag", Version(0, 3), None, ("tag",)),
    FeatureSpec("inaccessible", Version(0, 2), "SECURITY", ("inaccessible",)),
    FeatureSpec(
        "authenticated", Version(0, 1), "SECURITY", ("authenticated",), since=Version(2, 5)
    ),
    FeatureSpec(
        "requiresScopes",
        Version(0, 1),
        "SECURITY",
        ("requiresScopes",),
        ("Scope",),
        since=Version(2, 5),
    ),
    FeatureSpec("policy", Version(0, 1), "SECURITY", ("policy",), ("Policy",), since=Version(2, 6)),
    FeatureSpec(
        "context",
        Version(0, 1),
        "SECURITY",
        ("context",),
        consumed_directives=("fromContext",),
        consumed_scalars=("ContextFieldValue",),
        since=Version(2, 8),
    ),
    FeatureSpec("cost", Version(0, 1), None, ("cost", "listSize"), since=Version(2, 9)),
    FeatureSpec(
        "cacheTag", Version(0, 1), "EXECUTION", ("cacheTag",), is_joined=True, since=Version(2, 12)
    ),
)

FEATURES: Mapping[str, FeatureSpec] = {feature.name: feature for feature in _FEATURES}

_FEATURES_BY_IDENTITY = {feature.identity: feature for feature in _FEATURES}


def find_feature(identity: str) -> FeatureSpec | None:
    """Return the feature of that URL (without version), if it is one of these."""
    return _FEATURES_BY_IDENTITY.get(identity)


UNSUPPORTED_FEATURES = frozenset({"connect", "source"})
"""Features of the same publisher that this composition knows of and cannot carry: fields that REST services answer."""

MACHINERY_TYPES = frozenset({"_Any", "_Entity", "_Service", "_FieldSet"})
MACHINERY_FIELDS = frozenset({"_entities", "_service"})
"""What the subgraph protocol adds to every subgraph; part of no supergraph."""
