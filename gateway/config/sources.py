"""Reads what the supergraph is made of: subgraphs, their schemas and addresses, and the contracts to choose from."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from gateway.errors import ConfigInvalid

from .reader import Section, describe
from .settings import (
    ComposedSource,
    ContractConfig,
    SchemaFile,
    SchemaFromSubgraph,
    SchemaSource,
    SchemaText,
    SubgraphConfig,
)
from .text_file import is_readable

IN_PROCESS_SCHEME = "app://"

_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def read_subgraphs(section: Section, folder: Path) -> ComposedSource:
    """Return the subgraphs to compose; ``folder`` is where relative paths of schemas start."""
    subgraphs = tuple(_read_subgraph(section, name, folder) for name in section.names())
    if not subgraphs:
        raise ConfigInvalid("subgraphs must name at least one subgraph.")
    return ComposedSource(subgraphs)


def _read_subgraph(parent: Section, name: str, folder: Path) -> SubgraphConfig:
    section = parent.section(name)
    in_process = section.text("in_process", None)
    if in_process is not None:
        if not _FACTORY.fullmatch(in_process):
            raise ConfigInvalid(
                f"{section.at('in_process')} must be package.module:factory, "
                f"not {describe(in_process)}."
            )
        for key in ("routing_url", "schema"):
            if section.has(key):
                raise ConfigInvalid(
                    f"{section.at(key)} has no use beside in_process: the subgraph runs in the "
                    "gateway's own process and is asked for its SDL there."
                )
        section.close()
        address = IN_PROCESS_SCHEME + name
        return SubgraphConfig(
            name=name, url=address, schema=SchemaFromSubgraph(address), in_process=in_process
        )
    url = section.text("routing_url", None)
    schema = _read_schema(section.section("schema"), folder)
    section.close()
    if url is None:
        if not isinstance(schema, SchemaFromSubgraph):
            raise ConfigInvalid(f"{section.at('routing_url')} is missing.")
        url = schema.url
    check_url(url, section.at("routing_url"))
    return SubgraphConfig(name=name, url=url, schema=schema)


def _read_schema(section: Section, folder: Path) -> SchemaSource:
    file = section.text("file", None)
    url = section.text("subgraph_url", None)
    sdl = section.text("sdl", None)
    section.close()
    if sum(given is not None for given in (file, url, sdl)) != 1:
        raise ConfigInvalid(f"{section.path} must have one of file, subgraph_url and sdl.")
    if file is not None:
        path = folder / file
        if not is_readable(path):
            raise ConfigInvalid(f"{section.at('file')}: {path} is no file.")
        return SchemaFile(path)
    if url is not None:
        check_url(url, section.at("subgraph_url"))
        return SchemaFromSubgraph(url)
    assert sdl is not None  # noqa: S101 - exactly one of the three is given
    return SchemaText(sdl)


def read_contracts(section: Section) -> tuple[ContractConfig, ...]:
    """Return the contracts that can be chosen from."""
    return tuple(_read_contract(section.section(name), name) for name in section.names())


def _read_contract(section: Section, name: str) -> ContractConfig:
    default = ContractConfig(name=name)
    contract = ContractConfig(
        name=name,
        include=section.texts("include", default.include),
        exclude=section.texts("exclude", default.exclude),
        hide_unreachable=section.flag("hide_unreachable", default=default.hide_unreachable),
    )
    section.close()
    if not contract.include and not contract.exclude:
        raise ConfigInvalid(f"{section.path} must have tags under include or exclude.")
    return contract


def choose_contract(
    contracts: tuple[ContractConfig, ...], name: str | None
) -> ContractConfig | None:
    """Return the contract called ``name``; raise ``ConfigInvalid`` when there is none."""
    if name is None:
        return None
    for contract in contracts:
        if contract.name == name:
            return contract
    known = ", ".join(sorted(contract.name for contract in contracts)) or "there are none"
    raise ConfigInvalid(f"No contract is named {name!r} under contracts: {known}.")


def read_urls(section: Section) -> tuple[tuple[str, str], ...]:
    """Return addresses by name of a subgraph."""
    urls = []
    for name in section.names():
        url = section.text(name, "")
        check_url(url, section.at(name))
        urls.append((name, url))
    return tuple(urls)


def check_url(url: str, where: str) -> None:
    """Raise ``ConfigInvalid`` unless ``url`` is an address that can be called."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "app"} or not parts.netloc:
        raise ConfigInvalid(f"{where} must be an http:// or https:// address.")
