"""Names: subjects ``<domain>[.<aggregate>].<fact>.v<major>``, durables ``<reader>-<fact>``, streams, replay subjects.

Pure. The version is part of the subject: a new major is a new subject, read by those who subscribe to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import SubjectInvalid

_TOKEN = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"  # noqa: S105  a pattern, not a secret
_SUBJECT = re.compile(
    rf"(?P<domain>{_TOKEN})(?:\.(?P<aggregate>{_TOKEN}))?\.(?P<fact>{_TOKEN})\.v(?P<major>[1-9][0-9]*)"
)
_DURABLE = re.compile(rf"(?P<domain>[a-z][a-z0-9]*)-{_TOKEN}")
_REPLAY_TOKEN = "_replay"  # noqa: S105  no fact can have this name: tokens begin with a letter


@dataclass(frozen=True, slots=True)
class Subject:
    """A parsed subject."""

    domain: str
    """Who owns the fact, and whose stream holds it."""
    aggregate: str | None
    fact: str
    major: int

    @property
    def type(self) -> str:
        """The subject without its version: the envelope's ``type``."""
        parts = (self.domain, self.aggregate, self.fact)
        return ".".join(part for part in parts if part is not None)

    def __str__(self) -> str:
        return f"{self.type}.v{self.major}"


def parse_subject(text: str) -> Subject:
    """Parse ``orders.order.cancelled.v1`` or ``matching.worker-found.v1``.

    Raises:
        SubjectInvalid: the text breaks the naming rule.
    """
    found = _SUBJECT.fullmatch(text)
    if found is None:
        raise SubjectInvalid(
            f"{text!r} is no subject: write <domain>.<aggregate>.<fact>.v<major> in lower case, words joined by '-'."
        )
    return Subject(
        domain=found["domain"],
        aggregate=found["aggregate"],
        fact=found["fact"],
        major=int(found["major"]),
    )


def durable_domain(name: str) -> str:
    """Return the reading domain of a durable consumer's name: ``jobs`` of ``jobs-worker-found``.

    Raises:
        SubjectInvalid: the name is not ``<domain>-<fact>``.
    """
    found = _DURABLE.fullmatch(name)
    if found is None:
        raise SubjectInvalid(f"{name!r} is no durable name: write <reading domain>-<fact>.")
    return found["domain"]


def stream_name(prefix: str, domain: str) -> str:
    """Return the stream that holds a domain's events: ``CATTERY_ORDERS``."""
    return f"{prefix}_{domain.upper().replace('-', '_')}"


def stream_subjects(domain: str) -> str:
    """Return the pattern of all that a domain's stream holds."""
    return f"{domain}.>"


def replay_subject(domain: str, durable: str) -> str:
    """Return the subject on which ``domain``'s events reach one subscription only."""
    return f"{domain}.{_REPLAY_TOKEN}.{durable}"
