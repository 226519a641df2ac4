"""Random projections, and trees for them: well-typed, or with anything at all here and there."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gateway.query_plan.nodes import (
    ClassProjection,
    EnumProjection,
    FieldProjection,
    LeafKind,
    LeafProjection,
    ListProjection,
    ObjectProjection,
    TypenameProjection,
    ValueProjection,
)

_KEYS = st.sampled_from(["a", "b", "c", "__typename"])
_TYPES = ["Ape", "Bee", "Cat"]
_LEAVES = st.one_of(
    st.sampled_from(LeafKind).map(LeafProjection),
    st.just(EnumProjection("Colour", frozenset({"RED", "BLUE"}))),
)


@st.composite
def _objects(
    draw: st.DrawFn, values: st.SearchStrategy[ValueProjection], *, renamed: bool = True
) -> ObjectProjection:
    is_abstract = draw(st.booleans())
    groups = draw(st.sampled_from([[["Ape"]], [["Ape"], ["Bee"]], [["Ape", "Bee"], ["Cat"]]]))
    classes = []
    for types in groups if is_abstract else groups[:1]:
        keys = draw(st.lists(_KEYS, min_size=0 if renamed else 1, max_size=3, unique=True))
        if not renamed and is_abstract and "__typename" not in keys:
            keys.append("__typename")
        fields = []
        for key in keys:
            value = draw(values)
            if draw(st.integers(0, 5)) == 0 if renamed else key == "__typename":
                value = TypenameProjection(None if is_abstract else "Ape")
            fields.append(
                FieldProjection(
                    response_key=draw(st.sampled_from([key, f"my_{key}"])) if renamed else key,
                    source=key,
                    value=value,
                    non_null=draw(st.booleans()),
                    coordinate=f"T.{key}",
                )
            )
        classes.append(ClassProjection(types=frozenset(types), fields=tuple(fields)))
    return ObjectProjection(
        typename_key="__typename" if is_abstract else None, classes=tuple(classes)
    )


def _values(*, renamed: bool) -> st.SearchStrategy[ValueProjection]:
    return st.recursive(
        _LEAVES,
        lambda inner: st.one_of(
            _objects(inner, renamed=renamed),
            st.builds(ListProjection, item=inner, item_non_null=st.booleans()),
        ),
        max_leaves=8,
    )


PROJECTIONS = _objects(_values(renamed=True))
UNRENAMED_PROJECTIONS = _objects(_values(renamed=False), renamed=False)
"""Whose keys are the client's, types included."""

_ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([0, 1, -1, 2**31 - 1, 2**31, -(2**31), 2**70, 1.0, 1.5, 1e300]),
        st.sampled_from(["", "a", "RED", "BLUE", "GREEN", "1", *_TYPES, "Dog"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=6,
)

_GOOD_LEAVES: dict[LeafKind, st.SearchStrategy[object]] = {
    LeafKind.STRING: st.text(max_size=3),
    LeafKind.ID: st.text(max_size=3),
    LeafKind.INT: st.integers(-(2**31), 2**31 - 1),
    LeafKind.FLOAT: st.one_of(st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False)),
    LeafKind.BOOLEAN: st.booleans(),
    LeafKind.CUSTOM: st.one_of(st.integers(0, 2**70), st.dictionaries(_KEYS, st.booleans())),
}


def _draw_value(draw: st.DrawFn, node: ValueProjection, *, non_null: bool, noise: int) -> Any:
    """Draw a value for ``node``; one in ``noise`` is anything at all, none when it is 0."""
    if noise and draw(st.integers(1, noise)) == 1:
        return draw(_ANYTHING)
    if not non_null and draw(st.integers(0, 4)) == 0:
        return None
    match node:
        case LeafProjection(kind):
            return draw(_GOOD_LEAVES[kind])
        case EnumProjection(_, values):
            return draw(st.sampled_from(sorted(values)))
        case ListProjection(item, item_non_null):
            return [
                _draw_value(draw, item, non_null=item_non_null, noise=noise)
                for _ in range(draw(st.integers(0, 3)))
            ]
        case ObjectProjection():
            return _draw_object(draw, node, noise=noise, non_null=non_null)
        case _:
            raise AssertionError(node)


def _draw_object(
    draw: st.DrawFn, node: ObjectProjection, *, noise: int, non_null: bool = True
) -> dict[str, Any]:
    chosen = draw(st.sampled_from(node.classes))
    tree: dict[str, Any] = {}
    for part in chosen.fields:
        if not isinstance(part.value, TypenameProjection):
            value = _draw_value(draw, part.value, non_null=part.non_null, noise=noise)
            if value is not None or draw(st.booleans()):
                tree[part.source] = value
    if node.typename_key is not None:
        tree[node.typename_key] = draw(st.sampled_from(sorted(chosen.types)))
        if not non_null and draw(st.integers(0, 6)) == 0:
            tree[node.typename_key] = "Unknown"
    return tree


@st.composite
def projections_and_trees(draw: st.DrawFn, noise: int) -> tuple[ObjectProjection, dict[str, Any]]:
    """A projection and a tree for it, of whose values one in ``noise`` is anything at all; none when it is 0."""
    projection = draw(PROJECTIONS)
    return projection, _draw_object(draw, projection, noise=noise)


@st.composite
def unrenamed_projections_and_trees(
    draw: st.DrawFn, noise: int
) -> tuple[ObjectProjection, dict[str, Any]]:
    """The same, with a projection that takes no key away and renames none."""
    projection = draw(UNRENAMED_PROJECTIONS)
    return projection, _draw_object(draw, projection, noise=noise)


def same(left: object, right: object) -> bool:
    """Equal, with types and order of keys: Python thinks that 1, 1.0 and True are."""
    return repr(left) == repr(right)
