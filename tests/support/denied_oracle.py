"""Random requirements on random supergraphs: the answer is that of one schema in which denied coordinates are null.

What is denied, and where an operation asks for it, is worked out here anew, type by type and from the directives as
they were drawn: nothing of the gateway's own is used for it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLResolveInfo,
    GraphQLUnionType,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    SchemaDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    experimental_execute_incrementally,
    parse,
    print_ast,
    visit,
)

from gateway.config.settings import AuthorizationConfig, PolicyRule
from gateway.errors import DENIED_CODE
from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.incremental import execute_in_parts
from gateway.execution.incremental_format import (
    IncrementalFormat,
    encode_next,
    encode_primary,
)
from gateway.execution.prepared_plan import PreparedPlan, prepare_plan
from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.requirements import find_requirements
from gateway.operations.select import select_operation
from gateway.operations.variables import VariableCoercion
from gateway.planning.planner import plan_operation
from gateway.query_plan.nodes import QueryPlan
from gateway.query_plan.printer import print_plan
from gateway.security.authorization import Authorization
from gateway.security.identity import Identity
from gateway.security.policies import ConfiguredPolicies
from gateway.supergraph.authorization import auth_rules_of
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from gateway.transports.base import SubgraphRequest, SubgraphResponse

from .federated_world import Record, World, WorldSubgraph
from .incremental import merge_legacy_parts, merge_parts
from .oracle import WorldTransport, oracle_over
from .plan_lints import lint_plan
from .random_operations import RandomOperation

Path = tuple[str, ...]
_FEATURES = ("authenticated", "requiresScopes", "policy")
_SCOPES = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Asked:
    """One directive as it was drawn."""

    kind: str
    names: tuple[tuple[str, ...], ...] = ()

    @property
    def node(self) -> ConstDirectiveNode:
        text = self.kind
        if self.names:
            argument = "scopes" if self.kind == "requiresScopes" else "policies"
            text += f"({argument}: {json.dumps([list(each) for each in self.names])})"
        document = parse(f"type T @{text} {{ t: Int }}")
        (definition,) = document.definitions
        assert isinstance(definition, ObjectTypeDefinitionNode)
        (directive,) = definition.directives or ()
        return directive


@dataclass(frozen=True, slots=True)
class Somebody:
    """A caller: nobody in particular, or with scopes and roles."""

    is_known: bool
    scopes: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()

    @property
    def identity(self) -> Identity | None:
        if not self.is_known:
            return None
        roles = frozenset({"MANAGER"} & {name.upper() for name in self.policies})
        claims = {"scope": " ".join(sorted(self.scopes))}
        return Identity("somebody", None, 0.0, claims, roles)

    def meets(self, asked: Asked) -> bool:
        if asked.kind == "authenticated":
            return self.is_known
        given = self.policies if asked.kind == "policy" else self.scopes
        return any(given.issuperset(each) for each in asked.names)


def _draw(random: Random) -> Asked:
    match random.choice(_FEATURES):
        case "authenticated":
            return Asked("authenticated")
        case "policy":
            return Asked("policy", random.choice([(("manager",),), (("unheard",), ("manager",))]))
        case _:
            return Asked(
                "requiresScopes",
                tuple(
                    tuple(sorted(random.sample(_SCOPES, random.randint(1, 2))))
                    for _ in range(random.randint(1, 2))
                ),
            )


@dataclass(slots=True)
class Protected:
    """A world whose supergraph has requirements, by type and by type and field."""

    world: World
    supergraph: Supergraph
    types: Mapping[str, Asked]
    fields: Mapping[tuple[str, str], Asked]
    subgraphs: dict[str, WorldSubgraph] = field(init=False)

    def __post_init__(self) -> None:
        self.subgraphs = {name: WorldSubgraph(self.world, name) for name in self.world.graphs}

    def denied_types(self, who: Somebody) -> frozenset[str]:
        found = {name for name, asked in self.types.items() if not who.meets(asked)}
        return frozenset(
            name
            for name in (*self.world.types, "Query")
            if name in found
            or any(
                each in found and name in self.members(each) and self._is_interface(each)
                for each in found
            )
        )

    def denied_fields(self, who: Somebody) -> frozenset[tuple[str, str]]:
        """Object types and fields, for the field's own sake or for what it returns."""
        types = self.denied_types(who)
        schema = self.supergraph.api_schema
        found = set()
        for name, fields in self.world.types.items():
            if self._is_interface(name):
                continue
            for each in fields:
                interfaces = [one for one in self.world.types if name in self.members(one)]
                own = [self.fields.get((one, each)) for one in {name, *interfaces}]
                named = fields[each].named
                returned = () if fields[each].is_leaf else self.members(named)
                if any(asked is not None and not who.meets(asked) for asked in own) or (
                    returned and all(one in types for one in returned)
                ):
                    found.add((name, each))
        assert schema.query_type is not None
        return frozenset(found)

    def members(self, name: str) -> Sequence[str]:
        """Object types that a type stands for, as the schema has it; worlds may know of more."""
        named = self.supergraph.api_schema.get_type(name)
        if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
            return [each.name for each in self.supergraph.api_schema.get_possible_types(named)]
        return [name]

    def _is_interface(self, name: str) -> bool:
        return name.startswith("I")

    def hidden_fields(self) -> frozenset[str]:
        """Names of fields that plans may need themselves: for keys, inputs and contexts."""
        texts = []
        for types in self.world.graphs.values():
            for each in types.values():
                texts += [key for key, _ in each.keys]
                for one in each.fields.values():
                    texts.append(one.requires or "")
                    for argument in one.spec.contexts:
                        texts += argument.fields.values()
        return frozenset(re.findall(r"\w+", " ".join(texts)))


def protected_of(seed: int) -> Protected | None:
    """The world of a seed with requirements; ``None`` when it does not compose."""
    world = World(seed)
    oracle = oracle_over(world)
    if oracle is None:
        return None
    random = Random(seed)  # noqa: S311 - no secret
    types: dict[str, Asked] = {}
    fields: dict[tuple[str, str], Asked] = {}
    definitions = []
    for node in oracle.supergraph.document.definitions:
        definition = node
        if isinstance(node, SchemaDefinitionNode):
            links = _links()
            definition = replace(node, directives=(*(node.directives or ()), *links))
        elif isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            name = node.name.value
            own = node.directives or ()
            share = {"Q": 0.04, "I": 0.4}.get(name[0], 0.2)
            if random.random() < share:
                # What an interface asks for is often what one of its types asks for, as composition has it.
                given = [types[one] for one in world.possible.get(name, ()) if one in types]
                is_accounted = bool(given) and name.startswith("I") and random.random() < 0.6
                types[name] = random.choice(given) if is_accounted else _draw(random)
                own = (*own, types[name].node)
            below = []
            for each in node.fields or ():
                if random.random() < 0.2:
                    asked = fields[name, each.name.value] = _draw(random)
                    below.append(replace(each, directives=(*(each.directives or ()), asked.node)))
                else:
                    below.append(each)
            definition = replace(node, directives=own, fields=tuple(below))
        definitions.append(definition)
    sdl = print_ast(DocumentNode(definitions=tuple(definitions)))
    found = Protected(world, load_supergraph(sdl), types, fields)
    _settle_interfaces(found)
    return found


def _settle_interfaces(found: Protected) -> None:
    """Forget what interfaces ask for that their types ask for anyway: types decide, object by object."""
    types = dict(found.types)
    fields = dict(found.fields)
    for name, asked in found.types.items():
        if name.startswith("I") and _is_accounted(
            asked, [found.types.get(one) for one in found.members(name)]
        ):
            del types[name]
    for (name, each), asked in found.fields.items():
        if name.startswith("I") and _is_accounted(
            asked, [found.fields.get((one, each)) for one in found.members(name)]
        ):
            del fields[name, each]
    found.types, found.fields = types, fields


def _is_accounted(asked: Asked, given: Sequence[Asked | None]) -> bool:
    """Whether everybody who meets all of ``given`` meets ``asked``: tried out."""
    return all(
        who.meets(asked)
        for who in _everybody()
        if all(each is None or who.meets(each) for each in given)
    )


def _everybody() -> Iterator[Somebody]:
    yield Somebody(is_known=False)
    for number in range(2 ** len(_SCOPES)):
        scopes = frozenset(name for index, name in enumerate(_SCOPES) if number >> index & 1)
        for policies in ((), ("manager",), ("unheard",), ("manager", "unheard")):
            yield Somebody(is_known=True, scopes=scopes, policies=frozenset(policies))


def _links() -> Sequence[ConstDirectiveNode]:
    text = " ".join(
        f'@link(url: "https://specs.apollo.dev/{name}/v0.1", for: SECURITY)' for name in _FEATURES
    )
    (node,) = parse(f"schema {text} {{ query: Query }}").definitions
    assert isinstance(node, SchemaDefinitionNode)
    return node.directives or ()


class _WatchingTransport(WorldTransport):
    """Refuses requests for what the caller may not see."""

    def __init__(self, subgraph: WorldSubgraph, protected: Protected, who: Somebody) -> None:
        super().__init__(subgraph)
        self._schema = subgraph.schema
        self._protected = protected
        self._fields = protected.denied_fields(who)
        self._types = protected.denied_types(who)
        self._hidden = protected.hidden_fields()
        self._objects = {
            each.name
            for each in protected.world.graphs[subgraph.name].values()
            if each.is_interface_object
        }

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        info = TypeInfo(self._schema)
        seen: list[tuple[str, str]] = []

        class Watch(Visitor):
            def enter_field(self, node: FieldNode, *_: object) -> None:
                parent = info.get_parent_type()
                if parent is not None and not node.name.value.startswith("_"):
                    seen.append((parent.name, node.name.value))

        visit(parse(json.loads(request.body)["query"]), TypeInfoVisitor(info, Watch()))
        leaks = [(parent, name) for parent, name in seen if self._is_denied(parent, name)]
        assert leaks == [], leaks
        return await super().send(request)

    def _is_denied(self, parent: str, name: str) -> bool:
        if name in self._hidden:
            return False
        possible = self._protected.members(parent)
        denied = [(one, name) in self._fields or one in self._types for one in possible]
        return all(denied) if parent in self._objects else any(denied)


@dataclass(slots=True)
class _Places:
    """Where an operation asks for what is denied, found type by type."""

    protected: Protected
    types: frozenset[str]
    denied: frozenset[tuple[str, str]]
    document: DocumentNode
    conditions: Mapping[str, object]
    fields: set[Path] = field(default_factory=set)
    objects: set[Path] = field(default_factory=set)
    """Where objects of denied types may be."""

    has_non_null: bool = False
    """Whether null may climb."""

    def walk(self, sets: Sequence[SelectionSetNode], names: Sequence[str], path: Path) -> None:
        if any(name in self.types for name in names):
            self.objects.add(path)
        for name in names:
            if name in self.types:
                continue
            below: dict[str, list[FieldNode]] = {}
            for node in sets:
                self._collect(node, name, below)
            for key, nodes in below.items():
                first = nodes[0].name.value
                if first.startswith("__"):
                    continue
                if (name, first) in self.denied:
                    self.fields.add((*path, key))
                    self.has_non_null |= self.protected.world.types[name][first].is_non_null
                    continue
                named = self.protected.world.types[name][first].named
                inner = [each.selection_set for each in nodes if each.selection_set is not None]
                if inner:
                    self.walk(inner, self.protected.members(named), (*path, key))

    def _collect(
        self, node: SelectionSetNode, name: str, found: dict[str, list[FieldNode]]
    ) -> None:
        for item in node.selections:
            if not self._is_included(item.directives or ()):
                continue
            if isinstance(item, FieldNode):
                key = item.alias.value if item.alias else item.name.value
                found.setdefault(key, []).append(item)
                continue
            condition: NamedTypeNode | None
            if isinstance(item, InlineFragmentNode):
                condition, inner = item.type_condition, item.selection_set
            else:
                fragment = next(
                    each
                    for each in self.document.definitions
                    if isinstance(each, FragmentDefinitionNode)
                    and each.name.value == item.name.value  # type: ignore[attr-defined]
                )
                condition, inner = fragment.type_condition, fragment.selection_set
            on = name if condition is None else condition.name.value
            if name in self.protected.members(on):
                self._collect(inner, name, found)

    def _is_included(self, directives: Sequence[DirectiveNode]) -> bool:
        for each in directives:
            if each.name.value in {"skip", "include"}:
                (argument,) = each.arguments or ()
                assert isinstance(argument.value, VariableNode)
                if bool(self.conditions[argument.value.name.value]) == (each.name.value == "skip"):
                    return False
        return True


class DeniedOracle:
    """Compares what somebody is answered with one schema in which what they may not see is null."""

    def __init__(self, protected: Protected, who: Somebody) -> None:
        self._protected = protected
        self._who = who
        self._denied_types = protected.denied_types(who)
        self._denied_fields = protected.denied_fields(who)
        self.denials = 0
        """How many places were denied."""

    def compare(self, operation: RandomOperation) -> None:
        """Fail, with everything needed to look into it, when the answers differ."""
        plan: QueryPlan | None = None
        try:
            plan, variables = self._plan(operation.text, operation, max_defers=20)
            schemas: dict[str, Any] = {
                name: each.schema for name, each in self._protected.subgraphs.items()
            }
            assert lint_plan(plan, self._protected.supergraph, schemas) == []
            expected, met = self._monolith(operation)
            places = self._places(operation, variables)
            for answer, is_whole in asyncio.run(self._execute(prepare_plan(plan), variables)):
                if is_whole or not places.has_non_null:
                    assert answer["data"] == expected
                else:
                    # Null that climbs out of a deferred fragment takes that fragment and nothing else.
                    assert _agree(answer["data"], expected)
                told = self._told(answer)
                assert met | places.fields <= told
                assert told <= met | places.fields | places.objects
                self.denials += len(told)
        except Exception as error:
            error.add_note(self._describe(operation, plan))
            raise

    def _told(self, answer: Mapping[str, Any]) -> set[Path]:
        errors = answer.get("errors", ())
        assert {error["extensions"]["code"] for error in errors} <= {DENIED_CODE}, errors
        paths = [tuple(error.get("path", ())) for error in errors]
        assert len(set(paths)) == len(paths), "one place was told twice"
        assert all(isinstance(key, str) for path in paths for key in path)
        return set(paths)

    def _plan(
        self, text: str, operation: RandomOperation, *, max_defers: int
    ) -> tuple[QueryPlan, dict[str, object]]:
        supergraph = self._protected.supergraph
        document = parse_document(text, max_tokens=100_000)
        selected = select_operation(document, None)
        variables = VariableCoercion(selected, supergraph.api_schema).coerce(operation.variables)
        conditions = {
            name: bool(variables[name]) for name in condition_variables(selected, document)
        }
        rules = auth_rules_of(supergraph)
        authorization = Authorization(
            rules,
            AuthorizationConfig(),
            ConfiguredPolicies({"manager": PolicyRule(roles=("MANAGER",))}),
        )
        plans = []
        asked = find_requirements(document, selected, supergraph)
        for mask in (asked, rules.mask_of(rules.all)):
            unmet = asyncio.run(authorization.find_unmet(mask, self._who.identity))
            normalized = normalize_operation(
                document,
                selected,
                supergraph,
                conditions,
                max_defers=max_defers,
                denial=rules.deny(unmet) if unmet else None,
            )
            plans.append(plan_operation(supergraph, normalized))
        plan, with_everything = plans
        # Not their deferrals: in which order these name their fragments is not settled.
        assert all(
            getattr(plan, part) == getattr(with_everything, part)
            for part in ("fetches", "projection", "denied")
        ), "The plan depends on requirements that were left out."
        return plan, variables

    async def _execute(
        self, prepared: PreparedPlan, variables: dict[str, object]
    ) -> list[tuple[dict[str, Any], bool]]:
        """The answers, and whether they come in one piece: interpreted, by generated code, and in parts."""
        context = ExecutionContext(
            transports={
                name: _WatchingTransport(each, self._protected, self._who)
                for name, each in self._protected.subgraphs.items()
            }
        )
        answers: list[tuple[dict[str, Any], bool]] = []
        for _ in range(2):
            result = await execute_plan(prepared, variables=variables, context=context)
            answers.append(({"data": result.data, "errors": result.errors}, True))
        if prepared.deferral is not None:
            for how, merge in (
                (IncrementalFormat.CURRENT, merge_parts),
                (IncrementalFormat.LEGACY, merge_legacy_parts),
            ):
                deliveries = execute_in_parts(
                    prepared,
                    variables=variables,
                    context=context,
                    repeats_fields=how is IncrementalFormat.LEGACY,
                )
                parts: list[dict[str, Any]] = []
                async with aclosing(deliveries):
                    async for delivery in deliveries:
                        encode = encode_next if parts else encode_primary
                        parts.append(json.loads(encode(delivery, how)))
                answers.append((merge(parts), False))
        return answers

    def _monolith(self, operation: RandomOperation) -> tuple[Any, set[Path]]:
        world, schema = self._protected.world, self._protected.supergraph.api_schema
        if "Query" in self._denied_types:
            return None, {()}

        def hide(value: Any) -> Any:
            if isinstance(value, list):
                return [hide(each) for each in value]
            if isinstance(value, Record) and value.type in self._denied_types:
                return GraphQLError("denied")
            return value

        def resolve(record: Record, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            if (record.type, info.field_name) in self._denied_fields:
                raise GraphQLError("denied")
            return hide(world.read(record, info.field_name, arguments))

        result = experimental_execute_incrementally(
            schema,
            parse(operation.text_without_defer),
            Record("Query", ""),
            variable_values=dict(operation.variables),
            field_resolver=resolve,
            type_resolver=lambda record, *_: record.type,
        )
        assert isinstance(result, ExecutionResult)
        assert {error.message for error in result.errors or ()} <= {"denied"}
        return result.data, {
            tuple(key for key in error.path or () if isinstance(key, str))
            for error in result.errors or ()
        }

    def _places(self, operation: RandomOperation, variables: Mapping[str, object]) -> _Places:
        document = parse(operation.text_without_defer)
        places = _Places(
            self._protected, self._denied_types, self._denied_fields, document, variables
        )
        (root,) = (
            each for each in document.definitions if isinstance(each, OperationDefinitionNode)
        )
        places.walk([root.selection_set], ["Query"], ())
        return places

    def _describe(self, operation: RandomOperation, plan: QueryPlan | None) -> str:
        parts = [f"# {name}\n{sdl}" for name, sdl in self._protected.world.sdls().items()]
        parts += [f"{at}: {asked}" for at, asked in self._protected.types.items()]
        parts += [f"{at}: {asked}" for at, asked in self._protected.fields.items()]
        parts += [str(self._who), operation.text, str(operation.variables)]
        if plan is not None:
            parts += [str(plan.denied), print_plan(plan)]
        return "\n".join(parts)


def _agree(one: Any, other: Any) -> bool:
    """Whether two values are the same wherever both have one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_agree(one[key], other[key]) for key in one.keys() & other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_agree, one, other))
    return one is None or other is None or bool(one == other)


def somebody(random: Random) -> Somebody:
    """A caller who meets some requirements."""
    people = [who for who in _everybody() if "unheard" not in who.policies]
    return random.choice([*people, Somebody(is_known=False), Somebody(is_known=False)])
