"""Random federated worlds: subgraphs cut out of one type graph, with data that is the same wherever it is read.

A value depends on nothing but its object, field and arguments, so whichever subgraph a plan asks, the answer
has to be that of one monolithic schema. Subgraphs are strict: they refuse to read external fields that
were not provided, overridden fields, representations without a resolvable key, and missing inputs of ``@requires``.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    experimental_execute_incrementally,
    parse,
    validate,
)

from .contexts import CONTEXT_LINK
from .supergraphs import LINK

INSTANCES = 3
_GIVEN = "given from contexts"
CONTEXT_SHARE = float(os.environ.get("CATTERY_ORACLE_CONTEXTS", "0.35"))
"""How many of the worlds have contexts."""


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument that is filled in from the nearest object above that sets a context."""

    name: str
    type: str
    value: str
    """``$context { field }``."""

    fields: Mapping[str, str]
    """By object type that sets the context: the field set to read there, down to one leaf."""


@dataclass(slots=True)
class FieldSpec:
    """A field as the whole world has it."""

    name: str
    named: str
    is_list: bool = False
    is_non_null: bool = False
    has_argument: bool = False
    requires: str | None = None
    contexts: tuple[ContextArgument, ...] = ()
    identifies: bool = False
    """Whether no two objects have the same value, so that the field can be in a key."""

    @property
    def type_text(self) -> str:
        text = f"[{self.named}]" if self.is_list else self.named
        return text + "!" * self.is_non_null

    @property
    def is_leaf(self) -> bool:
        return self.named in {"ID", "Int", "String"}


@dataclass(slots=True)
class GraphField:
    """A field as one subgraph has it."""

    spec: FieldSpec
    directives: list[str] = field(default_factory=list)
    is_external: bool = False
    is_overridden: bool = False
    provides: str | None = None
    requires: str | None = None


@dataclass(slots=True)
class GraphType:
    """A type as one subgraph has it."""

    name: str
    kind: str
    keys: list[tuple[str, bool]] = field(default_factory=list)
    fields: dict[str, GraphField] = field(default_factory=dict)
    implements: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    is_interface_object: bool = False
    contexts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """An object as resolvers pass it on."""

    type: str
    id: str
    provided: str = ""
    """A field set that may be read though external."""

    representation: Mapping[str, Any] | None = None
    above: tuple[Record, ...] = ()
    """The objects that lead here, nearest first."""


class World:
    """A type graph, its data, and how subgraphs share it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - no secret
        self.types: dict[str, dict[str, FieldSpec]] = {}
        self.possible: dict[str, list[str]] = {}
        self.graphs: dict[str, dict[str, GraphType]] = {}
        _Generator(self).generate()

    # Data

    def read(self, record: Record, name: str, arguments: Mapping[str, Any]) -> Any:
        """The value of a field, with objects as records."""
        spec = self.types[record.type][name]
        if spec.contexts:
            given = [self._from_context(record, each, arguments) for each in spec.contexts]
            arguments = {**arguments, _GIVEN: json.dumps(given)}
        value = self._read(record, spec, arguments)
        return _map(value, lambda each: replace(each, above=(record, *record.above)))

    def _from_context(
        self, record: Record, argument: ContextArgument, arguments: Mapping[str, Any]
    ) -> Any:
        """What a subgraph was given, or else what stands above."""
        if argument.name in arguments:
            return arguments[argument.name]
        for each in record.above:
            if each.type in argument.fields:
                found: Any = self.select(each, argument.fields[each.type])
                while isinstance(found, dict):
                    (found,) = found.values()
                return found
        raise LookupError(f"nothing above {record.type} sets the context of {argument.name}")

    def _read(self, record: Record, spec: FieldSpec, arguments: Mapping[str, Any]) -> Any:
        if spec.requires is not None:
            if record.representation is None:
                inputs = self.select(record, spec.requires)
            else:
                inputs = _pick(record.representation, _parse_set(spec.requires))
            text = f"{record.type}.{record.id}.{spec.name}<{json.dumps(inputs, sort_keys=True)}>"
            return text + arguments.get(_GIVEN, "")
        return self._value(record, spec, arguments)

    def select(self, record: Record, field_set: str) -> dict[str, Any]:
        """What a field set reads from an object."""
        return self._select(record, _parse_set(field_set))

    def _select(self, record: Record, nodes: Sequence[FieldNode]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for node in nodes:
            arguments = {
                each.name.value: int(getattr(each.value, "value", "0"))
                for each in node.arguments or ()
            }
            value = self.read(record, node.name.value, arguments)
            if node.selection_set is not None:
                inner = [
                    each for each in node.selection_set.selections if isinstance(each, FieldNode)
                ]
                value = _map(value, lambda each, inner=inner: self._select(each, inner))
            found[node.name.value] = value
        return found

    def _value(self, record: Record, spec: FieldSpec, arguments: Mapping[str, Any]) -> Any:
        if spec.name == "id":
            return record.id
        if spec.identifies:
            return Record(spec.named, f"{spec.named}-{record.id.rpartition('-')[2]}")
        text = f"{record.type}.{record.id}.{spec.name}"
        if spec.has_argument:
            text += f"({arguments.get('n', 0)})"
        text += arguments.get(_GIVEN, "")
        if spec.is_list:
            length = _hash(f"{text}#") % 4
            return [self._item(f"{text}[{index}]", spec, null=False) for index in range(length)]
        return self._item(text, spec, null=not spec.is_non_null)

    def _item(self, text: str, spec: FieldSpec, *, null: bool) -> Any:
        number = _hash(text)
        if null and number % 7 == 0:
            return None
        if spec.named == "Int":
            return number % 1000
        if spec.is_leaf:
            return text
        possible = self.possible[spec.named]
        name = possible[number // 7 % len(possible)]
        return Record(name, f"{name}-{number // 31 % INSTANCES}")

    def contextual_fields(self) -> frozenset[str]:
        """The names of fields that take arguments from contexts, and of those that lead there."""
        return frozenset(
            name
            for specs in self.types.values()
            for name, spec in specs.items()
            if spec.contexts or re.fullmatch(r"o\d+|[a-d]l\d", name)
        )

    # Subgraphs

    def sdls(self) -> dict[str, str]:
        """The SDL of every subgraph, with federation directives."""
        return {
            name: (CONTEXT_LINK if any(each.contexts for each in types.values()) else LINK)
            + "\n".join(_print_type(each) for each in types.values())
            for name, types in self.graphs.items()
        }


class WorldSubgraph:
    """Answers operations the way a correct subgraph would."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._types = world.graphs[name]
        self.name = name
        entities = [
            each.name for each in self._types.values() if each.kind in {"type"} and each.keys
        ]
        sdl = "\n".join(_print_type(each) for each in self._types.values())
        sdl += "\nscalar _Any\n"
        if entities:
            sdl += f"union _Entity = {' | '.join(entities)}\n"
            sdl += "extend type Query { _entities(representations: [_Any!]!): [_Entity]! }\n"
        if "Query" not in self._types:
            sdl = sdl.replace("extend type Query", "type Query")
        self.schema: GraphQLSchema = build_schema(sdl, assume_valid=True, assume_valid_sdl=True)

    def answer(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Execute an operation; one that is not valid here is a bug of whoever wrote it."""
        document = parse(operation)
        problems = validate(self.schema, document)
        assert problems == [], (self.name, operation, problems)
        result = execute_sync(
            self.schema,
            document,
            Record("Query", ""),
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=lambda record, *_: self._local_name(record),
        )
        assert isinstance(result, ExecutionResult)
        return dict(result.formatted)

    def _local_name(self, record: Record) -> str:
        if record.type in self._types:
            return record.type
        return next(
            each.name
            for each in self._types.values()
            if each.is_interface_object and record.type in self._world.possible[each.name]
        )

    def _resolve(self, record: Record, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if info.field_name == "_entities":
            return [self._find(each) for each in arguments["representations"]]
        local = self._types[info.parent_type.name].fields[info.field_name]
        provided = _parse_set(record.provided)
        below = next((each for each in provided if each.name.value == info.field_name), None)
        if (local.is_external and below is None) or local.is_overridden:
            raise GraphQLError(f"{self.name} does not resolve {info.parent_type}.{info.field_name}")
        if local.requires is not None:
            if record.representation is None:
                raise GraphQLError(f"{info.field_name} was asked without its inputs")
            missing = _missing(record.representation, _parse_set(local.requires))
            if missing:
                raise GraphQLError(f"{info.field_name} was asked without {missing}")
        for argument in local.spec.contexts:
            if argument.name not in arguments:
                raise GraphQLError(f"{info.field_name} was asked without its {argument.name}")
        value = self._world.read(record, info.field_name, arguments)
        text = local.provides or ""
        if below is not None and below.selection_set is not None:
            text += " " + " ".join(
                each.name.value
                for each in below.selection_set.selections
                if isinstance(each, FieldNode)
            )
        return _map(value, lambda each: Record(each.type, each.id, text))

    def _find(self, representation: dict[str, Any]) -> Record:
        local = self._types[representation["__typename"]]
        for name in self._world.possible.get(local.name, [local.name]):
            for number in range(INSTANCES):
                record = Record(name, f"{name}-{number}")
                for key, is_resolvable in local.keys:
                    nodes = _parse_set(key)
                    if (
                        is_resolvable
                        and not _missing(representation, nodes)
                        and _pick(representation, nodes) == self._world.select(record, key)
                    ):
                        return Record(name, record.id, "", representation)
        raise GraphQLError(f"{self.name} finds no {representation}")


def answer_monolith(
    world: World, schema: GraphQLSchema, operation: str, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer of one schema that knows everything."""

    def resolve(record: Record, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        return world.read(record, info.field_name, arguments)

    result = experimental_execute_incrementally(
        schema,
        parse(operation),
        Record("Query", ""),
        variable_values=dict(variables),
        field_resolver=resolve,
        type_resolver=lambda record, *_: record.type,
    )
    assert isinstance(result, ExecutionResult)
    return dict(result.formatted)


# Generating


class _Generator:
    def __init__(self, world: World) -> None:
        self._world = world
        self._random = world.random
        self._names = ["a", "b", "c", "d"][: self._random.randint(2, 4)]
        self._homes: dict[str, list[str]] = {}
        self._values: list[str] = []

    def generate(self) -> None:
        world, random = self._world, self._random
        world.types["Query"] = {}
        for name in self._names:
            world.graphs[name] = {}
        entities = [f"E{number}" for number in range(random.randint(2, 4))]
        for name in entities:
            self._entity(name)
        for number in range(random.randint(0, 2)):
            self._value_type(f"V{number}")
        if random.random() < 0.6:
            self._interface("I0", random.sample(entities, random.randint(1, len(entities))))
        if random.random() < 0.4:
            self._union("U0", random.sample(entities, 2))
        for name in entities:
            if random.random() < 0.3:
                self._nested_key(name, random.choice(entities))
        self._fields(entities)
        for name in self._names:
            for number in range(random.randint(1, 2)):
                self._root(name, f"{name}{number}")
        if random.random() < 0.3:
            self._shared_root()
        self._provide()
        if random.random() < CONTEXT_SHARE:
            _Contexts(world, random).generate()

    def _fields(self, entities: list[str]) -> None:
        random = self._random
        for name in entities:
            for number in range(random.randint(1, 4)):
                self._field(name, f"f{number}")
        for name in entities:
            if random.random() < 0.5:
                self._requires(name, "r0")
            if random.random() < 0.2:
                self._requires(name, "r1")

    def _add(self, graph: str, type_name: str, spec: FieldSpec, *directives: str) -> GraphField:
        found = GraphField(spec, list(directives))
        self._world.graphs[graph][type_name].fields[spec.name] = found
        return found

    def _entity(self, name: str) -> None:
        random = self._random
        specs = {"id": FieldSpec("id", "ID", is_non_null=True)}
        has_code = random.random() < 0.4
        if has_code:
            specs["code"] = FieldSpec("code", "String", is_non_null=True)
        self._world.types[name] = specs
        self._world.possible[name] = [name]
        homes = random.sample(self._names, random.randint(1, len(self._names)))
        self._homes[name] = homes
        for graph in homes:
            keys = [random.choice(["id", "id", "code", "id code"])] if has_code else ["id"]
            if has_code and random.random() < 0.3:
                keys.append("id")
            local = GraphType(name, "type", [(key, True) for key in dict.fromkeys(keys)])
            self._world.graphs[graph][name] = local
            for part in dict.fromkeys(" ".join(keys).split()):
                self._add(graph, name, specs[part])

    def _nested_key(self, name: str, target: str) -> None:
        """Let graphs identify an entity by another one, ``owner { id }``."""
        world = self._world
        spec = FieldSpec("owner", target, is_non_null=True, identifies=True)
        graphs = [
            graph
            for graph in self._homes[name]
            if target in world.graphs[graph] and "id" in world.graphs[graph][target].fields
        ]
        if target == name or len(graphs) < 2:
            return
        world.types[name]["owner"] = spec
        for graph in graphs:
            self._add(graph, name, spec, "@shareable")
            local = world.graphs[graph][name]
            if self._random.random() < 0.6:
                local.keys = [] if self._random.random() < 0.5 else local.keys
                local.keys.append(("owner { id }", True))

    def _stub(self, graph: str, name: str) -> None:
        """Let a graph know a type that it returns."""
        types = self._world.graphs[graph]
        if name in types or name in {"ID", "Int", "String"}:
            return
        if name in self._values:
            self._world.graphs[graph][name] = GraphType(name, "type")
            for spec in self._world.types[name].values():
                self._add(graph, name, spec, "@shareable")
            return
        is_resolvable = self._random.random() < 0.6
        types[name] = GraphType(name, "type", [("id", is_resolvable)])
        self._homes[name].append(graph)
        self._add(graph, name, self._world.types[name]["id"])

    def _value_type(self, name: str) -> None:
        self._values.append(name)
        self._world.possible[name] = [name]
        self._world.types[name] = {
            f"v{number}": FieldSpec(f"v{number}", self._random.choice(["Int", "String"]))
            for number in range(self._random.randint(1, 2))
        }
        # A record of a value type is told apart by its id alone, like an entity.

    def _interface(self, name: str, members: list[str]) -> None:
        world, random = self._world, self._random
        world.possible[name] = members
        world.types[name] = {"id": FieldSpec("id", "ID", is_non_null=True)}
        if random.random() < 0.5:
            label = FieldSpec("label", "String")
            world.types[name]["label"] = label
            for member in members:
                world.types[member]["label"] = label
                for index, graph in enumerate(self._homes[member]):
                    if index == 0 or random.random() < 0.5:
                        self._add(graph, member, label, "@shareable")
        for graph in self._names:
            here = [each for each in members if each in world.graphs[graph]]
            if not here or (len(here) < len(members) and random.random() < 0.7):
                continue
            local = world.graphs[graph][name] = GraphType(name, "interface")
            self._add(graph, name, world.types[name]["id"])
            if "label" in world.types[name]:
                self._add(graph, name, world.types[name]["label"])
            for member in here:
                types = world.graphs[graph][member]
                types.implements.append(name)
                if "id" not in types.fields:
                    self._add(graph, member, world.types[member]["id"], "@shareable")
                for spec in local.fields.values():
                    if spec.spec.name not in types.fields:
                        self._add(graph, member, spec.spec, "@external").is_external = True
        self._interface_object(name, members)

    def _interface_object(self, name: str, members: list[str]) -> None:
        world, random = self._world, self._random
        real = [graph for graph in self._names if name in world.graphs[graph]]
        free = [
            graph
            for graph in self._names
            if name not in world.graphs[graph]
            and not any(member in world.graphs[graph] for member in members)
        ]
        complete = [
            graph
            for graph in real
            if all(
                member in world.graphs[graph] and ("id", True) in world.graphs[graph][member].keys
                for member in members
            )
        ]
        if not free or not complete or random.random() < 0.2:
            return
        for graph in complete:
            world.graphs[graph][name].keys.append(("id", True))
        graph = random.choice(free)
        extra = FieldSpec("extra", "String", has_argument=random.random() < 0.3)
        local = GraphType(name, "type", [("id", True)], is_interface_object=True)
        world.graphs[graph][name] = local
        self._add(graph, name, world.types[name]["id"])
        self._add(graph, name, extra)
        world.types[name]["extra"] = extra
        for member in members:
            world.types[member]["extra"] = extra

    def _union(self, name: str, members: list[str]) -> None:
        world = self._world
        for graph in self._names:
            if all(member in world.graphs[graph] for member in members):
                world.graphs[graph][name] = GraphType(name, "union", members=members)
                world.possible[name] = members

    def _targets(self, graph: str) -> list[str]:
        """Types that a field of a graph can return."""
        world = self._world
        abstract = [
            name
            for name in ("I0", "U0")
            if name in world.graphs[graph]
            and name in world.possible
            and (
                world.graphs[graph][name].is_interface_object
                or all(member in world.graphs[graph] for member in world.possible[name])
            )
        ]
        hidden = (
            set(world.possible["I0"])
            if "I0" in world.graphs[graph] and world.graphs[graph]["I0"].is_interface_object
            else set()
        )
        if "I0" in world.graphs[graph] and not hidden:
            # An implementation that a graph adds later would not implement the interface there.
            hidden = set(world.possible["I0"]) - world.graphs[graph].keys()
        entities = [name for name in self._homes if name not in hidden]
        return ["Int", "String", "String", *entities, *self._values, *abstract]

    def _field(self, owner: str, name: str) -> None:
        random, world = self._random, self._world
        homes = self._homes[owner]
        graph = random.choice(homes)
        named = random.choice(self._targets(graph))
        spec = FieldSpec(
            name,
            named,
            is_list=random.random() < 0.3,
            has_argument=random.random() < 0.25,
        )
        world.types[owner][name] = spec
        self._stub(graph, named)
        others = [
            other
            for other in homes
            if other != graph
            and (spec.is_leaf or (named in world.graphs[other] and named in self._targets(other)))
        ]
        if others and random.random() < 0.3:
            for each in (graph, *others[: random.randint(1, len(others))]):
                self._add(each, owner, spec, "@shareable")
        elif others and random.random() < 0.15:
            self._add(graph, owner, spec).is_overridden = True
            self._add(others[0], owner, spec, f'@override(from: "{graph}")')
        else:
            local = self._add(graph, owner, spec)
            if spec.is_leaf and random.random() < 0.1:
                local.directives.append("@inaccessible")

    def _requires(self, owner: str, name: str) -> None:
        random, world = self._random, self._world
        graph = random.choice(self._homes[owner])
        if not any(key[1] for key in world.graphs[graph][owner].keys):
            return
        here = world.graphs[graph][owner].fields
        inputs = [
            spec
            for spec in world.types[owner].values()
            if spec.name not in here and spec.name != "extra"
        ]
        parts = []
        for spec in random.sample(inputs, min(len(inputs), random.randint(1, 2))):
            text = spec.name
            if spec.has_argument and random.random() < 0.7:
                text += f"(n: {random.randint(1, 2)})"
            if not spec.is_leaf:
                below = self._requires_below(graph, spec.named)
                if below is None:
                    continue
                text += f" {{ {below} }}"
            self._add(graph, owner, spec, "@external").is_external = True
            parts.append(text)
        if not parts:
            return
        requires = " ".join(parts)
        spec = FieldSpec(name, "String", requires=requires)
        world.types[owner][name] = spec
        self._add(graph, owner, spec, f'@requires(fields: "{requires}")').requires = requires

    def _requires_below(self, graph: str, named: str) -> str | None:
        """A field set on a type that a graph has or gets, whose fields are external there or its own."""
        world = self._world
        if named in self._values:
            self._stub(graph, named)
            return " ".join(world.types[named])
        if named not in self._homes or named not in world.graphs[graph]:
            return None
        leaves = [
            spec
            for spec in world.types[named].values()
            if spec.is_leaf
            and spec.name not in world.graphs[graph][named].fields
            and spec.requires is None
            and spec.name != "extra"
            and not spec.has_argument
        ]
        if not leaves:
            return "id" if "id" in world.graphs[graph][named].fields else None
        spec = self._random.choice(leaves)
        self._add(graph, named, spec, "@external").is_external = True
        return spec.name

    def _query(self, graph: str) -> GraphType:
        return self._world.graphs[graph].setdefault("Query", GraphType("Query", "type"))

    def _root(self, graph: str, name: str) -> None:
        random = self._random
        named = random.choice(
            [each for each in self._targets(graph) if each not in {"Int", "String"}]
        )
        spec = FieldSpec(
            name, named, is_list=random.random() < 0.5, has_argument=random.random() < 0.2
        )
        self._stub(graph, named)
        self._query(graph)
        self._world.types["Query"][name] = spec
        self._add(graph, "Query", spec)

    def _shared_root(self) -> None:
        random, world = self._random, self._world
        named = random.choice(list(self._homes))
        graphs = [graph for graph in self._names if named in world.graphs[graph]]
        spec = FieldSpec("shared", named, is_list=random.random() < 0.5)
        world.types["Query"]["shared"] = spec
        for graph in graphs:
            self._query(graph)
            self._add(graph, "Query", spec, "@shareable")

    def _provide(self) -> None:
        world, random = self._world, self._random
        for types in world.graphs.values():
            for local in list(types.values()):
                for found in list(local.fields.values()):
                    target = types.get(found.spec.named)
                    is_plain = not found.is_external and found.provides is None
                    if (
                        target is None
                        or not is_plain
                        or found.is_overridden
                        or local.kind != "type"
                    ):
                        continue
                    if target.name not in self._homes or random.random() < 0.6:
                        continue
                    spec = self._provided_field(target)
                    if spec is not None:
                        found.provides = spec.name
                        found.directives.append(f'@provides(fields: "{spec.name}")')
                        self._share(target.name, spec)

    def _share(self, type_name: str, spec: FieldSpec) -> None:
        """Whoever resolves a field that is provided elsewhere has to say that it is shared."""
        for types in self._world.graphs.values():
            owned = types[type_name].fields.get(spec.name) if type_name in types else None
            if owned is not None and not owned.is_external and "@shareable" not in owned.directives:
                owned.directives.append("@shareable")

    def _provided_field(self, target: GraphType) -> FieldSpec | None:
        for spec in self._world.types[target.name].values():
            if not spec.is_leaf or spec.requires or spec.has_argument or spec.name == "extra":
                continue
            here = target.fields.get(spec.name)
            if here is None:
                here = target.fields[spec.name] = GraphField(spec, ["@external"], is_external=True)
            if here.is_external:
                return spec
        return None


class _Contexts:
    """Adds contexts and fields that take arguments from them to a world that is complete otherwise."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random

    def generate(self) -> None:
        random, world = self._random, self._world
        homes = [
            (graph, local)
            for graph, types in world.graphs.items()
            for local in types.values()
            if local.kind == "type" and any(is_resolvable for _, is_resolvable in local.keys)
        ]
        if not homes:
            return
        for number in range(random.randint(1, 3)):
            graph, local = random.choice(homes)
            if random.random() < 0.7:
                self._way(graph, local, number)
            arguments = [
                argument
                for place in range(random.randint(1, 2))
                if (argument := self._argument(graph, local, f"c{number}x{place}", f"a{place}"))
            ]
            if arguments:
                self._field(graph, local, f"k{number}", tuple(arguments))

    def _way(self, graph: str, owner: GraphType, number: int) -> None:
        """Let a list of entities lead to others, sometimes over third ones: so values differ by object."""
        random, world = self._random, self._world
        entities = [
            each
            for each in world.graphs[graph].values()
            if each.kind == "type" and not each.is_interface_object and each.keys
        ]
        if owner not in entities:
            return
        chain = [*random.choices(entities, k=random.randint(1, 2)), owner]
        spec = FieldSpec(f"{graph}l{number}", chain[0].name, is_list=True)
        world.types["Query"][spec.name] = spec
        query = world.graphs[graph].setdefault("Query", GraphType("Query", "type"))
        query.fields[spec.name] = GraphField(spec)
        for place, (above, below) in enumerate(pairwise(chain)):
            spec = FieldSpec(f"o{number}{place}", below.name)
            homes = [
                types[above.name]
                for types in world.graphs.values()
                if any(key[1] for key in types.get(above.name, above).keys)
                and {above.name, below.name} <= types.keys()
            ]
            world.types[above.name][spec.name] = spec
            random.choice(homes or [above]).fields[spec.name] = GraphField(spec)

    def _field(
        self, graph: str, local: GraphType, name: str, arguments: tuple[ContextArgument, ...]
    ) -> None:
        random, world = self._random, self._world
        named = "String"
        entities = [
            each.name for each in world.graphs[graph].values() if each.kind == "type" and each.keys
        ]
        if entities and random.random() < 0.35:
            named = random.choice([each for each in entities if each in world.types])
        requires = None
        own = [
            each.spec.name
            for each in local.fields.values()
            if each.is_external and each.spec.is_leaf and not each.spec.has_argument
        ]
        if own and named == "String" and random.random() < 0.4:
            requires = random.choice(own)
        spec = FieldSpec(
            name,
            named,
            is_list=requires is None and random.random() < 0.3,
            has_argument=random.random() < 0.3,
            requires=requires,
            contexts=arguments,
        )
        for each in world.possible.get(local.name, [local.name]):
            world.types[each][name] = spec
        directives = [] if requires is None else [f'@requires(fields: "{requires}")']
        local.fields[name] = GraphField(spec, directives, requires=requires)

    def _argument(
        self, graph: str, owner: GraphType, context: str, name: str
    ) -> ContextArgument | None:
        """An argument and the types that set its context: often the root, so that all paths have it."""
        random, types = self._random, self._world.graphs[graph]
        near = [each for each in types.values() if self._leads_to(each, owner)]
        setters = random.sample(near, random.randint(0, min(2, len(near))))
        setters += random.sample(list(types.values()), random.randint(0, min(2, len(types))))
        setters = [each for each in types.values() if each in setters and each.name != "Query"]
        leaf = random.choice(["String", "String", "ID", "Int"])
        if random.random() < 0.9:
            setters.append(self._root(graph, leaf))
        found: dict[str, str] = {}
        fragments: dict[str, str] = {}
        for setter in sorted(setters, key=lambda each: each.kind != "type"):
            for on in self._written_on(graph, setter):
                text = fragments.get(on) or self._leaf(graph, on, leaf)
                if text is None:
                    return None
                fragments[on] = text
                for each in self._objects(graph, on):
                    found.setdefault(each, text)
        if not found:
            return None
        for setter in setters:
            setter.contexts.append(context)
        for on, text in fragments.items():
            local, field_name = types[on], text.partition(" ")[0]
            if field_name not in local.fields:
                spec = self._world.types[on][field_name]
                local.fields[field_name] = GraphField(spec, ["@external"], is_external=True)
        texts = set(fragments.values())
        is_plain = len(texts) == 1 and all(each.kind != "union" for each in setters)
        value = (
            f"{{ {texts.pop()} }}"
            if is_plain
            else " ".join(f"... on {on} {{ {text} }}" for on, text in fragments.items())
        )
        return ContextArgument(name, leaf, f"${context} {value}", found)

    def _leads_to(self, local: GraphType, owner: GraphType) -> bool:
        possible = self._world.possible.get(owner.name, [owner.name])
        return any(
            name in self._world.possible.get(spec.named, ())
            for spec in self._world.types.get(local.name, {}).values()
            for name in possible
        )

    def _root(self, graph: str, leaf: str) -> GraphType:
        query = self._world.graphs[graph].setdefault("Query", GraphType("Query", "type"))
        name = f"{graph}{leaf}"
        spec = self._world.types["Query"].setdefault(name, FieldSpec(name, leaf))
        query.fields.setdefault(name, GraphField(spec))
        return query

    def _written_on(self, graph: str, setter: GraphType) -> list[str]:
        """The types whose fields a selection on a type is made of."""
        if setter.kind == "type":
            return [setter.name]
        return self._objects(graph, setter.name)

    def _objects(self, graph: str, name: str) -> list[str]:
        types = self._world.graphs[graph]
        local = types[name]
        if local.is_interface_object:
            return self._world.possible[name]
        if local.kind == "interface":
            return [each.name for each in types.values() if name in each.implements]
        return local.members if local.kind == "union" else [name]

    def _leaf(self, graph: str, on: str, leaf: str) -> str | None:
        """A field set that leads to one leaf of a type; the graph need not resolve it."""
        random, world = self._random, self._world
        local = world.graphs[graph][on]
        specs = [spec for spec in world.types[on].values() if not spec.has_argument]
        if local.is_interface_object or on == "Query":
            specs = [spec for spec in specs if spec.name in local.fields]
        choices = [spec.name for spec in specs if spec.named == leaf and not spec.is_list]
        nested = [
            spec
            for spec in specs
            if leaf == "ID"
            and not spec.is_list
            and spec.named in world.graphs[graph]
            and spec.name in local.fields
            and "id" in world.graphs[graph][spec.named].fields
        ]
        if nested and random.random() < 0.5:
            return f"{random.choice(nested).name} {{ id }}"
        if not choices:
            return None
        return random.choice(choices)


# Small change


def _print_type(local: GraphType) -> str:
    if local.kind == "union":
        return f"union {local.name}{_print_contexts(local)} = {' | '.join(local.members)}"
    head = f"{local.kind} {local.name}"
    if local.implements:
        head += f" implements {' & '.join(local.implements)}"
    for key, is_resolvable in local.keys:
        head += f' @key(fields: "{key}"{"" if is_resolvable else ", resolvable: false"})'
    if local.is_interface_object:
        head += " @interfaceObject"
    head += _print_contexts(local)
    fields = (
        f"  {each.spec.name}{_print_arguments(each)}: {each.spec.type_text}"
        f" {' '.join(each.directives)}"
        for each in local.fields.values()
    )
    return "\n".join([f"{head} {{", *fields, "}"])


def _print_contexts(local: GraphType) -> str:
    return "".join(f' @context(name: "{name}")' for name in local.contexts)


def _print_arguments(local: GraphField) -> str:
    arguments = ["n: Int"] if local.spec.has_argument else []
    if not local.is_external:
        arguments += [
            f'{each.name}: {each.type} @fromContext(field: "{each.value}")'
            for each in local.spec.contexts
        ]
    return f"({', '.join(arguments)})" if arguments else ""


def _parse_set(text: str) -> list[FieldNode]:
    if not text.strip():
        return []
    definition = parse(f"{{{text}}}").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return [each for each in definition.selection_set.selections if isinstance(each, FieldNode)]


def _inner(node: FieldNode) -> list[FieldNode]:
    selections = node.selection_set.selections if node.selection_set else ()
    return [each for each in selections if isinstance(each, FieldNode)]


def _pick(value: Mapping[str, Any], nodes: Sequence[FieldNode]) -> dict[str, Any]:
    """What a field set selects of JSON."""
    found: dict[str, Any] = {}
    for node in nodes:
        below = value[node.name.value]
        if node.selection_set is not None:
            below = _map(below, lambda each, node=node: _pick(each, _inner(node)))
        found[node.name.value] = below
    return found


def _missing(value: Mapping[str, Any], nodes: Sequence[FieldNode]) -> list[str]:
    """The fields of a field set that JSON does not have."""
    found: list[str] = []
    for node in nodes:
        if node.name.value not in value:
            found.append(node.name.value)
        elif node.selection_set is not None:
            _map(
                value[node.name.value],
                lambda each, node=node: found.extend(_missing(each, _inner(node))),
            )
    return found


def _map(value: Any, change: Any) -> Any:
    """Change the objects of a value, at any depth of lists."""
    if isinstance(value, list):
        return [_map(each, change) for each in value]
    if isinstance(value, Record | dict):
        return change(value)
    return value


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())
