"""Reads contexts: which types set them (``@context``), and the arguments filled from them (``contextArguments``).

Spec: Apollo ``join`` v0.5 and ``context`` v0.1; Apollo Federation, ``@context`` and ``@fromContext``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from graphql import GraphQLError, ListValueNode, ObjectValueNode, ValueNode

from gateway.errors import SupergraphInvalid

from .features import text_of
from .field_sets import FieldSetReader
from .model import ContextArgument, ContextKey
from .selections import Selection
from .type_ref import parse_type_ref

Setters = Mapping[str, Mapping[str, tuple[frozenset[str], ...]]]
"""By context: the types that set it, and by graph the object types that these stand for."""


class ContextReader:
    """Reads the contextual arguments of one supergraph."""

    def __init__(self, field_sets: FieldSetReader, setters: Setters) -> None:
        self._field_sets = field_sets
        self._setters = setters
        self._values: dict[ContextKey, ContextArgument] = {}

    def arguments(
        self, graph: int, arguments: Mapping[str, ValueNode]
    ) -> tuple[ContextArgument, ...]:
        """The contextual arguments of a field in a graph, given those of its ``join__field``.

        Raises:
            SupergraphInvalid: one names a context that nothing sets, or does not select one leaf.
        """
        node = arguments.get("contextArguments")
        items = node.values if isinstance(node, ListValueNode) else ()
        return tuple(self._argument(graph, _texts(item)) for item in items)

    def values(self) -> tuple[ContextArgument, ...]:
        """One argument for each value that fields read, in the order in which they were met."""
        return tuple(self._values.values())

    def _argument(self, graph: int, texts: Mapping[str, str]) -> ContextArgument:
        try:
            name, type_text = texts["name"], texts["type"]
            context, selection = texts["context"], texts["selection"]
        except KeyError as error:
            raise SupergraphInvalid(f"A contextual argument has no {error}.") from error
        setters = self._setters.get(context)
        if not setters:
            raise SupergraphInvalid(f"No type sets the context {context}, which {name} is from.")
        text = _without_braces(selection)
        try:
            type_ref = parse_type_ref(type_text)
        except GraphQLError as error:
            raise SupergraphInvalid(f"{type_text} is not the type of {name}.") from error
        argument = ContextArgument(
            name=name,
            type=type_ref,
            key=(context, text, str(type_ref)),
            selections=MappingProxyType(self._selections(text, setters, graph)),
        )
        self._values.setdefault(argument.key, argument)
        return argument

    def _selections(
        self, text: str, setters: Mapping[str, tuple[frozenset[str], ...]], graph: int
    ) -> dict[str, Selection | None]:
        found: dict[str, Selection | None] = {}
        # What an object type says of itself goes before what its interfaces and unions say.
        for setter, objects in sorted(
            setters.items(), key=lambda item: item[1][graph] != {item[0]}
        ):
            selections = self._field_sets.read(text, setter).selections
            for name in sorted(objects[graph]):
                found.setdefault(name, _only(_applicable(selections, name), text))
            if all(selection.on is None for selection in selections):
                found.setdefault(setter, _only(selections, text))
        return found


def _texts(item: ValueNode) -> dict[str, str]:
    if not isinstance(item, ObjectValueNode):
        return {}
    texts = {field.name.value: text_of(field.value) for field in item.fields}
    return {name: text for name, text in texts.items() if text is not None}


def _without_braces(text: str) -> str:
    """A field set as field sets are written elsewhere: without braces around it."""
    text = " ".join(text.split())
    return text[1:-1].strip() if text.startswith("{") and text.endswith("}") else text


def _applicable(selections: Iterable[Selection], name: str) -> Iterator[Selection]:
    return (selection for selection in selections if selection.on is None or name in selection.on)


def _only(selections: Iterable[Selection], text: str) -> Selection | None:
    found = tuple(selections)
    if len(found) > 1 or any(_is_ambiguous(selection) for selection in found):
        raise SupergraphInvalid(f'What is taken from a context has to be one leaf: "{text}".')
    return found[0] if found else None


def _is_ambiguous(selection: Selection) -> bool:
    if selection.name == "__typename":
        return True
    below = selection.selections
    types = {name for each in below for name in each.on or ()}
    is_double = any(len(tuple(_applicable(below, name))) > 1 for name in types or {""})
    return is_double or any(map(_is_ambiguous, below))
