"""``@inaccessible``: what is hidden must leave an API schema that stands on its own.

Spec: https://specs.apollo.dev/inaccessible/v0.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import ConstValueNode, EnumValueNode, ListValueNode, ObjectValueNode

from gateway.composition.codes import CompositionCode
from gateway.composition.report import Report
from gateway.composition.supergraph_model import (
    MergedField,
    MergedInputValue,
    MergedSchema,
    MergedType,
)
from gateway.supergraph.type_kinds import TypeKind
from gateway.supergraph.type_ref import TypeRef


def check_inaccessible(schema: MergedSchema, report: Report) -> None:
    """Report visible elements that need hidden ones."""
    _Check(schema, report).run()


@dataclass(frozen=True, slots=True)
class _Check:
    schema: MergedSchema
    report: Report

    def run(self) -> None:
        query = self.schema.types.get("Query")
        if query is not None and query.is_inaccessible:
            self.report.error(
                CompositionCode.QUERY_ROOT_TYPE_INACCESSIBLE,
                '"Query" is inaccessible: clients would have nothing to ask for.',
                coordinate="Query",
            )
        for type_ in self.schema.types.values():
            if not type_.is_inaccessible:
                self.check_children(type_)
                for field in type_.fields.values():
                    self.check_field(type_, field)
                for input_field in type_.input_fields.values():
                    if not input_field.is_inaccessible:
                        self.check_input(f"{type_.name}.{input_field.name}", input_field)
            self.check_required(type_)

    def is_hidden(self, name: str) -> bool:
        type_ = self.schema.types.get(name)
        return type_ is not None and type_.is_inaccessible

    def check_children(self, type_: MergedType) -> None:
        children = [
            *(f.is_inaccessible for f in type_.fields.values()),
            *(f.is_inaccessible for f in type_.input_fields.values()),
            *(v.is_inaccessible for v in type_.values.values()),
            *(self.is_hidden(name) for name in type_.member_names),
        ]
        if children and all(children):
            self.report.error(
                CompositionCode.ONLY_INACCESSIBLE_CHILDREN,
                f'"{type_.name}" is visible, but everything in it is inaccessible.',
                coordinate=type_.name,
            )

    def check_field(self, type_: MergedType, field: MergedField) -> None:
        coordinate = f"{type_.name}.{field.name}"
        if field.is_inaccessible:
            for interface in self.visible_interfaces_with(type_, field.name):
                self.report.error(
                    CompositionCode.IMPLEMENTED_BY_INACCESSIBLE,
                    f'"{coordinate}" is inaccessible, but "{interface.name}.{field.name}",'
                    " which it implements, is not.",
                    coordinate=coordinate,
                )
            return
        self.check_reference(coordinate, field.type)
        for argument in field.arguments.values():
            place = f"{coordinate}({argument.name}:)"
            if argument.is_inaccessible:
                self.check_hidden_argument(type_, field, argument.name)
            else:
                self.check_input(place, argument)
                self.check_argument_of_interface(type_, field, argument)

    def visible_interfaces_with(self, type_: MergedType, field: str) -> Iterator[MergedType]:
        for name in type_.interfaces:
            interface = self.schema.types.get(name)
            if interface is None or interface.is_inaccessible:
                continue
            if field in interface.fields and not interface.fields[field].is_inaccessible:
                yield interface

    def check_hidden_argument(self, type_: MergedType, field: MergedField, name: str) -> None:
        for interface in self.visible_interfaces_with(type_, field.name):
            inherited = interface.fields[field.name].arguments.get(name)
            if inherited is not None and not inherited.is_inaccessible:
                coordinate = f"{type_.name}.{field.name}({name}:)"
                self.report.error(
                    CompositionCode.IMPLEMENTED_BY_INACCESSIBLE,
                    f'"{coordinate}" is inaccessible, but "{interface.name}.{field.name}({name}:)",'
                    " which it implements, is not.",
                    coordinate=coordinate,
                )

    def check_argument_of_interface(
        self, type_: MergedType, field: MergedField, argument: MergedInputValue
    ) -> None:
        """An argument that an implementation requires cannot be hidden where the interface is used."""
        if not argument.is_required:
            return
        for interface in self.visible_interfaces_with(type_, field.name):
            inherited = interface.fields[field.name].arguments.get(argument.name)
            if inherited is not None and inherited.is_inaccessible:
                self.report.error(
                    CompositionCode.REQUIRED_INACCESSIBLE,
                    f'"{interface.name}.{field.name}({argument.name}:)" is inaccessible, but'
                    f' "{type_.name}.{field.name}" requires it.',
                    coordinate=f"{interface.name}.{field.name}({argument.name}:)",
                )

    def check_input(self, coordinate: str, value: MergedInputValue) -> None:
        self.check_reference(coordinate, value.type)
        if value.default is not None:
            for hidden in self.hidden_parts(value.type, value.default):
                self.report.error(
                    CompositionCode.DEFAULT_VALUE_USES_INACCESSIBLE,
                    f'The default of "{coordinate}" uses "{hidden}", which is inaccessible.',
                    coordinate=coordinate,
                )

    def check_reference(self, coordinate: str, type_: TypeRef) -> None:
        name = type_.name
        if self.is_hidden(name):
            self.report.error(
                CompositionCode.REFERENCED_INACCESSIBLE,
                f'"{coordinate}" is visible, but its type "{name}" is inaccessible.',
                coordinate=coordinate,
            )

    def hidden_parts(self, type_: TypeRef, value: ConstValueNode) -> Iterator[str]:
        definition = self.schema.types.get(type_.name)
        if definition is None:
            return
        match value:
            case ListValueNode():
                for item in value.values:
                    yield from self.hidden_parts(type_, item)
            case EnumValueNode() if definition.kind is TypeKind.ENUM:
                found = definition.values.get(value.value)
                if found is not None and found.is_inaccessible:
                    yield f"{definition.name}.{value.value}"
            case ObjectValueNode():
                for entry in value.fields:
                    field = definition.input_fields.get(entry.name.value)
                    if field is None:
                        continue
                    if field.is_inaccessible:
                        yield f"{definition.name}.{field.name}"
                    yield from self.hidden_parts(field.type, entry.value)
            case _:
                return

    def check_required(self, type_: MergedType) -> None:
        """What is required cannot be hidden, unless all around it is hidden, too."""
        if type_.is_inaccessible:
            return
        values = [(f"{type_.name}.{f.name}", f) for f in type_.input_fields.values()]
        values += [
            (f"{type_.name}.{field.name}({a.name}:)", a)
            for field in type_.fields.values()
            if not field.is_inaccessible
            for a in field.arguments.values()
        ]
        for coordinate, value in values:
            if value.is_inaccessible and value.is_required:
                self.report.error(
                    CompositionCode.REQUIRED_INACCESSIBLE,
                    f'"{coordinate}" is inaccessible, but required: nobody could send it.',
                    coordinate=coordinate,
                )
