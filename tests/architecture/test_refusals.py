"""Every refusal of a subgraph has a reason of its own, named for its domain, and one of the codes that clients know."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest

from shared import errors as shared_errors
from shared.errors import DomainError
from subgraphs.catalogue import DOMAINS

CODES = {
    value.code
    for value in vars(shared_errors).values()
    if isinstance(value, type) and issubclass(value, DomainError)
}


def find_refusals() -> Iterator[tuple[str, type[DomainError]]]:
    for domain in DOMAINS:
        module = import_module(f"subgraphs.{domain.name}.errors")
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, DomainError)
                and value.__module__ == module.__name__
            ):
                yield domain.name, value


REFUSALS = list(find_refusals())


@pytest.mark.parametrize(
    ("domain", "refusal"), REFUSALS, ids=lambda part: getattr(part, "__name__", part)
)
def test_a_refusal_says_which_domain_refuses(domain: str, refusal: type[DomainError]) -> None:
    assert refusal.reason is not None
    assert refusal.reason.startswith(f"{domain.upper()}_")
    assert refusal.reason == refusal.reason.upper()
    assert refusal.code in CODES


def test_no_two_refusals_share_a_reason() -> None:
    reasons = [refusal.reason for _, refusal in REFUSALS]

    assert len(set(reasons)) == len(reasons)
