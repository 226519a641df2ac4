"""Changes of what clients send: arguments of fields and directives, and input types.

Types may only widen (``Int!`` to ``Int``): a variable has to fit wherever it did. graphql-core has that rule; what it
does not have is that a default alone can make a non-null argument optional, and its loss make it required.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    get_nullable_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.utilities.find_schema_changes import get_default_value
from graphql.utilities.find_schema_changes import (
    is_change_safe_for_input_object_field_or_field_arg as is_wider,
)

from .change import ChangeCode, SchemaChange
from .change_between import change_between
from .described import deprecation_changes, description_changes

InputValue: TypeAlias = GraphQLArgument | GraphQLInputField


@dataclass(frozen=True, slots=True, kw_only=True)
class _Codes:
    """Arguments and input fields change alike, under codes of their own."""

    word: str
    removed: ChangeCode
    type_changed: ChangeCode
    became_required: ChangeCode
    required_added: ChangeCode
    optional_added: ChangeCode
    default_changed: ChangeCode
    type_widened: ChangeCode


_ARGUMENT = _Codes(
    word="argument",
    removed=ChangeCode.ARGUMENT_REMOVED,
    type_changed=ChangeCode.ARGUMENT_TYPE_CHANGED,
    became_required=ChangeCode.ARGUMENT_BECAME_REQUIRED,
    required_added=ChangeCode.REQUIRED_ARGUMENT_ADDED,
    optional_added=ChangeCode.OPTIONAL_ARGUMENT_ADDED,
    default_changed=ChangeCode.ARGUMENT_DEFAULT_CHANGED,
    type_widened=ChangeCode.ARGUMENT_TYPE_WIDENED,
)
_INPUT_FIELD = _Codes(
    word="input field",
    removed=ChangeCode.INPUT_FIELD_REMOVED,
    type_changed=ChangeCode.INPUT_FIELD_TYPE_CHANGED,
    became_required=ChangeCode.INPUT_FIELD_BECAME_REQUIRED,
    required_added=ChangeCode.REQUIRED_INPUT_FIELD_ADDED,
    optional_added=ChangeCode.OPTIONAL_INPUT_FIELD_ADDED,
    default_changed=ChangeCode.INPUT_FIELD_DEFAULT_CHANGED,
    type_widened=ChangeCode.INPUT_FIELD_TYPE_WIDENED,
)


def argument_changes(
    owner: str, old: Mapping[str, GraphQLArgument], new: Mapping[str, GraphQLArgument]
) -> Iterator[SchemaChange]:
    """Compare the arguments of a field (``Type.field``) or directive (``@directive``)."""
    for name in [*old, *(name for name in new if name not in old)]:
        coordinate = f"{owner}({name}:)"
        yield from _value_changes(coordinate, old.get(name), new.get(name), _ARGUMENT)


def input_type_changes(
    old: GraphQLInputObjectType, new: GraphQLInputObjectType
) -> Iterator[SchemaChange]:
    """Compare two input types of one name."""
    if old.is_one_of != new.is_one_of:
        if new.is_one_of:
            code, many = ChangeCode.INPUT_BECAME_ONE_OF, "exactly one"
        else:
            code, many = ChangeCode.INPUT_NO_LONGER_ONE_OF, "any number"
        message = f"{new.name} takes {many} of its fields now."
        yield change_between(new.name, old, new, code, message)
    for name in [*old.fields, *(name for name in new.fields if name not in old.fields)]:
        coordinate = f"{new.name}.{name}"
        before, after = old.fields.get(name), new.fields.get(name)
        yield from _value_changes(coordinate, before, after, _INPUT_FIELD)


def _value_changes(
    coordinate: str, old: InputValue | None, new: InputValue | None, codes: _Codes
) -> Iterator[SchemaChange]:
    change = partial(change_between, coordinate, old, new)
    if new is None:
        yield change(codes.removed, f"The {codes.word} {coordinate} was removed.")
    elif old is None:
        if _is_required(new):
            yield change(
                codes.required_added,
                f"The {codes.word} {coordinate} was added and has to be given.",
            )
        else:
            yield change(codes.optional_added, f"The {codes.word} {coordinate} was added.")
    else:
        yield from (
            change(code, message) for code, message in _differences(coordinate, old, new, codes)
        )
        yield from deprecation_changes(coordinate, old, new)
        yield from description_changes(coordinate, old, new)


def _differences(
    coordinate: str, old: InputValue, new: InputValue, codes: _Codes
) -> Iterator[tuple[ChangeCode, str]]:
    before, after = get_default_value(old), get_default_value(new)
    has_become_required = _is_required(new) and not _is_required(old)
    if has_become_required:
        yield codes.became_required, f"The {codes.word} {coordinate} has to be given now."
    elif before != after:
        yield (
            codes.default_changed,
            f"The default of {coordinate} changed from {before or 'none'} to {after or 'none'}.",
        )
    types = f"from {old.type} to {new.type}"
    if not is_wider(old.type, new.type):
        # To have to be given is one thing; to be of another type, too, is another.
        if not has_become_required or not is_wider(old.type, get_nullable_type(new.type)):
            yield codes.type_changed, f"The type of {coordinate} changed {types}."
    elif str(old.type) != str(new.type):
        yield codes.type_widened, f"{coordinate} takes more than before: {types}."


def _is_required(value: InputValue) -> bool:
    if isinstance(value, GraphQLArgument):
        return is_required_argument(value)
    return is_required_input_field(value)
