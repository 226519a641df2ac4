"""Short ways to write query plans by hand."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.query_plan.nodes import (
    ClassProjection,
    EntityGroup,
    EntityTarget,
    EnumProjection,
    Fetch,
    FieldProjection,
    LeafKind,
    LeafProjection,
    ListProjection,
    ObjectProjection,
    OperationKind,
    QueryPlan,
    RepresentationField,
    RepresentationShape,
    ResponsePath,
    TypenameProjection,
    ValueProjection,
)

STRING = LeafProjection(LeafKind.STRING)
ID = LeafProjection(LeafKind.ID)
INT = LeafProjection(LeafKind.INT)
FLOAT = LeafProjection(LeafKind.FLOAT)
BOOLEAN = LeafProjection(LeafKind.BOOLEAN)
CUSTOM = LeafProjection(LeafKind.CUSTOM)
TYPENAME = TypenameProjection(None)


def an_enum(*values: str) -> EnumProjection:
    return EnumProjection("Colour", frozenset(values))


def a_list(item: ValueProjection, *, item_non_null: bool = False) -> ListProjection:
    return ListProjection(item, item_non_null)


def a_field(
    key: str, value: ValueProjection = STRING, *, non_null: bool = False, source: str | None = None
) -> FieldProjection:
    return FieldProjection(
        response_key=key,
        source=source or key,
        value=value,
        non_null=non_null,
        coordinate=f"Thing.{key}",
    )


def an_object(*fields: FieldProjection) -> ObjectProjection:
    """An object at a place where but one type is possible."""
    return ObjectProjection(
        typename_key=None, classes=(ClassProjection(types=frozenset({"Thing"}), fields=fields),)
    )


def a_choice(
    typename_key: str = "__typename", **classes: Iterable[FieldProjection]
) -> ObjectProjection:
    """An object at an abstract place: fields by type, several types parted by ``_or_``."""
    return ObjectProjection(
        typename_key=typename_key,
        classes=tuple(
            ClassProjection(types=frozenset(types.split("_or_")), fields=tuple(fields))
            for types, fields in classes.items()
        ),
    )


def a_key(
    name: str, *, source: str | None = None, shapes: tuple[RepresentationShape, ...] = ()
) -> RepresentationField:
    return RepresentationField(name=name, source=source or name, is_key=True, shapes=shapes)


def an_input(
    name: str, *, source: str | None = None, shapes: tuple[RepresentationShape, ...] = ()
) -> RepresentationField:
    return RepresentationField(name=name, source=source or name, is_key=False, shapes=shapes)


def a_shape(
    typename: str | None, *fields: RepresentationField, types: Iterable[str] | None = None
) -> RepresentationShape:
    return RepresentationShape(
        types=frozenset(types) if types is not None else None, typename=typename, fields=fields
    )


def a_target(
    path: ResponsePath, *shapes: RepresentationShape, typename_key: str | None = None
) -> EntityTarget:
    return EntityTarget(path=path, typename_key=typename_key, shapes=shapes)


def a_group(
    *targets: EntityTarget, alias: str = "_entities", variable: str = "representations"
) -> EntityGroup:
    return EntityGroup(alias=alias, variable=variable, targets=targets)


def a_root_fetch(
    number: int,
    subgraph: str,
    operation: str,
    *,
    variables: tuple[str, ...] = (),
    depends_on: tuple[int, ...] = (),
    kind: OperationKind = OperationKind.QUERY,
    path: ResponsePath = (),
) -> Fetch:
    return Fetch(
        id=number,
        subgraph=subgraph,
        kind=kind,
        operation=operation,
        variables=variables,
        depends_on=depends_on,
        path=path,
    )


def an_entity_fetch(
    number: int,
    subgraph: str,
    selection: str,
    *targets: EntityTarget,
    depends_on: tuple[int, ...] = (0,),
    variables: tuple[str, ...] = (),
) -> Fetch:
    """A fetch with one group; ``selection`` is what stands inside ``_entities``."""
    return Fetch(
        id=number,
        subgraph=subgraph,
        kind=OperationKind.QUERY,
        operation=(
            "query ($representations: [_Any!]!) "
            f"{{ _entities(representations: $representations) {{ {selection} }} }}"
        ),
        entities=(a_group(*targets),),
        variables=variables,
        depends_on=depends_on,
    )


def a_plan(
    *fetches: Fetch,
    projection: ObjectProjection,
    kind: OperationKind = OperationKind.QUERY,
    introspection: str | None = None,
) -> QueryPlan:
    return QueryPlan(kind=kind, fetches=fetches, projection=projection, introspection=introspection)
