"""What composition has to say: coded errors and hints, each naming the subgraphs and lines it is about.

Errors stop a supergraph from being produced, hints never do. The codes are those published for Apollo Federation, so
that what people know, and what tools filter on, carries over. ``docs/composition-errors.md`` has a section for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

MAX_PROBLEMS = 200
"""How many errors, and how many hints, one run reports; further ones would bury the first."""


class CompositionCode(StrEnum):
    """Every error code that composition can produce."""

    # The document and its links
    INVALID_GRAPHQL = "INVALID_GRAPHQL"
    INVALID_SUBGRAPH_NAME = "INVALID_SUBGRAPH_NAME"
    DIRECTIVE_DEFINITION_INVALID = "DIRECTIVE_DEFINITION_INVALID"
    TYPE_DEFINITION_INVALID = "TYPE_DEFINITION_INVALID"
    INVALID_LINK_DIRECTIVE_USAGE = "INVALID_LINK_DIRECTIVE_USAGE"
    INVALID_LINK_IDENTIFIER = "INVALID_LINK_IDENTIFIER"
    LINK_IMPORT_NAME_MISMATCH = "LINK_IMPORT_NAME_MISMATCH"
    UNKNOWN_FEDERATION_LINK_VERSION = "UNKNOWN_FEDERATION_LINK_VERSION"
    UNKNOWN_LINK_VERSION = "UNKNOWN_LINK_VERSION"
    UNSUPPORTED_LINKED_FEATURE = "UNSUPPORTED_LINKED_FEATURE"
    UNSUPPORTED_FEATURE = "UNSUPPORTED_FEATURE"

    # Root types
    NO_QUERIES = "NO_QUERIES"
    ROOT_QUERY_USED = "ROOT_QUERY_USED"
    ROOT_MUTATION_USED = "ROOT_MUTATION_USED"
    ROOT_SUBSCRIPTION_USED = "ROOT_SUBSCRIPTION_USED"

    # Field sets
    KEY_FIELDS_HAS_ARGS = "KEY_FIELDS_HAS_ARGS"
    PROVIDES_FIELDS_HAS_ARGS = "PROVIDES_FIELDS_HAS_ARGS"
    PROVIDES_FIELDS_MISSING_EXTERNAL = "PROVIDES_FIELDS_MISSING_EXTERNAL"
    REQUIRES_FIELDS_MISSING_EXTERNAL = "REQUIRES_FIELDS_MISSING_EXTERNAL"
    KEY_UNSUPPORTED_ON_INTERFACE = "KEY_UNSUPPORTED_ON_INTERFACE"
    PROVIDES_UNSUPPORTED_ON_INTERFACE = "PROVIDES_UNSUPPORTED_ON_INTERFACE"
    REQUIRES_UNSUPPORTED_ON_INTERFACE = "REQUIRES_UNSUPPORTED_ON_INTERFACE"
    KEY_DIRECTIVE_IN_FIELDS_ARG = "KEY_DIRECTIVE_IN_FIELDS_ARG"
    PROVIDES_DIRECTIVE_IN_FIELDS_ARG = "PROVIDES_DIRECTIVE_IN_FIELDS_ARG"
    REQUIRES_DIRECTIVE_IN_FIELDS_ARG = "REQUIRES_DIRECTIVE_IN_FIELDS_ARG"
    KEY_INVALID_FIELDS_TYPE = "KEY_INVALID_FIELDS_TYPE"
    PROVIDES_INVALID_FIELDS_TYPE = "PROVIDES_INVALID_FIELDS_TYPE"
    REQUIRES_INVALID_FIELDS_TYPE = "REQUIRES_INVALID_FIELDS_TYPE"
    KEY_INVALID_FIELDS = "KEY_INVALID_FIELDS"
    PROVIDES_INVALID_FIELDS = "PROVIDES_INVALID_FIELDS"
    REQUIRES_INVALID_FIELDS = "REQUIRES_INVALID_FIELDS"
    KEY_FIELDS_SELECT_INVALID_TYPE = "KEY_FIELDS_SELECT_INVALID_TYPE"
    PROVIDES_ON_NON_OBJECT_FIELD = "PROVIDES_ON_NON_OBJECT_FIELD"

    # External fields and extensions
    TYPE_WITH_ONLY_UNUSED_EXTERNAL = "TYPE_WITH_ONLY_UNUSED_EXTERNAL"
    EXTENSION_WITH_NO_BASE = "EXTENSION_WITH_NO_BASE"
    EXTERNAL_UNUSED = "EXTERNAL_UNUSED"
    EXTERNAL_TYPE_MISMATCH = "EXTERNAL_TYPE_MISMATCH"
    EXTERNAL_ARGUMENT_MISSING = "EXTERNAL_ARGUMENT_MISSING"
    EXTERNAL_ARGUMENT_TYPE_MISMATCH = "EXTERNAL_ARGUMENT_TYPE_MISMATCH"
    EXTERNAL_ARGUMENT_DEFAULT_MISMATCH = "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH"
    EXTERNAL_ON_INTERFACE = "EXTERNAL_ON_INTERFACE"
    EXTERNAL_MISSING_ON_BASE = "EXTERNAL_MISSING_ON_BASE"
    EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE = "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE"
    MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL = "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL"

    # Merging
    TYPE_KIND_MISMATCH = "TYPE_KIND_MISMATCH"
    FIELD_TYPE_MISMATCH = "FIELD_TYPE_MISMATCH"
    FIELD_ARGUMENT_TYPE_MISMATCH = "FIELD_ARGUMENT_TYPE_MISMATCH"
    FIELD_ARGUMENT_DEFAULT_MISMATCH = "FIELD_ARGUMENT_DEFAULT_MISMATCH"
    INPUT_FIELD_DEFAULT_MISMATCH = "INPUT_FIELD_DEFAULT_MISMATCH"
    REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH = "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH"
    REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH = "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH"
    EMPTY_MERGED_INPUT_TYPE = "EMPTY_MERGED_INPUT_TYPE"
    EMPTY_MERGED_ENUM_TYPE = "EMPTY_MERGED_ENUM_TYPE"
    ENUM_VALUE_MISMATCH = "ENUM_VALUE_MISMATCH"
    INTERFACE_FIELD_NO_IMPLEM = "INTERFACE_FIELD_NO_IMPLEM"
    INVALID_FIELD_SHARING = "INVALID_FIELD_SHARING"
    INVALID_SHAREABLE_USAGE = "INVALID_SHAREABLE_USAGE"
    DIRECTIVE_COMPOSITION_ERROR = "DIRECTIVE_COMPOSITION_ERROR"

    # Overrides and interface objects
    OVERRIDE_FROM_SELF_ERROR = "OVERRIDE_FROM_SELF_ERROR"
    OVERRIDE_SOURCE_HAS_OVERRIDE = "OVERRIDE_SOURCE_HAS_OVERRIDE"
    OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE = "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"
    OVERRIDE_ON_INTERFACE = "OVERRIDE_ON_INTERFACE"
    OVERRIDE_LABEL_INVALID = "OVERRIDE_LABEL_INVALID"
    INTERFACE_OBJECT_USAGE_ERROR = "INTERFACE_OBJECT_USAGE_ERROR"
    INTERFACE_KEY_NOT_ON_IMPLEMENTATION = "INTERFACE_KEY_NOT_ON_IMPLEMENTATION"
    INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE = "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE"

    # Contexts
    CONTEXT_NAME_INVALID = "CONTEXT_NAME_INVALID"
    CONTEXT_NOT_SET = "CONTEXT_NOT_SET"
    NO_CONTEXT_IN_SELECTION = "NO_CONTEXT_IN_SELECTION"
    CONTEXT_INVALID_SELECTION = "CONTEXT_INVALID_SELECTION"
    CONTEXT_NO_RESOLVABLE_KEY = "CONTEXT_NO_RESOLVABLE_KEY"
    CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS = (
        "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
    )

    # Authorization and cost
    AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE = "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE"
    MISSING_TRANSITIVE_AUTH_REQUIREMENTS = "MISSING_TRANSITIVE_AUTH_REQUIREMENTS"
    COST_APPLIED_TO_INTERFACE_FIELD = "COST_APPLIED_TO_INTERFACE_FIELD"
    LIST_SIZE_APPLIED_TO_NON_LIST = "LIST_SIZE_APPLIED_TO_NON_LIST"
    LIST_SIZE_INVALID_ASSUMED_SIZE = "LIST_SIZE_INVALID_ASSUMED_SIZE"
    LIST_SIZE_INVALID_SLICING_ARGUMENT = "LIST_SIZE_INVALID_SLICING_ARGUMENT"
    LIST_SIZE_INVALID_SIZED_FIELD = "LIST_SIZE_INVALID_SIZED_FIELD"

    # Tags and cache tags
    INVALID_TAG_NAME = "INVALID_TAG_NAME"
    CACHE_TAG_INVALID_FORMAT = "CACHE_TAG_INVALID_FORMAT"
    CACHE_TAG_APPLIED_TO_NON_ROOT_FIELD = "CACHE_TAG_APPLIED_TO_NON_ROOT_FIELD"
    CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ROOT_FIELD = (
        "CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ROOT_FIELD"
    )
    CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ENTITY = "CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ENTITY"
    CACHE_TAG_ENTITY_NOT_RESOLVABLE = "CACHE_TAG_ENTITY_NOT_RESOLVABLE"

    # The API schema
    DISALLOWED_INACCESSIBLE = "DISALLOWED_INACCESSIBLE"
    REFERENCED_INACCESSIBLE = "REFERENCED_INACCESSIBLE"
    DEFAULT_VALUE_USES_INACCESSIBLE = "DEFAULT_VALUE_USES_INACCESSIBLE"
    QUERY_ROOT_TYPE_INACCESSIBLE = "QUERY_ROOT_TYPE_INACCESSIBLE"
    REQUIRED_INACCESSIBLE = "REQUIRED_INACCESSIBLE"
    IMPLEMENTED_BY_INACCESSIBLE = "IMPLEMENTED_BY_INACCESSIBLE"
    ONLY_INACCESSIBLE_CHILDREN = "ONLY_INACCESSIBLE_CHILDREN"

    # Satisfiability
    SATISFIABILITY_ERROR = "SATISFIABILITY_ERROR"
    SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES = "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"
    MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED = "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"


class HintCode(StrEnum):
    """Every hint code that composition can produce."""

    INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE = "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE"
    INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE = "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE"
    INCONSISTENT_DEFAULT_VALUE_PRESENCE = "INCONSISTENT_DEFAULT_VALUE_PRESENCE"
    INCONSISTENT_ENTITY = "INCONSISTENT_ENTITY"
    INCONSISTENT_OBJECT_VALUE_TYPE_FIELD = "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD"
    INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD = "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD"
    INCONSISTENT_INPUT_OBJECT_FIELD = "INCONSISTENT_INPUT_OBJECT_FIELD"
    INCONSISTENT_UNION_MEMBER = "INCONSISTENT_UNION_MEMBER"
    INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM = "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM"
    INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM = "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM"
    INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE = "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE"
    NO_EXECUTABLE_DIRECTIVE_INTERSECTION = "NO_EXECUTABLE_DIRECTIVE_INTERSECTION"
    INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE = "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE"
    INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS = "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS"
    INCONSISTENT_DESCRIPTION = "INCONSISTENT_DESCRIPTION"
    INCONSISTENT_ARGUMENT_PRESENCE = "INCONSISTENT_ARGUMENT_PRESENCE"
    FROM_SUBGRAPH_DOES_NOT_EXIST = "FROM_SUBGRAPH_DOES_NOT_EXIST"
    OVERRIDDEN_FIELD_CAN_BE_REMOVED = "OVERRIDDEN_FIELD_CAN_BE_REMOVED"
    OVERRIDE_DIRECTIVE_CAN_BE_REMOVED = "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED"
    OVERRIDE_MIGRATION_IN_PROGRESS = "OVERRIDE_MIGRATION_IN_PROGRESS"
    UNUSED_ENUM_TYPE = "UNUSED_ENUM_TYPE"
    INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS = (
        "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS"
    )
    MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS = "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS"
    DIRECTIVE_COMPOSITION_INFO = "DIRECTIVE_COMPOSITION_INFO"
    DIRECTIVE_COMPOSITION_WARN = "DIRECTIVE_COMPOSITION_WARN"
    INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE = "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE"
    INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS = "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS"
    INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN = (
        "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN"
    )
    IMPLICITLY_UPGRADED_FEDERATION_VERSION = "IMPLICITLY_UPGRADED_FEDERATION_VERSION"
    CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS = (
        "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
    )


class HintLevel(StrEnum):
    """How much a hint matters to whoever runs the composition."""

    WARN = "WARN"
    INFO = "INFO"
    DEBUG = "DEBUG"


_INFO = frozenset(
    {
        HintCode.INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE,
        HintCode.INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE,
        HintCode.INCONSISTENT_ENTITY,
        HintCode.OVERRIDDEN_FIELD_CAN_BE_REMOVED,
        HintCode.OVERRIDE_DIRECTIVE_CAN_BE_REMOVED,
        HintCode.OVERRIDE_MIGRATION_IN_PROGRESS,
        HintCode.MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS,
        HintCode.DIRECTIVE_COMPOSITION_INFO,
        HintCode.IMPLICITLY_UPGRADED_FEDERATION_VERSION,
        HintCode.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS,
    }
)
_DEBUG = frozenset(
    {
        HintCode.INCONSISTENT_OBJECT_VALUE_TYPE_FIELD,
        HintCode.INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD,
        HintCode.INCONSISTENT_UNION_MEMBER,
        HintCode.INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM,
        HintCode.INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE,
        HintCode.INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS,
        HintCode.UNUSED_ENUM_TYPE,
    }
)


def hint_level(code: HintCode) -> HintLevel:
    """Return the published level of a hint."""
    if code in _INFO:
        return HintLevel.INFO
    return HintLevel.DEBUG if code in _DEBUG else HintLevel.WARN


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A place in one subgraph's SDL; line and column count from 1."""

    subgraph: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.subgraph}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionError:
    """One reason why there is no supergraph."""

    code: CompositionCode
    message: str
    coordinate: str | None = None
    """``Type``, ``Type.field``, ``Type.field(argument:)``, ``@directive``, or ``None`` for the whole."""

    locations: tuple[SourceLocation, ...] = ()
    """The source lines at fault, in subgraph order."""

    def __str__(self) -> str:
        return _describe(self.code, self.message, self.locations)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionHint:
    """Something worth knowing about a supergraph that composed all the same."""

    code: HintCode
    message: str
    coordinate: str | None = None
    locations: tuple[SourceLocation, ...] = ()

    @property
    def level(self) -> HintLevel:
        """The published level of this hint's code."""
        return hint_level(self.code)

    def __str__(self) -> str:
        return _describe(self.code, self.message, self.locations)


def _describe(code: str, message: str, locations: tuple[SourceLocation, ...]) -> str:
    places = ", ".join(str(location) for location in locations)
    return f"{code}: {message}" + (f" ({places})" if places else "")


@dataclass(slots=True)
class Report:
    """Collects what all phases of one run find.

    A repeat of the very same error is dropped: two phases may meet one fault from two sides.
    """

    errors: list[CompositionError] = field(default_factory=list)
    hints: list[CompositionHint] = field(default_factory=list)
    _seen: set[tuple[str, str | None, str]] = field(default_factory=set)
    _coordinates: set[str] = field(default_factory=set)

    def error(
        self,
        code: CompositionCode,
        message: str,
        *,
        at: Iterable[SourceLocation | None] = (),
        coordinate: str | None = None,
    ) -> None:
        """Record an error; ``at`` may hold ``None`` for elements that have no source."""
        locations = tuple(location for location in at if location is not None)
        self.add(
            CompositionError(code=code, message=message, coordinate=coordinate, locations=locations)
        )

    def add(self, error: CompositionError) -> None:
        """Record an error that a rule has made."""
        identity = (error.code, error.coordinate, error.message)
        if identity not in self._seen:
            self._seen.add(identity)
            self.errors.append(error)
            if error.coordinate is not None:
                self._coordinates.add(error.coordinate)

    def hint(
        self,
        code: HintCode,
        message: str,
        *,
        at: Iterable[SourceLocation | None] = (),
        coordinate: str | None = None,
    ) -> None:
        """Record a hint."""
        locations = tuple(location for location in at if location is not None)
        self.hints.append(
            CompositionHint(code=code, message=message, coordinate=coordinate, locations=locations)
        )

    @property
    def has_errors(self) -> bool:
        """Whether any phase has found an error so far."""
        return bool(self.errors)

    def suspect_coordinates(self) -> frozenset[str]:
        """Coordinates that errors so far are about.

        What a later phase finds wrong with them may be a mere consequence.
        """
        return frozenset(self._coordinates)

    def is_suspect(self, coordinate: str) -> bool:
        """Whether an error so far is about a coordinate."""
        return coordinate in self._coordinates
