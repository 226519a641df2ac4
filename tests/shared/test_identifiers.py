from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid4

import pytest

from shared.errors import ValidationFailed
from shared.identifiers import derived_id, new_id, parse_id

HAPPY_CAT_BOX = derived_id(NAMESPACE_URL, "https://mcf.local/happy-cat-box/clients")


@pytest.mark.parametrize(
    ("external_id", "client_id"),
    [
        ("HCB-000001", "b4d8624a-7fb1-5901-b7c1-9a93306624ee"),
        ("HCB-100000", "82f3839d-eed2-5b5e-9966-c54295c02edf"),
    ],
)
def test_published_vectors_hold(external_id: str, client_id: str) -> None:
    assert str(derived_id(HAPPY_CAT_BOX, external_id)) == client_id


def test_parts_cannot_run_into_each_other() -> None:
    namespace = new_id()

    assert derived_id(namespace, "a", "bc") != derived_id(namespace, "ab", "c")


def test_an_identifier_reads_back() -> None:
    identifier = uuid4()

    assert parse_id(str(identifier)) == identifier


@pytest.mark.parametrize("text", ["", "x", "123", "b4d8624a-7fb1-5901-b7c1", "💥" * 100])
def test_what_is_no_identifier_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed):
        parse_id(text)


def test_derived_ids_are_ids() -> None:
    assert isinstance(derived_id(new_id(), 1, "two"), UUID)
