"""Identifiers: fresh ones, and ones derived so that services agree on them without talking."""

from __future__ import annotations

from uuid import UUID, uuid4, uuid5

from .errors import ValidationFailed


def new_id() -> UUID:
    """Return a fresh identifier."""
    return uuid4()


def derived_id(namespace: UUID, *parts: object) -> UUID:
    """Return the identifier that every service computes from the same facts.

    A single part is hashed as it is (so a published vector can be checked with any UUID tool); several are joined by
    ``/``, which no identifier contains.
    """
    return uuid5(namespace, "/".join(str(part) for part in parts))


def parse_id(text: str) -> UUID:
    """Return the identifier written as ``text``.

    Raises:
        ValidationFailed: it is none.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise ValidationFailed(f"{text[:60]!r} is not an identifier.") from error
