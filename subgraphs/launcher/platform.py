"""Which processes make the platform on one machine, and what each is told.

A deployment on many machines starts the same commands with the same variables (``compose.yaml``); only who supervises
them differs.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import httpx
import yaml

from messaging import embedded
from shared.identity import AUDIENCE, ISSUER
from shared.ports import LOOPBACK, reserve_port
from subgraphs.catalogue import DOMAINS, Domain

from .child import ChildSpec

_PUBLIC_PATHS = {
    "accounts": ("/oauth", "/.well-known", "/userinfo"),
    "jobs": ("/blobs",),
}
"""What people reach beside GraphQL, through the gateway's own address."""

_POLL = timedelta(milliseconds=100)


class Processes(StrEnum):
    """How many Python processes serve."""

    ONE = "one"
    """The gateway and all subgraphs in one: no network between them."""
    MANY = "many"
    """The gateway and each subgraph apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What the person at the keyboard asked for."""

    data_dir: Path
    host: str
    port: int
    processes: Processes
    demo: bool
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The children to run, in order of start, and where people find what they serve."""

    children: tuple[ChildSpec, ...]
    gateway_url: str
    subgraph_urls: Mapping[str, str]
    nats_url: str
    nats_is_embedded: bool


@contextmanager
def planned_platform(launch: Launch) -> Iterator[Platform]:
    """Decide ports and secrets, write the gateway's configuration, and say what to run while the block runs.

    The ports are kept for the children all the while, also when one is between its death and its next start. Everything
    that must be the same at the next start of the platform is kept in the data folder.

    Raises:
        PortTaken: a port that was asked for by its number is somebody else's.
    """
    with ExitStack() as ports:
        yield _plan_platform(launch, ports)


def _plan_platform(launch: Launch, ports: ExitStack) -> Platform:
    launch.data_dir.mkdir(parents=True, exist_ok=True)
    gateway_port = ports.enter_context(reserve_port(launch.host, launch.port)).port
    launch = replace(launch, port=gateway_port)
    broker = _plan_broker(launch, ports)
    urls = {domain.name: _url_of(domain, launch, ports) for domain in DOMAINS}
    environment = _environment(launch, urls, broker)
    gateway = _plan_gateway(launch, urls, environment)
    subgraphs = (
        ()
        if launch.processes is Processes.ONE
        else tuple(_plan_subgraph(domain, urls[domain.name], environment) for domain in DOMAINS)
    )
    children = (() if broker is None else (_plan_nats(broker),)) + subgraphs + (gateway,)
    return Platform(
        children=children,
        gateway_url=f"http://{launch.host}:{launch.port}",
        subgraph_urls=urls,
        nats_url=environment["NATS_URL"],
        nats_is_embedded=broker is not None,
    )


def _plan_broker(launch: Launch, ports: ExitStack) -> embedded.EmbeddedServer | None:
    if launch.environment.get("NATS_URL"):
        return None
    port = ports.enter_context(reserve_port()).port
    return embedded.configure(launch.data_dir / "nats", host=LOOPBACK, port=port)


def _plan_nats(broker: embedded.EmbeddedServer) -> ChildSpec:
    return ChildSpec(
        name="nats-server",
        argv=broker.argv,
        environment=dict(os.environ),
        wait_ready=lambda: _until(lambda: _accepts(broker.host, broker.port)),
        log_file=broker.folder / "nats-server.out",
    )


def _plan_subgraph(domain: Domain, url: str, environment: Mapping[str, str]) -> ChildSpec:
    port = url.rpartition(":")[2]
    return ChildSpec(
        name=domain.name,
        argv=(_command(), "subgraph", domain.name, "--port", port, "--host", LOOPBACK),
        environment=environment,
        wait_ready=lambda: _until(lambda: _is_ready(url)),
    )


def _plan_gateway(
    launch: Launch, urls: Mapping[str, str], environment: Mapping[str, str]
) -> ChildSpec:
    config = launch.data_dir / "gateway.yaml"
    config.write_text(yaml.safe_dump(_gateway_config(launch, urls), sort_keys=False))
    argv = (
        _command(), "gateway", "--config", str(config),
        "--host", launch.host, "--port", str(launch.port),
    )  # fmt: skip
    return ChildSpec(
        name="gateway",
        argv=argv,
        environment=environment,
        wait_ready=lambda: _until(lambda: _is_ready(f"http://{launch.host}:{launch.port}")),
    )


def _gateway_config(launch: Launch, urls: Mapping[str, str]) -> dict[str, object]:
    def subgraph(domain: Domain) -> dict[str, object]:
        if launch.processes is Processes.ONE:
            return {"in_process": domain.factory}
        url = f"{urls[domain.name]}/graphql"
        return {"routing_url": url, "schema": {"subgraph_url": url}}

    return {
        "subgraphs": {domain.name: subgraph(domain) for domain in DOMAINS},
        "gateway": {
            "passthrough": {
                path: urls[name] for name, paths in _PUBLIC_PATHS.items() for path in paths
            },
            # A subgraph of another process may come back from a restart with another schema.
            "watch": {"enabled": launch.processes is Processes.MANY},
            # One machine: a subgraph that is silent for so long is stuck, and the rest of the answer is there.
            "traffic": {"timeout_seconds": 10},
            "identity": {
                "jwks_url": f"{urls['accounts']}/.well-known/jwks.json",
                "issuer": ISSUER,
                "audience": AUDIENCE,
                "algorithms": ["Ed25519"],
            },
        },
    }


def _environment(
    launch: Launch, urls: Mapping[str, str], broker: embedded.EmbeddedServer | None
) -> dict[str, str]:
    found = {
        "CATTERY_DATA_DIR": str(launch.data_dir.absolute()),
        "CATTERY_SERVICE_SECRET": _kept_secret(launch.data_dir),
        **{f"CATTERY_{name.upper()}_URL": url for name, url in urls.items()},
        # Browsers reach the login page through the gateway.
        "CATTERY_ACCOUNTS_PUBLIC_URL": f"http://{launch.host}:{launch.port}",
        **dict(launch.environment),
    }
    if broker is not None:
        found["NATS_URL"] = broker.url
    if clock_file := found.get("CATTERY_CLOCK_FILE"):
        found["CATTERY_GATEWAY_CLOCK_FILE"] = clock_file
    if launch.demo:
        found.update({f"CATTERY_{domain.name.upper()}_DEMO": "true" for domain in DOMAINS})
        # A tour of five minutes cannot wait an hour for the work to begin.
        found.setdefault("CATTERY_ORDERS_MIN_NOTICE_MINUTES", "1")
    return found


def _url_of(domain: Domain, launch: Launch, ports: ExitStack) -> str:
    if launch.processes is Processes.ONE:
        return f"app://{domain.name}"
    given = launch.environment.get(f"CATTERY_{domain.name.upper()}_URL")
    reserved = ports.enter_context(
        reserve_port(LOOPBACK, domain.port, or_another=True)
        if given is None
        else reserve_port(LOOPBACK, int(given.rpartition(":")[2]))
    )
    return given or f"http://{LOOPBACK}:{reserved.port}"


def _kept_secret(data_dir: Path) -> str:
    """Return what our services prove themselves with: made at the first start, the same ever after."""
    file = data_dir / "secrets.json"
    if not file.exists():
        draft = file.with_suffix(".tmp")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"service": secrets.token_urlsafe(32)}))
        draft.replace(file)
    secret: str = json.loads(file.read_text())["service"]
    return secret


def _command() -> str:
    """Return the ``cattery`` command of the environment we run in."""
    return str(Path(sys.executable).with_name("cattery"))


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():  # noqa: ASYNC110  what we wait for is in another process
        await asyncio.sleep(_POLL.total_seconds())


async def _accepts(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def _is_ready(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            return (await client.get(f"{url}/health/ready")).is_success
    except httpx.HTTPError:
        return False
