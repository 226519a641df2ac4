"""Reads how subgraphs are called: settings for all, and for each the ones that differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gateway.errors import ConfigInvalid

from .reader import Section, suggest
from .settings import SubgraphTraffic, SupergraphFile, SupergraphSource, TlsConfig, TrafficConfig


def read_traffic(section: Section, names: Sequence[str] | None) -> TrafficConfig:
    """Return the settings.

    Args:
        section: ``traffic``.
        names: the subgraphs that there are; ``None`` when only the supergraph will tell.

    Raises:
        ConfigInvalid: a setting is unknown, of the wrong type or out of range, or a subgraph is unknown.
    """
    common = _read_calls(section, SubgraphTraffic())
    default = TrafficConfig()
    coalesce_queries = section.flag("coalesce_queries", default=default.coalesce_queries)
    subgraphs = section.section("subgraphs")
    section.close()
    given = subgraphs.names()
    if names is not None:
        refuse_unknown_subgraphs(given, names, where=subgraphs.path)
    own = []
    for name in given if names is None else names:
        one = subgraphs.section(name)
        settings = _read_calls(one, common)
        one.close()
        if names is None or settings != common:
            own.append((name, settings))
    return TrafficConfig(
        **{key: getattr(common, key) for key in SubgraphTraffic.__slots__},
        coalesce_queries=coalesce_queries,
        subgraphs=tuple(own),
    )


def names_of(source: SupergraphSource) -> tuple[str, ...] | None:
    """Return the names of the subgraphs; ``None`` when only the supergraph will tell."""
    if isinstance(source, SupergraphFile):
        return None
    return tuple(subgraph.name for subgraph in source.subgraphs)


def refuse_unknown_subgraphs(given: Sequence[str], names: Sequence[str], *, where: str) -> None:
    """Refuse settings for subgraphs that there are not.

    Raises:
        ConfigInvalid: one of ``given`` is not among ``names``.
    """
    for name in given:
        if name not in names:
            raise ConfigInvalid(
                f"{where}.{name}: there is no such subgraph.{suggest(name, list(names))}"
            )


def _read_calls(section: Section, default: SubgraphTraffic) -> SubgraphTraffic:
    return SubgraphTraffic(
        timeout_seconds=section.seconds("timeout_seconds", default.timeout_seconds, minimum=0.01),
        connect_timeout_seconds=section.seconds(
            "connect_timeout_seconds", default.connect_timeout_seconds, minimum=0.01
        ),
        keep_alive_seconds=section.seconds("keep_alive_seconds", default.keep_alive_seconds),
        max_concurrency=section.integer("max_concurrency", default.max_concurrency, minimum=1),
        max_waiting=section.integer("max_waiting", default.max_waiting),
        max_retries=section.integer("max_retries", default.max_retries, maximum=10),
        retry_percent=section.integer("retry_percent", default.retry_percent, maximum=100),
        retries_per_second=section.integer(
            "retries_per_second", default.retries_per_second, maximum=1000
        ),
        circuit_breaker=section.flag("circuit_breaker", default=default.circuit_breaker),
        max_response_bytes=section.integer(
            "max_response_bytes", default.max_response_bytes, minimum=1024
        ),
        compress_min_bytes=section.integer("compress_min_bytes", default.compress_min_bytes),
        coalesce_calls=section.flag("coalesce_calls", default=default.coalesce_calls),
        apq=section.flag("apq", default=default.apq),
        http2=section.flag("http2", default=default.http2),
        tls=_read_tls(section.section("tls"), default.tls),
    )


def _read_tls(section: Section, default: TlsConfig) -> TlsConfig:
    tls = TlsConfig(
        ca_file=_read_file(section, "ca_file", default.ca_file),
        certificate_file=_read_file(section, "certificate_file", default.certificate_file),
        key_file=_read_file(section, "key_file", default.key_file),
        server_name=section.text("server_name", default.server_name),
    )
    section.close()
    if tls.key_file is not None and tls.certificate_file is None:
        raise ConfigInvalid(f"{section.at('certificate_file')} is missing beside key_file.")
    return tls


def _read_file(section: Section, key: str, default: Path | None) -> Path | None:
    text = section.text(key, None)
    if text is None:
        return default
    path = Path(text)
    if not path.is_file():
        raise ConfigInvalid(f"{section.at(key)}: {path} is no file.")
    return path
