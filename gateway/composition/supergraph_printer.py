"""Prints a merged schema as supergraph SDL.

Spec: https://specs.apollo.dev/join (v0.3, from federation 2.7 on v0.4, from 2.8 on v0.5) and https://specs.apollo.dev/link.
Types are sorted by name and their parts are in order of appearance, so that equal input prints equal text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from gateway.supergraph.built_in import BUILT_IN_SCALARS, ROOT_TYPES
from gateway.supergraph.type_kinds import TypeKind

from .federation_spec import LINK, SPECS
from .sdl_parts import print_arguments, print_description, print_directive, print_input_value
from .supergraph_model import (
    ContextArgument,
    Graph,
    JoinField,
    JoinType,
    MergedDirectiveDefinition,
    MergedField,
    MergedLink,
    MergedSchema,
    MergedType,
)

_LINK_DEFINITION = (
    "directive @link(url: String, as: String, for: link__Purpose, import: [link__Import])"
    " repeatable on SCHEMA"
)
_JOIN_DEFINITIONS: Mapping[str, str] = {
    "join__enumValue": "(graph: join__Graph!) repeatable on ENUM_VALUE",
    "join__graph": "(name: String!, url: String!) on ENUM_VALUE",
    "join__implements": "(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE",
    "join__type": "(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false,"
    " resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on"
    " OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR",
    "join__unionMember": "(graph: join__Graph!, member: String!) repeatable on UNION",
}
_JOIN_FIELD = (
    "graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String,"
    " external: Boolean, override: String, usedOverridden: Boolean"
)
_JOIN_DIRECTIVE = (
    "(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on"
    " SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION"
)
_PURPOSES = """enum link__Purpose {
  SECURITY
  EXECUTION
}"""


def print_supergraph(schema: MergedSchema) -> str:
    """Return the SDL, ending in a newline."""
    blocks = [
        _print_schema(schema),
        *_print_directive_definitions(schema),
        *(block for _, block in sorted(_print_all_types(schema))),
    ]
    return "\n\n".join(blocks) + "\n"


def _print_schema(schema: MergedSchema) -> str:
    links = [
        MergedLink(url=f"{LINK}/v1.0"),
        MergedLink(url=f"{SPECS}/join/{schema.join_version}", purpose="EXECUTION"),
        *schema.links,
    ]
    lines = ["schema"]
    lines += [f"  {_print_link(link)}" for link in links]
    lines += [f"  {print_directive(directive)}" for directive in schema.directives]
    roots = [name for name in ROOT_TYPES if name in schema.types]
    body = "\n".join(f"  {name.lower()}: {name}" for name in roots)
    return "\n".join(lines) + f"\n{{\n{body}\n}}"


def _print_link(link: MergedLink) -> str:
    arguments = [f"url: {json.dumps(link.url)}"]
    if link.alias is not None:
        arguments.append(f"as: {json.dumps(link.alias)}")
    if link.imports:
        entries = (
            json.dumps(name)
            if name == local
            else f"{{name: {json.dumps(name)}, as: {json.dumps(local)}}}"
            for name, local in link.imports
        )
        arguments.append(f"import: [{', '.join(entries)}]")
    if link.purpose is not None:
        arguments.append(f"for: {link.purpose}")
    return f"@link({', '.join(arguments)})"


def _print_directive_definitions(schema: MergedSchema) -> Iterator[str]:
    definitions = {name: f"directive @{name}{rest}" for name, rest in _JOIN_DEFINITIONS.items()}
    field_arguments = _JOIN_FIELD
    if schema.join_version >= "v0.4":
        field_arguments += ", overrideLabel: String"
        definitions["join__directive"] = f"directive @join__directive{_JOIN_DIRECTIVE}"
    if schema.join_version >= "v0.5":
        field_arguments += ", contextArguments: [join__ContextArgument!]"
    definitions["join__field"] = (
        f"directive @join__field({field_arguments}) repeatable on"
        " FIELD_DEFINITION | INPUT_FIELD_DEFINITION"
    )
    definitions["link"] = _LINK_DEFINITION
    definitions |= schema.definitions
    definitions |= {d.name: _print_definition(d) for d in schema.executable_directives}
    return (definition for _, definition in sorted(definitions.items()))


def _print_definition(definition: MergedDirectiveDefinition) -> str:
    arguments = print_arguments(definition.arguments.values())
    repeatable = " repeatable" if definition.repeatable else ""
    locations = " | ".join(definition.locations)
    return f"directive @{definition.name}{arguments}{repeatable} on {locations}"


def _print_all_types(schema: MergedSchema) -> Iterator[tuple[str, str]]:
    """Yield (name, block) for every type, those of the linked specifications among them."""
    scalars = ["join__FieldSet", "link__Import", *schema.scalars]
    if schema.join_version >= "v0.4":
        scalars.append("join__DirectiveArguments")
    if schema.join_version >= "v0.5":
        scalars.append("join__FieldValue")
        yield (
            "join__ContextArgument",
            "input join__ContextArgument {\n  name: String!\n  type: String!\n  context: String!\n"
            "  selection: join__FieldValue!\n}",
        )
    for name in scalars:
        yield name, f"scalar {name}"
    yield "link__Purpose", _PURPOSES
    yield "join__Graph", _print_graphs(schema.graphs)
    printer = _TypePrinter(tuple(graph.enum_value for graph in schema.graphs))
    for type_ in schema.types.values():
        if type_.name not in BUILT_IN_SCALARS:
            yield type_.name, printer.print_type(type_)


def _print_graphs(graphs: Iterable[Graph]) -> str:
    values = "\n".join(
        f"  {graph.enum_value} @join__graph(name: {json.dumps(graph.name)},"
        f" url: {json.dumps(graph.url)})"
        for graph in graphs
    )
    return f"enum join__Graph {{\n{values}\n}}"


class _TypePrinter:
    """Prints types; knows what the graphs are called."""

    __slots__ = ("_graphs",)

    def __init__(self, graphs: tuple[str, ...]) -> None:
        self._graphs = graphs

    def print_type(self, type_: MergedType) -> str:
        """Return one type's definition."""
        head = f"{print_description(type_.description, '')}{_KEYWORDS[type_.kind]} {type_.name}"
        if type_.interfaces:
            head += f" implements {' & '.join(type_.interfaces)}"
        directives = [*self._type_joins(type_), *map(print_directive, type_.directives)]
        body = ""
        if type_.kind is TypeKind.UNION:
            body = f"\n = {' | '.join(type_.member_names)}"
        elif parts := [*self._parts(type_)]:
            body = "\n{\n" + "\n".join(parts) + "\n}"
        return head + "".join(f"\n  {directive}" for directive in directives) + body

    def _type_joins(self, type_: MergedType) -> Iterator[str]:
        for join in type_.joins:
            yield self._join_type(join)
        for graph, interface in type_.implements:
            yield f'@join__implements(graph: {self._graphs[graph]}, interface: "{interface}")'
        for graph, member in type_.members:
            yield f'@join__unionMember(graph: {self._graphs[graph]}, member: "{member}")'

    def _join_type(self, join: JoinType) -> str:
        arguments = [f"graph: {self._graphs[join.graph]}"]
        if join.key is not None:
            arguments.append(f"key: {json.dumps(join.key, ensure_ascii=False)}")
        if join.extension:
            arguments.append("extension: true")
        if not join.resolvable:
            arguments.append("resolvable: false")
        if join.is_interface_object:
            arguments.append("isInterfaceObject: true")
        return f"@join__type({', '.join(arguments)})"

    def _join_field(self, join: JoinField) -> str:
        arguments: list[str] = []
        if join.graph is not None:
            arguments.append(f"graph: {self._graphs[join.graph]}")
        for name, value in (
            ("requires", join.requires),
            ("provides", join.provides),
            ("type", join.type),
        ):
            if value is not None:
                arguments.append(f"{name}: {json.dumps(value, ensure_ascii=False)}")
        if join.external:
            arguments.append("external: true")
        if join.override is not None:
            arguments.append(f"override: {json.dumps(join.override)}")
        if join.used_overridden:
            arguments.append("usedOverridden: true")
        if join.override_label is not None:
            arguments.append(f"overrideLabel: {json.dumps(join.override_label)}")
        if join.context_arguments:
            listed = ", ".join(map(_print_context_argument, join.context_arguments))
            arguments.append(f"contextArguments: [{listed}]")
        return f"@join__field({', '.join(arguments)})" if arguments else "@join__field"

    def _parts(self, type_: MergedType) -> Iterator[str]:
        for field in type_.fields.values():
            yield self._field(field)
        for input_field in type_.input_fields.values():
            joins = [self._join_field(join) for join in input_field.joins]
            yield (
                f"{print_description(input_field.description, '  ')}"
                f"  {print_input_value(input_field, joins)}"
            )
        for value in type_.values.values():
            joins = [f"@join__enumValue(graph: {self._graphs[g]})" for g in value.graphs]
            directives = " ".join([*joins, *map(print_directive, value.directives)])
            yield f"{print_description(value.description, '  ')}  {value.name} {directives}"

    def _field(self, field: MergedField) -> str:
        directives = [
            *(self._join_field(join) for join in field.joins),
            *map(print_directive, field.directives),
        ]
        arguments = print_arguments(field.arguments.values())
        text = (
            f"{print_description(field.description, '  ')}  {field.name}{arguments}: {field.type}"
        )
        return " ".join([text, *directives])


def _print_context_argument(argument: ContextArgument) -> str:
    parts = (("name", argument.name), ("type", argument.type), ("context", argument.context))
    known = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in parts)
    return f"{{{known}, selection: {json.dumps(argument.selection, ensure_ascii=False)}}}"


_KEYWORDS: Mapping[TypeKind, str] = {
    TypeKind.SCALAR: "scalar",
    TypeKind.OBJECT: "type",
    TypeKind.INTERFACE: "interface",
    TypeKind.UNION: "union",
    TypeKind.ENUM: "enum",
    TypeKind.INPUT_OBJECT: "input",
}
