"""What of a schema one operation uses: which names it says, which values it sends, what it leaves out.

When in doubt, it uses it: what is called unused here may be removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_input_type,
    type_from_ast,
    visit,
)

from .change import ChangeCode, SchemaChange


@dataclass(slots=True)
class Usage:
    """What one operation uses of a schema."""

    names: set[str] = field(default_factory=set)
    """Types, coordinates of fields, of arguments and input fields given, and of enum values; ``@directive``,
    ``@directive LOCATION`` and ``schema.query``."""

    conditions: set[str] = field(default_factory=set)
    """Types that a fragment asks for."""

    objects: set[str] = field(default_factory=set)
    """Input types of which an object is sent."""

    omitted: set[str] = field(default_factory=set)
    """Coordinates of arguments and input fields that are left out, or may be null."""

    def is_hit_by(self, change: SchemaChange) -> bool:
        """Whether a change may be felt."""
        where = change.coordinate
        hit: bool
        match change.code:
            case ChangeCode.UNION_MEMBER_REMOVED | ChangeCode.IMPLEMENTATION_REMOVED:
                # A fragment on the one type, where the other is returned, finds nothing any more.
                other = change.subject or ""
                hit = (where in self.names and other in self.conditions) or (
                    other in self.names and where in self.conditions
                )
            case ChangeCode.IMPLEMENTATION_ADDED:
                hit = (change.subject or "") in self.names
            case ChangeCode.REQUIRED_ARGUMENT_ADDED | ChangeCode.OPTIONAL_ARGUMENT_ADDED:
                hit = where.partition("(")[0] in self.names
            case ChangeCode.REQUIRED_INPUT_FIELD_ADDED | ChangeCode.OPTIONAL_INPUT_FIELD_ADDED:
                hit = where.partition(".")[0] in self.objects
            case (
                ChangeCode.ARGUMENT_BECAME_REQUIRED
                | ChangeCode.ARGUMENT_DEFAULT_CHANGED
                | ChangeCode.INPUT_FIELD_BECAME_REQUIRED
                | ChangeCode.INPUT_FIELD_DEFAULT_CHANGED
            ):
                hit = where in self.omitted
            case ChangeCode.ENUM_VALUE_ADDED_TO_OUTPUT:
                hit = where.partition(".")[0] in self.names
            case ChangeCode.INPUT_BECAME_ONE_OF:
                hit = where in self.objects
            case ChangeCode.DIRECTIVE_LOCATION_REMOVED:
                hit = f"{where} {change.subject}" in self.names
            case _:
                hit = where in self.names
        return hit


def find_usage(
    document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, object] | None
) -> Usage:
    """Return what a document of one operation and its fragments uses; it must be valid.

    ``variables`` are those it was sent with; ``None`` stands for any.
    """
    type_info = TypeInfo(schema)
    visitor = _UsageVisitor(schema, type_info, variables)
    visit(document, TypeInfoVisitor(type_info, visitor))
    return visitor.usage


class _UsageVisitor(Visitor):
    def __init__(
        self, schema: GraphQLSchema, type_info: TypeInfo, variables: Mapping[str, object] | None
    ) -> None:
        super().__init__()
        self.usage = Usage()
        self._schema = schema
        self._type_info = type_info
        self._variables = variables
        self._may_be_null: set[str] = set()

    # Operations and their variables

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
        self.usage.names.add(f"schema.{node.operation.value}")
        self._use_directives(node.directives, node.operation.name)
        for definition in node.variable_definitions or ():
            self._use_directives(definition.directives, "VARIABLE_DEFINITION")
            type_ = type_from_ast(self._schema, definition.type)
            if not is_input_type(type_):
                continue
            name = definition.variable.name.value
            self.usage.names.add(get_named_type(type_).name)
            if definition.default_value is not None:
                self._send_literal(type_, definition.default_value)
            if not isinstance(type_, GraphQLNonNull):
                self._may_be_null.add(name)
            if self._variables is None:
                self._send_anything(type_)
            elif name in self._variables:
                self._send_value(type_, self._variables[name])

    # Selections

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self._use_directives(node.directives, "FIELD")
        parent = self._type_info.get_parent_type()
        definition = self._type_info.get_field_def()
        if parent is None or definition is None:
            return
        coordinate = f"{parent.name}.{node.name.value}"
        self.usage.names |= {parent.name, coordinate, get_named_type(definition.type).name}
        self._use_arguments(coordinate, definition.args, node.arguments or ())

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        self._use_directives(node.directives, "INLINE_FRAGMENT")
        if node.type_condition is not None:
            self._ask_for(node.type_condition.name.value)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: object) -> None:
        self._use_directives(node.directives, "FRAGMENT_DEFINITION")
        self._ask_for(node.type_condition.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self._use_directives(node.directives, "FRAGMENT_SPREAD")

    def _ask_for(self, name: str) -> None:
        self.usage.names.add(name)
        self.usage.conditions.add(name)

    def _use_directives(self, directives: Sequence[DirectiveNode] | None, location: str) -> None:
        for node in directives or ():
            coordinate = f"@{node.name.value}"
            self.usage.names |= {coordinate, f"{coordinate} {location}"}
            definition = self._schema.get_directive(node.name.value)
            if definition is not None:
                self._use_arguments(coordinate, definition.args, node.arguments or ())

    def _use_arguments(
        self, owner: str, known: Mapping[str, GraphQLArgument], given: Iterable[ArgumentNode]
    ) -> None:
        values = {argument.name.value: argument.value for argument in given}
        for name, definition in known.items():
            coordinate = f"{owner}({name}:)"
            value = values.get(name)
            if value is None or self._is_nothing(value):
                self.usage.omitted.add(coordinate)
            if value is not None:
                self.usage.names |= {coordinate, get_named_type(definition.type).name}
                self._send_literal(definition.type, value)

    def _is_nothing(self, value: ValueNode) -> bool:
        if isinstance(value, VariableNode):
            return value.name.value in self._may_be_null
        return isinstance(value, NullValueNode)

    # Values

    def _send_literal(self, type_: GraphQLInputType, value: ValueNode) -> None:
        match _nullable(type_), value:
            case GraphQLList() as of, ListValueNode():
                for item in value.values:
                    self._send_literal(of.of_type, item)
            case GraphQLList() as of, _:
                self._send_literal(of.of_type, value)
            case GraphQLEnumType() as enum, EnumValueNode():
                self.usage.names.add(f"{enum.name}.{value.value}")
            case GraphQLInputObjectType() as input_type, ObjectValueNode():
                given = {entry.name.value: entry.value for entry in value.fields}
                self._send_object(
                    input_type,
                    given=given.keys(),
                    empty={name for name, part in given.items() if self._is_nothing(part)},
                )
                for name, part in given.items():
                    if name in input_type.fields:
                        self._send_literal(input_type.fields[name].type, part)
            case _:
                return

    def _send_value(self, type_: GraphQLInputType, value: object) -> None:
        match _nullable(type_), value:
            case GraphQLList() as of, list():
                for item in value:
                    self._send_value(of.of_type, item)
            case GraphQLList() as of, _:
                self._send_value(of.of_type, value)
            case GraphQLEnumType() as enum, str():
                self.usage.names.add(f"{enum.name}.{value}")
            case GraphQLInputObjectType() as input_type, dict():
                self._send_object(
                    input_type,
                    given=value.keys(),
                    empty={name for name, part in value.items() if part is None},
                )
                for name, part in value.items():
                    if name in input_type.fields:
                        self._send_value(input_type.fields[name].type, part)
            case _:
                return

    def _send_object(
        self, type_: GraphQLInputObjectType, *, given: Iterable[str], empty: set[str]
    ) -> None:
        self.usage.objects.add(type_.name)
        self.usage.names.add(type_.name)
        sent = set(given)
        self.usage.names |= {f"{type_.name}.{name}" for name in sent}
        missing = (type_.fields.keys() - sent) | empty
        self.usage.omitted |= {f"{type_.name}.{name}" for name in missing}

    def _send_anything(self, type_: GraphQLInputType) -> None:
        """Reckon with every value of a type."""
        waiting = [get_named_type(type_)]
        while waiting:
            match waiting.pop():
                case GraphQLEnumType() as enum:
                    self.usage.names |= {f"{enum.name}.{name}" for name in enum.values}
                case GraphQLInputObjectType() as input_type if (
                    input_type.name not in self.usage.objects
                ):
                    names = {f"{input_type.name}.{name}" for name in input_type.fields}
                    self.usage.objects.add(input_type.name)
                    self.usage.names |= {input_type.name, *names}
                    self.usage.omitted |= names
                    waiting += [get_named_type(part.type) for part in input_type.fields.values()]
                case _:
                    continue


def _nullable(type_: GraphQLInputType) -> GraphQLInputType:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_
