"""Keeps the schema from clients where introspection is off: no ``__schema``, no ``__type``."""

from __future__ import annotations

from graphql import DocumentNode, FieldNode, Visitor, visit

from gateway.errors import IntrospectionRefused


def refuse_introspection(document: DocumentNode) -> None:
    """Raise ``IntrospectionRefused`` when any operation or fragment asks for the schema."""
    visit(document, _RefuseIntrospection())


class _RefuseIntrospection(Visitor):
    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in {"__schema", "__type"}:
            raise IntrospectionRefused("This graph does not show its schema.")
