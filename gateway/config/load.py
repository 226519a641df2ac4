"""From files and environment to a ``GatewayConfig``; the environment wins over files.

Two inputs: a ``supergraph.yaml`` as rover reads it (``subgraphs: NAME: {routing_url, schema}``), which may carry a
``gateway:`` section, or the file of a composed supergraph. The gateway's settings may also have a file of their own.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.errors import ConfigInvalid

from .access import read_cors, read_csrf, read_identity
from .authorization import read_authorization
from .client_requests import (
    read_cache_control,
    read_incremental,
    read_limits,
    read_persisted_queries,
    read_plan_exposure,
    read_uploads,
)
from .headers import read_headers, refuse_shared_cookies
from .reader import ENVIRONMENT_PREFIX, Overrides, Section, describe
from .settings import (
    CachesConfig,
    ContractConfig,
    ErrorsConfig,
    GatewayConfig,
    LogFormat,
    LogLevel,
    PassthroughConfig,
    RequestLogging,
    ServerConfig,
    SubgraphErrors,
    SupergraphFile,
    SupergraphSource,
    TelemetryConfig,
    WatchConfig,
)
from .sources import check_url, choose_contract, read_contracts, read_subgraphs, read_urls
from .text_file import is_readable
from .traffic import names_of, read_traffic, refuse_unknown_subgraphs
from .yaml_file import read_yaml

_KUBERNETES = re.compile(re.escape(ENVIRONMENT_PREFIX) + r"(SERVICE_|PORT(_|$))")
"""What Kubernetes sets in every container beside a Service called ``cattery-gateway``."""


def load_config(
    *,
    config: Path | None = None,
    supergraph: Path | None = None,
    gateway_config: Path | None = None,
    contract: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> GatewayConfig:
    """Return the configuration.

    Args:
        config: a ``supergraph.yaml``; or
        supergraph: a composed supergraph. One of the two must be given.
        gateway_config: a file with the gateway's settings; then ``config`` must have none.
        contract: which of the contracts of ``config`` to take; else the setting of that name says.
        environment: the variables; those of the process unless given.

    Raises:
        ConfigInvalid: something is missing, unknown, of the wrong type or out of range.
    """
    variables = os.environ if environment is None else environment
    settings: object = None
    source: SupergraphSource
    contracts: tuple[ContractConfig, ...] = ()
    if config is not None and supergraph is None:
        root = Section(read_yaml(config, variables), "", None)
        root.value("federation_version")
        settings = root.value("gateway")
        source = read_subgraphs(root.section("subgraphs"), config.parent)
        contracts = read_contracts(root.section("contracts"))
        root.close()
    elif supergraph is not None and config is None:
        if not is_readable(supergraph):
            raise ConfigInvalid(f"{supergraph} is no file.")
        source = SupergraphFile(supergraph)
    else:
        raise ConfigInvalid("Give either a supergraph.yaml (--config) or a --supergraph file.")
    if gateway_config is not None:
        if settings is not None:
            raise ConfigInvalid(
                f"The gateway's settings are both in {config} and in {gateway_config}. Keep one."
            )
        settings = _read_settings_file(gateway_config, variables)
    return _read_settings(settings, variables, source, contracts, contract)


def with_flags(
    config: GatewayConfig,
    *,
    host: str | None,
    port: int | None,
    workers: int | None,
    watch: bool | None = None,
) -> GatewayConfig:
    """Return ``config`` with what the command line gave in the place of its settings."""
    server = dataclasses.replace(
        config.server,
        host=config.server.host if host is None else host,
        port=config.server.port if port is None else port,
        workers=config.server.workers if workers is None else workers,
    )
    following = config.watch
    if watch is not None:
        following = dataclasses.replace(following, enabled=watch)
    return dataclasses.replace(config, server=server, watch=following)


def _read_settings_file(path: Path, environment: Mapping[str, str]) -> object:
    """Return a settings file's settings: bare, or under ``gateway`` as in a ``supergraph.yaml``."""
    value = read_yaml(path, environment)
    if isinstance(value, Mapping) and value.keys() == {"gateway"}:
        return value["gateway"]
    return value


def _read_settings(
    value: object,
    environment: Mapping[str, str],
    source: SupergraphSource,
    contracts: tuple[ContractConfig, ...],
    contract: str | None,
) -> GatewayConfig:
    overrides = Overrides(
        {name: text for name, text in environment.items() if not _KUBERNETES.match(name)}
    )
    root = Section(value, "", overrides, label="gateway")
    contract_setting = root.text("contract", None)
    config = GatewayConfig(
        source=source,
        contract=choose_contract(contracts, contract or contract_setting),
        subgraph_urls=read_urls(root.section("subgraph_urls")),
        override_labels=_read_override_labels(root.section("override_labels")),
        introspection=root.flag("introspection", default=True),
        server=_read_server(root.section("server")),
        limits=read_limits(root.section("limits")),
        persisted_queries=read_persisted_queries(root.section("persisted_queries")),
        uploads=read_uploads(root.section("uploads")),
        cache_control=read_cache_control(root.section("cache_control")),
        incremental=read_incremental(root.section("incremental")),
        plan_exposure=read_plan_exposure(root.section("plan_exposure")),
        identity=read_identity(root.optional_section("identity")),
        authorization=read_authorization(root.section("authorization")),
        cors=read_cors(root.section("cors")),
        csrf=read_csrf(root.section("csrf")),
        errors=_read_errors(root.section("errors"), names_of(source)),
        headers=read_headers(root.section("headers"), names_of(source)),
        passthrough=_read_passthrough(root.section("passthrough")),
        clock_file=_read_clock_file(root),
        traffic=read_traffic(root.section("traffic"), names_of(source)),
        caches=_read_caches(root.section("caches")),
        watch=_read_watch(root.section("watch")),
        telemetry=_read_telemetry(root.section("telemetry")),
    )
    root.close()
    overrides.refuse_unknown()
    refuse_shared_cookies(config.headers, config.traffic)
    return config


def _read_override_labels(section: Section) -> tuple[tuple[str, float], ...]:
    labels = []
    for label in section.names():
        if label.startswith("percent("):
            raise ConfigInvalid(f"{section.at(label)} says itself how often it is active.")
        value = section.value(label)
        if isinstance(value, bool):
            labels.append((label, 100.0 if value else 0.0))
        elif isinstance(value, int | float) and 0 <= value <= 100:
            labels.append((label, float(value)))
        else:
            raise ConfigInvalid(
                f"{section.at(label)} must be true, false or a percentage from 0 to 100,"
                f" not {describe(value)}."
            )
    return tuple(labels)


def _read_server(section: Section) -> ServerConfig:
    default = ServerConfig()
    server = ServerConfig(
        host=section.text("host", default.host),
        port=section.integer("port", default.port, maximum=65535),
        workers=section.integer("workers", default.workers, minimum=1, maximum=256),
        path=section.text("path", default.path),
        explorer=section.flag("explorer", default=default.explorer),
        strict_status=section.flag("strict_status", default=default.strict_status),
        request_timeout_seconds=section.seconds(
            "request_timeout_seconds", default.request_timeout_seconds, minimum=0.1
        ),
        keep_alive_seconds=section.seconds("keep_alive_seconds", default.keep_alive_seconds),
        max_in_flight=section.integer("max_in_flight", default.max_in_flight, minimum=1),
        compress_min_bytes=section.integer("compress_min_bytes", default.compress_min_bytes),
        startup_seconds=section.seconds("startup_seconds", default.startup_seconds),
        notice_seconds=section.seconds("notice_seconds", default.notice_seconds),
        drain_seconds=section.seconds("drain_seconds", default.drain_seconds),
    )
    section.close()
    if not server.path.startswith("/"):
        raise ConfigInvalid(f"{section.at('path')} must start with a slash.")
    if _is_own_path(server.path):
        raise ConfigInvalid(f"{section.at('path')} must not be one of the gateway's own paths.")
    return server


def _is_own_path(path: str) -> bool:
    return path.split("/")[1] in {"health", "metrics"}


def _read_errors(section: Section, names: Sequence[str] | None) -> ErrorsConfig:
    default = ErrorsConfig()
    common = section.choice("subgraph_errors", SubgraphErrors, default.subgraph_errors)
    subgraphs = section.section("subgraphs")
    section.close()
    given = subgraphs.names()
    if names is not None:
        refuse_unknown_subgraphs(given, names, where=subgraphs.path)
    return ErrorsConfig(
        subgraph_errors=common,
        subgraphs=tuple((name, subgraphs.choice(name, SubgraphErrors, common)) for name in given),
    )


def _read_passthrough(section: Section) -> tuple[PassthroughConfig, ...]:
    routes = []
    for prefix in section.names():
        url = section.text(prefix, "")
        check_url(url, section.at(prefix))
        if not prefix.startswith("/") or len(prefix) == 1:
            raise ConfigInvalid(f"{section.at(prefix)} must be a path such as /oauth.")
        if _is_own_path(prefix):
            raise ConfigInvalid(f"{section.at(prefix)} must not be one of the gateway's own paths.")
        routes.append(PassthroughConfig(prefix=prefix.rstrip("/"), url=url.rstrip("/")))
    return tuple(routes)


def _read_clock_file(section: Section) -> Path | None:
    file = section.text("clock_file", None)
    return None if file is None else Path(file)


def _read_caches(section: Section) -> CachesConfig:
    default = CachesConfig()
    caches = CachesConfig(
        operations=section.integer("operations", default.operations, minimum=1),
        plans=section.integer("plans", default.plans, minimum=1),
        tokens=section.integer("tokens", default.tokens, minimum=1),
        persisted_queries=section.integer(
            "persisted_queries", default.persisted_queries, minimum=1
        ),
    )
    section.close()
    return caches


def _read_watch(section: Section) -> WatchConfig:
    default = WatchConfig()
    watch = WatchConfig(
        enabled=section.flag("enabled", default=default.enabled),
        poll_seconds=section.seconds("poll_seconds", default.poll_seconds, minimum=0.1),
        warm_operations=section.integer("warm_operations", default.warm_operations),
    )
    section.close()
    return watch


def _read_telemetry(section: Section) -> TelemetryConfig:
    default = TelemetryConfig()
    telemetry = TelemetryConfig(
        log_format=section.choice("log_format", LogFormat, default.log_format),
        log_level=section.choice("log_level", LogLevel, default.log_level),
        log_requests=section.choice("log_requests", RequestLogging, default.log_requests),
        metrics=section.flag("metrics", default=default.metrics),
    )
    section.close()
    return telemetry
