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
from urllib.parse import urlsplit

from gateway.errors import ConfigInvalid

from .authorization import read_authorization
from .headers import read_header_names, read_headers, refuse_shared_cookies
from .reader import ENVIRONMENT_PREFIX, Overrides, Section, describe
from .settings import (
    CacheControlConfig,
    CachesConfig,
    ComposedSource,
    ContractConfig,
    CorsConfig,
    CsrfConfig,
    ErrorsConfig,
    GatewayConfig,
    IdentityConfig,
    IncrementalConfig,
    LimitsConfig,
    LogFormat,
    LogLevel,
    PassthroughConfig,
    PersistedQueriesConfig,
    PlanExposureConfig,
    RequestLogging,
    SchemaFile,
    SchemaFromSubgraph,
    SchemaSource,
    SchemaText,
    ServerConfig,
    SubgraphConfig,
    SubgraphErrors,
    SupergraphFile,
    SupergraphSource,
    TelemetryConfig,
    UploadsConfig,
    WatchConfig,
)
from .traffic import names_of, read_traffic, refuse_unknown_subgraphs
from .yaml_file import read_yaml

IN_PROCESS_SCHEME = "app://"

_ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "ES384", "RS256", "RS384", "PS256")
"""Asymmetric only: a verifier that also takes shared secrets can be fooled with a public key."""

_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
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
        source = _read_subgraphs(root.section("subgraphs"), config.parent)
        contracts = _read_contracts(root.section("contracts"))
        root.close()
    elif supergraph is not None and config is None:
        if not supergraph.is_file():
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


def _read_subgraphs(section: Section, folder: Path) -> ComposedSource:
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
    _check_url(url, section.at("routing_url"))
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
        if not path.is_file():
            raise ConfigInvalid(f"{section.at('file')}: {path} is no file.")
        return SchemaFile(path)
    if url is not None:
        _check_url(url, section.at("subgraph_url"))
        return SchemaFromSubgraph(url)
    assert sdl is not None  # noqa: S101 - exactly one of the three is given
    return SchemaText(sdl)


def _check_url(url: str, where: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "app"} or not parts.netloc:
        raise ConfigInvalid(f"{where} must be an http:// or https:// address.")


def _read_contracts(section: Section) -> tuple[ContractConfig, ...]:
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


def _choose_contract(
    contracts: tuple[ContractConfig, ...], name: str | None
) -> ContractConfig | None:
    if name is None:
        return None
    for contract in contracts:
        if contract.name == name:
            return contract
    known = ", ".join(sorted(contract.name for contract in contracts)) or "there are none"
    raise ConfigInvalid(f"No contract is named {name!r} under contracts: {known}.")


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
        contract=_choose_contract(contracts, contract or contract_setting),
        subgraph_urls=_read_urls(root.section("subgraph_urls")),
        override_labels=_read_override_labels(root.section("override_labels")),
        introspection=root.flag("introspection", default=True),
        server=_read_server(root.section("server")),
        limits=_read_limits(root.section("limits")),
        persisted_queries=_read_persisted_queries(root.section("persisted_queries")),
        uploads=_read_uploads(root.section("uploads")),
        cache_control=_read_cache_control(root.section("cache_control")),
        incremental=_read_incremental(root.section("incremental")),
        plan_exposure=_read_plan_exposure(root.section("plan_exposure")),
        identity=_read_identity(root.optional_section("identity")),
        authorization=read_authorization(root.section("authorization")),
        cors=_read_cors(root.section("cors")),
        csrf=_read_csrf(root.section("csrf")),
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


def _read_urls(section: Section) -> tuple[tuple[str, str], ...]:
    urls = []
    for name in section.names():
        url = section.text(name, "")
        _check_url(url, section.at(name))
        urls.append((name, url))
    return tuple(urls)


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


def _read_limits(section: Section) -> LimitsConfig:
    default = LimitsConfig()
    limits = LimitsConfig(
        max_body_bytes=section.integer("max_body_bytes", default.max_body_bytes, minimum=1),
        max_tokens=section.integer("max_tokens", default.max_tokens, minimum=1),
        max_depth=section.integer("max_depth", default.max_depth),
        max_aliases=section.integer("max_aliases", default.max_aliases),
        max_root_fields=section.integer("max_root_fields", default.max_root_fields),
        max_directives=section.integer("max_directives", default.max_directives),
        max_batch=section.integer("max_batch", default.max_batch, maximum=1000),
        batch_concurrency=section.integer(
            "batch_concurrency", default.batch_concurrency, minimum=1, maximum=1000
        ),
        max_errors=section.integer("max_errors", default.max_errors, minimum=1),
    )
    section.close()
    return limits


def _read_persisted_queries(section: Section) -> PersistedQueriesConfig:
    default = PersistedQueriesConfig()
    persisted = PersistedQueriesConfig(
        automatic=section.flag("automatic", default=default.automatic)
    )
    section.close()
    return persisted


def _read_uploads(section: Section) -> UploadsConfig:
    default = UploadsConfig()
    uploads = UploadsConfig(
        enabled=section.flag("enabled", default=default.enabled),
        max_files=section.integer("max_files", default.max_files, minimum=1, maximum=1000),
        max_file_bytes=section.integer("max_file_bytes", default.max_file_bytes, minimum=1),
        max_total_bytes=section.integer("max_total_bytes", default.max_total_bytes, minimum=1),
        memory_bytes=section.integer("memory_bytes", default.memory_bytes, minimum=1024),
        receive_seconds=section.seconds("receive_seconds", default.receive_seconds, minimum=0.1),
    )
    section.close()
    return uploads


def _read_incremental(section: Section) -> IncrementalConfig:
    default = IncrementalConfig()
    config = IncrementalConfig(
        enabled=section.flag("enabled", default=default.enabled),
        max_fragments=section.integer("max_fragments", default.max_fragments, minimum=1),
    )
    section.close()
    return config


def _read_cache_control(section: Section) -> CacheControlConfig:
    config = CacheControlConfig(
        enabled=section.flag("enabled", default=CacheControlConfig().enabled)
    )
    section.close()
    return config


def _read_plan_exposure(section: Section) -> PlanExposureConfig:
    default = PlanExposureConfig()
    exposure = PlanExposureConfig(
        roles=section.texts("roles", default.roles),
        anyone=section.flag("anyone", default=default.anyone),
    )
    section.close()
    return exposure


def _read_identity(section: Section | None) -> IdentityConfig | None:
    if section is None:
        return None
    jwks_url = section.text("jwks_url", None)
    if jwks_url is None:
        raise ConfigInvalid(f"{section.at('jwks_url')} is missing.")
    _check_url(jwks_url, section.at("jwks_url"))
    default = IdentityConfig(jwks_url=jwks_url)
    identity = IdentityConfig(
        jwks_url=jwks_url,
        issuer=section.text("issuer", default.issuer),
        audience=section.text("audience", default.audience),
        algorithms=section.texts("algorithms", default.algorithms),
        clock_skew_seconds=section.integer(
            "clock_skew_seconds", default.clock_skew_seconds, maximum=600
        ),
        require=section.flag("require", default=default.require),
        roles_claim=section.text("roles_claim", default.roles_claim),
        keys_max_age_seconds=section.seconds(
            "keys_max_age_seconds", default.keys_max_age_seconds, minimum=1
        ),
        unknown_key_seconds=section.seconds("unknown_key_seconds", default.unknown_key_seconds),
        fetch_timeout_seconds=section.seconds(
            "fetch_timeout_seconds", default.fetch_timeout_seconds, minimum=0.1
        ),
    )
    section.close()
    for algorithm in identity.algorithms:
        if algorithm not in _ALGORITHMS:
            raise ConfigInvalid(
                f"{section.at('algorithms')} must be of {', '.join(_ALGORITHMS)}; "
                f"{algorithm!r} is none of them."
            )
    return identity


def _read_cors(section: Section) -> CorsConfig:
    default = CorsConfig()
    cors = CorsConfig(
        allow_origins=section.texts("allow_origins", default.allow_origins),
        allow_credentials=section.flag("allow_credentials", default=default.allow_credentials),
        allow_headers=read_header_names(section, "allow_headers", default.allow_headers),
        max_age_seconds=section.integer("max_age_seconds", default.max_age_seconds),
    )
    section.close()
    if cors.allow_credentials and "*" in cors.allow_origins:
        raise ConfigInvalid(
            f"{section.at('allow_origins')} must name the origins when credentials are allowed: "
            "'*' would let every page act for the person at the browser."
        )
    return cors


def _read_csrf(section: Section) -> CsrfConfig:
    default = CsrfConfig()
    csrf = CsrfConfig(
        enabled=section.flag("enabled", default=default.enabled),
        headers=read_header_names(section, "headers", default.headers),
    )
    section.close()
    return csrf


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
        _check_url(url, section.at(prefix))
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
