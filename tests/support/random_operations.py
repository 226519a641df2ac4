"""Random operations on a schema: aliases, arguments, variables, fragments, @skip and @include."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from graphql import (
    GraphQLCompositeType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)


@dataclass(slots=True)
class RandomOperation:
    """An operation and the values of its variables."""

    text: str
    variables: dict[str, object]

    @property
    def text_without_defer(self) -> str:
        """The same operation, to be answered in one piece."""
        return re.sub(r" @defer\([^)]*\)", "", self.text)


@dataclass(slots=True)
class _Writer:
    schema: GraphQLSchema
    random: Random
    fragments: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    defers: int | None = None
    """How many ``@defer`` there are; ``None`` for an operation without."""

    favoured: frozenset[str] = frozenset()
    """Fields that are asked for more often than others."""

    def selections(self, parent: GraphQLCompositeType, depth: int) -> str:
        parts: list[str] = []
        if self.random.random() < 0.25:
            parts.append("__typename")
        if not isinstance(parent, GraphQLUnionType):
            names = list(parent.fields)
            chosen = self.random.sample(names, min(len(names), self.random.randint(1, 4)))
            chosen += [
                name
                for name in names
                if name in self.favoured and name not in chosen and self.random.random() < 0.5
            ]
            for name in chosen:
                parts += self.deferred(self.field(parent, name, depth))
        if not isinstance(parent, GraphQLObjectType):
            possible = list(self.schema.get_possible_types(parent))
            for member in self.random.sample(possible, self.random.randint(0, len(possible))):
                parts.append(self.fragment(member, depth))
        elif parent.interfaces and self.random.random() < 0.2:
            parts.append(self.fragment(self.random.choice(list(parent.interfaces)), depth))
        return " ".join(parts) if parts else "__typename"

    def deferred(self, fields: list[str]) -> list[str]:
        """The same fields, sometimes deferred, and sometimes both."""
        if self.defers is None or not fields or self.random.random() > 0.35:
            return fields
        wrapped = f"...{self.defer()} {{ {' '.join(fields)} }}"
        if self.random.random() < 0.3:
            wrapped = f"...{self.defer()} {{ {wrapped} }}"
        if self.random.random() < 0.2:
            wrapped += f" ...{self.defer()} {{ {' '.join(fields)} }}"
        return [wrapped, *fields] if self.random.random() < 0.15 else [wrapped]

    def defer(self) -> str:
        """A directive; most are heeded."""
        assert self.defers is not None
        self.defers += 1
        return f' @defer(label: "d{self.defers}"{self.random.choice(["", "", "", ", if: false"])})'

    def fragment(self, on: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        inner = self.selections(on, depth)
        if self.random.random() < 0.2:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {on.name} {{ {inner} }}")
            return f"...{name}{self.condition()}{self.fragment_defer()}"
        return f"... on {on.name}{self.condition()}{self.fragment_defer()} {{ {inner} }}"

    def fragment_defer(self) -> str:
        """Sometimes a directive for a fragment with a type condition."""
        return self.defer() if self.defers is not None and self.random.random() < 0.35 else ""

    def field(
        self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int
    ) -> list[str]:
        definition = parent.fields[name]
        named = get_named_type(definition.type)
        head = name
        if self.random.random() < 0.2:
            head = f"{self.random.choice(['x', 'y', 'z', 'id', 'f0'])}: {name}"
        if definition.args and self.random.random() < 0.7:
            head += f"(n: {self.argument()})"
        head += self.condition()
        if not is_composite_type(named):
            return [head]
        if depth <= 0:
            return []
        return [f"{head} {{ {self.selections(named, depth - 1)} }}"]

    def argument(self) -> str:
        if self.random.random() < 0.4:
            name = self.random.choice(["n1", "n2"])
            self.used.add(name)
            return f"${name}"
        return str(self.random.randint(0, 2))

    def condition(self) -> str:
        if self.random.random() > 0.12:
            return ""
        name = self.random.choice(["yes", "no"])
        self.used.add(name)
        return f" @{self.random.choice(['skip', 'include'])}(if: ${name})"


_VARIABLES: dict[str, tuple[str, object]] = {
    "n1": ("Int", 1),
    "n2": ("Int = 2", None),
    "yes": ("Boolean!", True),
    "no": ("Boolean! = false", None),
}


def random_operation(
    schema: GraphQLSchema,
    random: Random,
    *,
    with_defer: bool = False,
    favoured: frozenset[str] = frozenset(),
) -> RandomOperation:
    """Write an operation; it may not be valid, for two fields may share a response key."""
    writer = _Writer(schema, random, defers=0 if with_defer else None, favoured=favoured)
    assert schema.query_type is not None
    body = writer.selections(schema.query_type, random.randint(2, 4))
    names = sorted(writer.used)
    head = ", ".join(f"${name}: {_VARIABLES[name][0]}" for name in names)
    text = f"query{f'({head})' if head else ''} {{ {body} }} {' '.join(writer.fragments)}"
    variables = {name: _VARIABLES[name][1] for name in names if _VARIABLES[name][1] is not None}
    return RandomOperation(text, variables)
