"""The domains of the marketplace: their names, their ports, and where each one's parts are.

Nothing here imports a domain: whoever runs one loads it by name, so that one can be left out or detached.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData
from starlette.applications import Starlette

from shared.settings import ServiceSettings, load_settings

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Domain:
    """One subgraph."""

    name: str
    port: int
    """Where it listens when it runs as its own process and nothing else is said."""

    summary: str

    @property
    def factory(self) -> str:
        """The dotted path of its app factory, as the gateway's ``in_process`` takes it."""
        return f"subgraphs.{self.name}.app:create_app"

    @property
    def revisions(self) -> Path:
        """The folder of its migrations."""
        return _HERE / self.name / "migrations"

    def create_app(self, settings: ServiceSettings | None = None) -> Starlette:
        """Return its ASGI app, configured by the environment unless ``settings`` are given."""
        app: Starlette = self._load("app").create_app(settings or load_settings(self.name))
        return app

    def load_metadata(self) -> MetaData:
        """Return its tables."""
        metadata: MetaData = self._load("models").Base.metadata
        return metadata

    def _load(self, module: str) -> Any:
        return import_module(f"subgraphs.{self.name}.{module}")


DOMAINS = (
    Domain("accounts", 4101, "authentication and authorization; the OpenID provider"),
    Domain("orders", 4102, "service types and clients' orders"),
    Domain("matching", 4103, "finding a worker for an order"),
    Domain("hiring", 4104, "candidates, tests and the decision to hire"),
    Domain("jobs", 4105, "the worker's side of an order"),
)


class DomainUnknown(LookupError):
    """There is no domain of that name."""


def find_domain(name: str) -> Domain:
    """Return the domain called ``name``.

    Raises:
        DomainUnknown: there is none; the text lists those there are.
    """
    for domain in DOMAINS:
        if domain.name == name:
            return domain
    known = ", ".join(domain.name for domain in DOMAINS)
    raise DomainUnknown(f"There is no subgraph {name!r}. There are: {known}.")
