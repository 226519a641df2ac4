"""Keeps the schema from clients where introspection is off: no ``__schema``, no ``__type``, no suggestions."""

from __future__ import annotations

import re

from graphql import DocumentNode, FieldNode, Visitor, visit

from gateway.errors import IntrospectionRefused

_SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)


def refuse_introspection(document: DocumentNode) -> None:
    """Raise ``IntrospectionRefused`` when any operation or fragment asks for the schema."""
    visit(document, _RefuseIntrospection())


def without_suggestion(message: str) -> str:
    """Return a validation message without the names that the schema has and the client did not."""
    return _SUGGESTION.sub("", message)


class _RefuseIntrospection(Visitor):
    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in {"__schema", "__type"}:
            raise IntrospectionRefused("This graph does not show its schema.")
