"""Cuts introspection out: a query with only the ``__schema`` and ``__type`` fields of an operation.

It is answered on the spot, so that nothing in it is worth deferring.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    Visitor,
    VisitorAction,
    print_ast,
    visit,
)

from gateway.operations.fragments import fragments_of


def print_introspection(
    fields: Sequence[FieldNode], operation: OperationDefinitionNode, document: DocumentNode
) -> str | None:
    """Write introspection fields as a query of their own, with the fragments and variables they use."""
    if not fields:
        return None
    fragments = fragments_of(document)
    root = visit(SelectionSetNode(selections=tuple(fields)), _WithoutDefer())
    used = {
        name: visit(fragment, _WithoutDefer())
        for name, fragment in _used_fragments(root, fragments)
    }
    variables = _Variables()
    for node in (root, *used.values()):
        visit(node, variables)
    query = OperationDefinitionNode(
        operation=OperationType.QUERY,
        selection_set=root,
        variable_definitions=tuple(
            definition
            for definition in operation.variable_definitions or ()
            if definition.variable.name.value in variables.names
        ),
    )
    return print_ast(DocumentNode(definitions=(query, *used.values())))


class _WithoutDefer(Visitor):
    """Takes ``@defer`` away."""

    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return REMOVE if node.name.value == "defer" else None


class _Variables(Visitor):
    """Collects the names of variables."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)


class _Spreads(Visitor):
    """Collects the names of fragments spread."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.names.append(node.name.value)


def _used_fragments(
    root: Node, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[tuple[str, FragmentDefinitionNode]]:
    seen: set[str] = set()
    pending = [root]
    while pending:
        spreads = _Spreads()
        visit(pending.pop(), spreads)
        for name in spreads.names:
            if name not in seen:
                seen.add(name)
                pending.append(fragments[name])
                yield name, fragments[name]
