"""A change as data: a stable code, which alone decides how severe it is, and where it is in both schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a change can do to clients that know nothing of it."""

    BREAKING = "breaking"
    """An operation that was valid may not be any more, or its answer may have another shape."""

    DANGEROUS = "dangerous"
    """Every operation stays valid, but its answer may hold or mean something new."""

    SAFE = "safe"


class ChangeCode(StrEnum):
    """Every kind of change."""

    ROOT_TYPE_REMOVED = "ROOT_TYPE_REMOVED"
    ROOT_TYPE_CHANGED = "ROOT_TYPE_CHANGED"
    ROOT_TYPE_ADDED = "ROOT_TYPE_ADDED"
    TYPE_REMOVED = "TYPE_REMOVED"
    TYPE_KIND_CHANGED = "TYPE_KIND_CHANGED"
    TYPE_ADDED = "TYPE_ADDED"
    IMPLEMENTATION_REMOVED = "IMPLEMENTATION_REMOVED"
    IMPLEMENTATION_ADDED = "IMPLEMENTATION_ADDED"
    UNION_MEMBER_REMOVED = "UNION_MEMBER_REMOVED"
    UNION_MEMBER_ADDED = "UNION_MEMBER_ADDED"
    SPECIFIED_BY_CHANGED = "SPECIFIED_BY_CHANGED"

    FIELD_REMOVED = "FIELD_REMOVED"
    FIELD_TYPE_CHANGED = "FIELD_TYPE_CHANGED"
    FIELD_TYPE_NARROWED = "FIELD_TYPE_NARROWED"
    FIELD_ADDED = "FIELD_ADDED"

    ARGUMENT_REMOVED = "ARGUMENT_REMOVED"
    ARGUMENT_TYPE_CHANGED = "ARGUMENT_TYPE_CHANGED"
    ARGUMENT_BECAME_REQUIRED = "ARGUMENT_BECAME_REQUIRED"
    REQUIRED_ARGUMENT_ADDED = "REQUIRED_ARGUMENT_ADDED"
    OPTIONAL_ARGUMENT_ADDED = "OPTIONAL_ARGUMENT_ADDED"
    ARGUMENT_DEFAULT_CHANGED = "ARGUMENT_DEFAULT_CHANGED"
    ARGUMENT_TYPE_WIDENED = "ARGUMENT_TYPE_WIDENED"

    INPUT_FIELD_REMOVED = "INPUT_FIELD_REMOVED"
    INPUT_FIELD_TYPE_CHANGED = "INPUT_FIELD_TYPE_CHANGED"
    INPUT_FIELD_BECAME_REQUIRED = "INPUT_FIELD_BECAME_REQUIRED"
    REQUIRED_INPUT_FIELD_ADDED = "REQUIRED_INPUT_FIELD_ADDED"
    OPTIONAL_INPUT_FIELD_ADDED = "OPTIONAL_INPUT_FIELD_ADDED"
    INPUT_FIELD_DEFAULT_CHANGED = "INPUT_FIELD_DEFAULT_CHANGED"
    INPUT_FIELD_TYPE_WIDENED = "INPUT_FIELD_TYPE_WIDENED"
    INPUT_BECAME_ONE_OF = "INPUT_BECAME_ONE_OF"
    INPUT_NO_LONGER_ONE_OF = "INPUT_NO_LONGER_ONE_OF"

    ENUM_VALUE_REMOVED_FROM_INPUT = "ENUM_VALUE_REMOVED_FROM_INPUT"
    ENUM_VALUE_REMOVED_FROM_OUTPUT = "ENUM_VALUE_REMOVED_FROM_OUTPUT"
    ENUM_VALUE_ADDED_TO_OUTPUT = "ENUM_VALUE_ADDED_TO_OUTPUT"
    ENUM_VALUE_ADDED_TO_INPUT = "ENUM_VALUE_ADDED_TO_INPUT"

    DIRECTIVE_REMOVED = "DIRECTIVE_REMOVED"
    DIRECTIVE_ADDED = "DIRECTIVE_ADDED"
    DIRECTIVE_LOCATION_REMOVED = "DIRECTIVE_LOCATION_REMOVED"
    DIRECTIVE_LOCATION_ADDED = "DIRECTIVE_LOCATION_ADDED"
    DIRECTIVE_NO_LONGER_REPEATABLE = "DIRECTIVE_NO_LONGER_REPEATABLE"
    DIRECTIVE_BECAME_REPEATABLE = "DIRECTIVE_BECAME_REPEATABLE"

    DEPRECATED = "DEPRECATED"
    NO_LONGER_DEPRECATED = "NO_LONGER_DEPRECATED"
    DEPRECATION_REASON_CHANGED = "DEPRECATION_REASON_CHANGED"
    DESCRIPTION_CHANGED = "DESCRIPTION_CHANGED"


_BREAKING = frozenset(
    {
        ChangeCode.ROOT_TYPE_REMOVED,
        ChangeCode.ROOT_TYPE_CHANGED,
        ChangeCode.TYPE_REMOVED,
        ChangeCode.TYPE_KIND_CHANGED,
        ChangeCode.IMPLEMENTATION_REMOVED,
        ChangeCode.UNION_MEMBER_REMOVED,
        ChangeCode.FIELD_REMOVED,
        ChangeCode.FIELD_TYPE_CHANGED,
        ChangeCode.ARGUMENT_REMOVED,
        ChangeCode.ARGUMENT_TYPE_CHANGED,
        ChangeCode.ARGUMENT_BECAME_REQUIRED,
        ChangeCode.REQUIRED_ARGUMENT_ADDED,
        ChangeCode.INPUT_FIELD_REMOVED,
        ChangeCode.INPUT_FIELD_TYPE_CHANGED,
        ChangeCode.INPUT_FIELD_BECAME_REQUIRED,
        ChangeCode.REQUIRED_INPUT_FIELD_ADDED,
        ChangeCode.INPUT_BECAME_ONE_OF,
        ChangeCode.ENUM_VALUE_REMOVED_FROM_INPUT,
        ChangeCode.DIRECTIVE_REMOVED,
        ChangeCode.DIRECTIVE_LOCATION_REMOVED,
        ChangeCode.DIRECTIVE_NO_LONGER_REPEATABLE,
    }
)
_DANGEROUS = frozenset(
    {
        ChangeCode.IMPLEMENTATION_ADDED,
        ChangeCode.UNION_MEMBER_ADDED,
        ChangeCode.SPECIFIED_BY_CHANGED,
        ChangeCode.OPTIONAL_ARGUMENT_ADDED,
        ChangeCode.ARGUMENT_DEFAULT_CHANGED,
        ChangeCode.OPTIONAL_INPUT_FIELD_ADDED,
        ChangeCode.INPUT_FIELD_DEFAULT_CHANGED,
        ChangeCode.ENUM_VALUE_ADDED_TO_OUTPUT,
    }
)


def _severity(code: ChangeCode) -> Severity:
    if code in _BREAKING:
        return Severity.BREAKING
    return Severity.DANGEROUS if code in _DANGEROUS else Severity.SAFE


SEVERITIES: Mapping[ChangeCode, Severity] = {code: _severity(code) for code in ChangeCode}
"""How severe each kind of change is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChange:
    """One difference between two schemas."""

    code: ChangeCode
    coordinate: str
    """``Type``, ``Type.field``, ``Type.field(argument:)``, ``@directive``, or ``schema.mutation`` for a root."""

    message: str
    subject: str | None = None
    """What was taken from or given to the element: a union's member, an interface, a directive's location."""

    old_line: int | None = None
    """Where the element is in the old text; ``None`` when it is not there."""

    new_line: int | None = None

    @property
    def severity(self) -> Severity:
        """How severe it is, whoever uses it."""
        return SEVERITIES[self.code]
