"""What configuration says is taken as said, or refused by the path of the key that is wrong."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest
import yaml

from gateway.config import GatewayConfig, load_config, with_flags
from gateway.config.settings import (
    ComposedSource,
    ContractConfig,
    ErrorsConfig,
    LimitsConfig,
    SchemaFile,
    SchemaFromSubgraph,
    SchemaText,
    SubgraphErrors,
    SupergraphFile,
)
from gateway.errors import ConfigInvalid

ONE_SUBGRAPH = {"a": {"routing_url": "http://a.test/graphql", "schema": {"sdl": "type Query"}}}


def load(
    tmp_path: Path, content: object, environment: dict[str, str] | None = None
) -> GatewayConfig:
    path = tmp_path / "supergraph.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return load_config(config=path, environment=environment or {})


def load_settings(
    tmp_path: Path, settings: object, environment: dict[str, str] | None = None
) -> GatewayConfig:
    return load(tmp_path, {"subgraphs": ONE_SUBGRAPH, "gateway": settings}, environment)


def test_subgraphs_name_their_schemas_in_each_of_the_ways(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text("type Query { a: Int }")

    config = load(
        tmp_path,
        {
            "federation_version": "=2.9.0",
            "subgraphs": {
                "a": {"routing_url": "http://a.test/", "schema": {"file": "./a.graphql"}},
                "b": {"schema": {"subgraph_url": "http://b.test/graphql"}},
                "c": {"routing_url": "http://c.test/", "schema": {"sdl": "type Query { c: Int }"}},
                "d": {"in_process": "package.module:factory"},
            },
        },
    )

    assert isinstance(config.source, ComposedSource)
    a, b, c, d = config.source.subgraphs
    assert a.schema == SchemaFile(tmp_path / "a.graphql")
    assert (b.url, b.schema) == (
        "http://b.test/graphql",
        SchemaFromSubgraph("http://b.test/graphql"),
    )
    assert c.schema == SchemaText("type Query { c: Int }")
    assert (d.url, d.in_process) == ("app://d", "package.module:factory")


def test_a_supergraph_file_takes_settings_from_a_file_of_their_own(tmp_path: Path) -> None:
    supergraph = tmp_path / "supergraph.graphql"
    supergraph.write_text("schema { query: Query }")
    settings = tmp_path / "settings.yaml"
    settings.write_text("limits: {max_depth: 7}")

    config = load_config(supergraph=supergraph, gateway_config=settings, environment={})

    assert config.source == SupergraphFile(supergraph)
    assert config.limits == LimitsConfig(max_depth=7)


def test_a_settings_file_may_keep_the_name_of_its_section(tmp_path: Path) -> None:
    supergraph = tmp_path / "supergraph.graphql"
    supergraph.write_text("schema { query: Query }")
    settings = tmp_path / "settings.yaml"
    settings.write_text("gateway: {introspection: false}")

    config = load_config(supergraph=supergraph, gateway_config=settings, environment={})

    assert not config.introspection


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = load_settings(
        tmp_path,
        {"limits": {"max_depth": 7}, "introspection": True},
        {
            "CATTERY_GATEWAY_LIMITS_MAX_DEPTH": "9",
            "CATTERY_GATEWAY_INTROSPECTION": "false",
            "CATTERY_GATEWAY_TRAFFIC_TIMEOUT_SECONDS": "2.5",
            "CATTERY_GATEWAY_CORS_ALLOW_ORIGINS": "https://a.test, https://b.test",
            "CATTERY_GATEWAY_ERRORS_SUBGRAPH_ERRORS": "masked",
        },
    )

    assert config.limits.max_depth == 9
    assert not config.introspection
    assert config.traffic.timeout_seconds == 2.5
    assert config.cors.allow_origins == ("https://a.test", "https://b.test")
    assert config.errors.subgraph_errors is SubgraphErrors.MASKED


def test_environment_alone_switches_identity_on(tmp_path: Path) -> None:
    config = load_settings(
        tmp_path, {}, {"CATTERY_GATEWAY_IDENTITY_JWKS_URL": "https://issuer.test/keys"}
    )

    assert config.identity is not None
    assert config.identity.jwks_url == "https://issuer.test/keys"


def test_what_kubernetes_sets_for_a_service_of_our_name_is_left_alone(tmp_path: Path) -> None:
    config = load_settings(
        tmp_path,
        {},
        {
            "CATTERY_GATEWAY_PORT": "tcp://10.0.0.1:4000",
            "CATTERY_GATEWAY_SERVICE_HOST": "10.0.0.1",
            "CATTERY_GATEWAY_PORT_4000_TCP_PROTO": "tcp",
        },
    )

    assert config.server.port == 4000


def test_variables_in_the_file_are_filled_in(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "subgraphs: {a: {routing_url: '${env.A_URL}', schema: {sdl: '${env.SDL:-type Query}'}}}",
        {"A_URL": "http://elsewhere.test/graphql"},
    )

    assert isinstance(config.source, ComposedSource)
    assert config.source.subgraphs[0].url == "http://elsewhere.test/graphql"
    assert config.source.subgraphs[0].schema == SchemaText("type Query")


def test_flags_win_over_everything(tmp_path: Path) -> None:
    config = load_settings(tmp_path, {"server": {"port": 1}}, {"CATTERY_GATEWAY_SERVER_PORT": "2"})

    flagged = with_flags(config, host=None, port=3, workers=None)

    assert config.server.port == 2
    assert flagged.server.port == 3
    assert flagged.server.host == config.server.host


def test_configuration_travels_to_worker_processes(tmp_path: Path) -> None:
    config = load_settings(tmp_path, {"identity": {"jwks_url": "https://issuer.test/keys"}})

    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes


def test_schemas_stay_out_of_what_is_printed(tmp_path: Path) -> None:
    config = load(tmp_path, {"subgraphs": ONE_SUBGRAPH})

    assert "type Query" not in repr(config)


WRONG_FILES = {
    "not YAML": ("subgraphs: [", "is not YAML"),
    "a key twice": ("subgraphs: {}\nsubgraphs: {}", "'subgraphs' is given twice"),
    "a list": ("[]", "The file must be a mapping, not a list"),
    "no subgraphs": ("federation_version: 2", "subgraphs must name at least one"),
    "unknown key": (
        {"subgraphs": ONE_SUBGRAPH, "gatway": {}},
        "gatway is no setting. Did you mean gateway?",
    ),
    "no address": (
        {"subgraphs": {"a": {"schema": {"sdl": "x"}}}},
        "subgraphs.a.routing_url is missing",
    ),
    "no schema": (
        {"subgraphs": {"a": {"routing_url": "http://a.test"}}},
        "subgraphs.a.schema must have one of file, subgraph_url and sdl",
    ),
    "two schemas": (
        {"subgraphs": {"a": {"schema": {"sdl": "x", "subgraph_url": "http://a.test"}}}},
        "subgraphs.a.schema must have one of",
    ),
    "no such file": (
        {"subgraphs": {"a": {"routing_url": "http://a.test", "schema": {"file": "gone"}}}},
        "subgraphs.a.schema.file: .*gone is no file",
    ),
    "no address at all": (
        {"subgraphs": {"a": {"routing_url": "a.test", "schema": {"sdl": "x"}}}},
        "subgraphs.a.routing_url must be an http",
    ),
    "no factory": (
        {"subgraphs": {"a": {"in_process": "module"}}},
        "subgraphs.a.in_process must be package.module:factory",
    ),
    "in process and elsewhere": (
        {"subgraphs": {"a": {"in_process": "m:f", "routing_url": "http://a.test"}}},
        "subgraphs.a.routing_url has no use beside in_process",
    ),
    "a name that is no text": (
        "subgraphs: {1: {schema: {sdl: x}}}",
        "the name 1 must be text",
    ),
    "a variable that is not set": (
        "subgraphs: {a: {routing_url: '${env.NOWHERE}'}}",
        "asks for the environment variable NOWHERE",
    ),
}


@pytest.mark.parametrize(("content", "message"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_wrong_file_is_refused(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(ConfigInvalid, match=message):
        load(tmp_path, content)


WRONG_SETTINGS: dict[str, tuple[object, str]] = {
    "unknown section": ({"limit": {}}, "gateway.limit is no setting. Did you mean limits?"),
    "unknown key": (
        {"limits": {"max_dept": 3}},
        "gateway.limits.max_dept is no setting. Did you mean max_depth?",
    ),
    "section of the wrong type": ({"limits": 3}, "gateway.limits must be a mapping, not 3"),
    "text for a number": (
        {"limits": {"max_depth": "deep"}},
        "gateway.limits.max_depth must be a whole number from 0 to",
    ),
    "true for a number": (
        {"limits": {"max_depth": True}},
        "gateway.limits.max_depth must be a whole number .* not true",
    ),
    "a fraction for a number": (
        {"limits": {"max_depth": 1.5}},
        "gateway.limits.max_depth must be a whole number",
    ),
    "out of range": (
        {"server": {"port": 70000}},
        "gateway.server.port must be a whole number from 0 to 65535, not 70000",
    ),
    "a number for a flag": (
        {"introspection": 1},
        "gateway.introspection must be true or false, not 1",
    ),
    "negative time": (
        {"traffic": {"timeout_seconds": -1}},
        "gateway.traffic.timeout_seconds must be a number of seconds",
    ),
    "time that is no number": (
        {"server": {"drain_seconds": float("nan")}},
        "gateway.server.drain_seconds must be a number of seconds",
    ),
    "no such choice": (
        {"telemetry": {"log_format": "xml"}},
        "gateway.telemetry.log_format must be one of auto, json, text",
    ),
    "text for a list in the file": (
        {"headers": {"forward": [1]}},
        "gateway.headers.forward must be a list of texts, not 1",
    ),
    "no header name": (
        {"headers": {"forward": ["a b"]}},
        "gateway.headers.forward must hold header names",
    ),
    "a header of one connection": (
        {"headers": {"forward": ["Host"]}},
        "gateway.headers.forward must not hold 'host'",
    ),
    "no keys": ({"identity": {}}, "gateway.identity.jwks_url is missing"),
    "a shared-secret algorithm": (
        {"identity": {"jwks_url": "https://issuer.test", "algorithms": ["HS256"]}},
        "gateway.identity.algorithms must be of .* 'HS256' is none of them",
    ),
    "any origin with credentials": (
        {"cors": {"allow_origins": ["*"], "allow_credentials": True}},
        "gateway.cors.allow_origins must name the origins",
    ),
    "a path without a slash": (
        {"server": {"path": "graphql"}},
        "gateway.server.path must start with a slash",
    ),
    "a path of our own": (
        {"server": {"path": "/metrics"}},
        "gateway.server.path must not be one of the gateway's own",
    ),
    "a passthrough of a path of our own": (
        {"passthrough": {"/health/live": "http://a.test"}},
        "gateway.passthrough./health/live must not be one of the gateway's own",
    ),
    "a passthrough of no path": (
        {"passthrough": {"oauth": "http://a.test"}},
        "gateway.passthrough.oauth must be a path",
    ),
    "an empty text": ({"server": {"host": ""}}, "gateway.server.host must be text, not an empty"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_wrong_settings_are_refused(tmp_path: Path, settings: object, message: str) -> None:
    with pytest.raises(ConfigInvalid, match=message):
        load_settings(tmp_path, settings)


def test_an_unknown_variable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="CATTERY_GATEWAY_LIMITS_MAX_DEPTHS is no setting"):
        load_settings(tmp_path, {}, {"CATTERY_GATEWAY_LIMITS_MAX_DEPTHS": "1"})


def test_a_wrong_variable_is_refused_without_its_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="max_depth must be a whole number") as refusal:
        load_settings(tmp_path, {}, {"CATTERY_GATEWAY_LIMITS_MAX_DEPTH": "hunter2"})

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("both", [True, False])
def test_exactly_one_source_must_be_given(tmp_path: Path, *, both: bool) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text("subgraphs: {}")

    with pytest.raises(ConfigInvalid, match="Give either"):
        load_config(
            config=path if both else None, supergraph=path if both else None, environment={}
        )


def test_settings_in_two_places_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "supergraph.yaml"
    config.write_text(yaml.safe_dump({"subgraphs": ONE_SUBGRAPH, "gateway": {}}))
    settings = tmp_path / "settings.yaml"
    settings.write_text("limits: {}")

    with pytest.raises(ConfigInvalid, match="Keep one"):
        load_config(config=config, gateway_config=settings, environment={})


CONTRACTS = {
    "public": {"include": ["public"], "exclude": ["internal"], "hide_unreachable": True},
    "partners": {"exclude": ["internal"]},
}


def load_contracts(
    tmp_path: Path,
    contracts: object,
    *,
    setting: str | None = None,
    contract: str | None = None,
    environment: dict[str, str] | None = None,
) -> GatewayConfig:
    path = tmp_path / "supergraph.yaml"
    settings = {} if setting is None else {"contract": setting}
    path.write_text(
        yaml.safe_dump({"subgraphs": ONE_SUBGRAPH, "contracts": contracts, "gateway": settings})
    )
    return load_config(config=path, contract=contract, environment=environment or {})


def test_the_whole_is_served_unless_a_contract_is_chosen(tmp_path: Path) -> None:
    assert load_contracts(tmp_path, CONTRACTS).contract is None


def test_a_contract_is_chosen_by_flag_environment_or_setting_in_this_order(tmp_path: Path) -> None:
    environment = {"CATTERY_GATEWAY_CONTRACT": "partners"}

    by_setting = load_contracts(tmp_path, CONTRACTS, setting="public")
    by_environment = load_contracts(tmp_path, CONTRACTS, setting="public", environment=environment)
    by_flag = load_contracts(tmp_path, CONTRACTS, contract="public", environment=environment)

    assert by_setting.contract == ContractConfig(
        name="public", include=("public",), exclude=("internal",), hide_unreachable=True
    )
    assert by_environment.contract == ContractConfig(name="partners", exclude=("internal",))
    assert by_flag.contract == by_setting.contract


@pytest.mark.parametrize(
    ("contracts", "contract", "problem"),
    [
        (CONTRACTS, "pubilc", "No contract is named 'pubilc' under contracts: partners, public."),
        ({}, "public", "No contract is named 'public' under contracts: there are none."),
        ({"a": {}}, None, "contracts.a must have tags under include or exclude."),
        ({"a": {"excludes": ["b"]}}, None, "contracts.a.excludes is no setting."),
        ({"a": {"exclude": [1]}}, None, "contracts.a.exclude must be a list of texts"),
    ],
)
def test_a_contract_that_means_nothing_is_refused(
    tmp_path: Path, contracts: object, contract: str | None, problem: str
) -> None:
    with pytest.raises(ConfigInvalid, match=re.escape(problem)):
        load_contracts(tmp_path, contracts, contract=contract)


def test_what_is_shown_of_errors_may_differ_by_subgraph(tmp_path: Path) -> None:
    errors: dict[str, object] = {"subgraph_errors": "masked", "subgraphs": {"a": "passthrough"}}

    assert load_settings(tmp_path, {"errors": errors}).errors == ErrorsConfig(
        subgraph_errors=SubgraphErrors.MASKED, subgraphs=(("a", SubgraphErrors.PASSTHROUGH),)
    )
    with pytest.raises(ConfigInvalid, match=r"gateway\.errors\.subgraphs"):
        load_settings(tmp_path, {"errors": {"subgraphs": {"nobody": "masked"}}})
    with pytest.raises(ConfigInvalid, match="masked_internals"):
        load_settings(tmp_path, {"errors": {"subgraphs": {"a": "shown"}}})
