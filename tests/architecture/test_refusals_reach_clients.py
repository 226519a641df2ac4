"""What the platform's subgraphs refuse reaches whoever asked, through the gateway as it is configured by default."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gateway.config.settings import ErrorsConfig
from gateway.security.masking import SubgraphErrorMask
from shared import errors as shared_errors
from shared.errors import DomainError, RateLimited


def below(root: type[DomainError]) -> Iterator[type[DomainError]]:
    yield root
    for child in root.__subclasses__():
        yield from below(child)


REFUSALS = [each for each in below(DomainError) if each.__module__ == shared_errors.__name__]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.__name__)
def test_a_refusal_passes_with_all_it_says(refusal: type[DomainError]) -> None:
    raised = (
        refusal("Later.", retry_after=timedelta(seconds=3))
        if issubclass(refusal, RateLimited)
        else refusal("Later.")
    )
    said = {**raised.extensions(), "reason": "ORDERS_SOLD_OUT", "service": "orders"}

    shown = SubgraphErrorMask(ErrorsConfig()).open({}).show("Later.", said, ["buy"])

    assert shown == ("Later.", said)


def test_what_went_wrong_inside_is_hidden_under_the_id_of_the_subgraphs_log() -> None:
    """The code is what ``tests/shared/test_federation.py`` finds on errors that nobody raised on purpose."""
    said: dict[str, object] = {"code": "INTERNAL_ERROR", "errorId": "1" * 32, "service": "orders"}

    shown = SubgraphErrorMask(ErrorsConfig()).open({}).show("error 1111", said, ["buy"])

    assert shown == ("Something went wrong inside subgraph 'orders'.", said)
