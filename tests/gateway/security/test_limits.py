"""Operations are measured as they would run: fragments count wherever they are spread."""

from __future__ import annotations

import pytest
from graphql import OperationDefinitionNode, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.settings import LimitsConfig
from gateway.errors import (
    AliasLimitExceeded,
    DepthLimitExceeded,
    DirectiveLimitExceeded,
    LimitExceeded,
    RootFieldLimitExceeded,
)
from gateway.security.limits import check_limits
from gateway.security.limits.measure import Size, measure_operation


def measure(text: str) -> Size:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return measure_operation(document, operation)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("{ a }", Size(1, 1, 0, 0)),
        ("{ a { b { c } d } e }", Size(3, 2, 0, 0)),
        ("{ x: a { y: b } }", Size(2, 1, 2, 0)),
        ("query @q { a @i { b @j @k } }", Size(2, 1, 0, 4)),
        ("{ ... on Query { a b } ...F } fragment F on Query { c x: d @i }", Size(1, 4, 1, 1)),
        ("{ a { ...F } b { ...F } } fragment F on T { x: c { d } }", Size(3, 2, 2, 0)),
        ("{ ...Gone }", Size(0, 0, 0, 0)),
        (
            "{ ...A } fragment A on Query { a ...B } fragment B on Query { b ...A }",
            Size(1, 2, 0, 0),
        ),
    ],
)
def test_an_operation_is_measured_with_its_fragments(text: str, size: Size) -> None:
    assert measure(text) == size


@given(st.integers(min_value=1, max_value=60))
def test_fragments_that_double_are_measured_in_linear_time(levels: int) -> None:
    fragments = " ".join(
        f"fragment F{level} on T {{ ...F{level + 1} ...F{level + 1} }}" for level in range(levels)
    )

    size = measure(f"{{ ...F0 }} {fragments} fragment F{levels} on T {{ x: a }}")

    assert size.aliases == 2**levels


@pytest.mark.parametrize(
    ("text", "limits", "error"),
    [
        ("{ a { b } }", LimitsConfig(max_depth=1), DepthLimitExceeded),
        ("{ x: a y: a }", LimitsConfig(max_aliases=1), AliasLimitExceeded),
        ("{ a b }", LimitsConfig(max_root_fields=1), RootFieldLimitExceeded),
        ("{ a @i @i }", LimitsConfig(max_directives=1), DirectiveLimitExceeded),
    ],
)
def test_each_limit_lets_its_own_size_pass_and_no_more(
    text: str, limits: LimitsConfig, error: type[LimitExceeded]
) -> None:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)

    with pytest.raises(error, match=r"1 (is|are) allowed"):
        check_limits(document, operation, limits)

    check_limits(document, operation, LimitsConfig())
    no_limits = LimitsConfig(max_depth=0, max_aliases=0, max_root_fields=0, max_directives=0)
    check_limits(document, operation, no_limits)
