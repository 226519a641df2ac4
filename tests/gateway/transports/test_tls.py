"""TLS towards subgraphs: whom the gateway trusts, and who it says it is."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from gateway.errors import ConfigInvalid
from gateway.transports.base import SubgraphRequest
from gateway.transports.errors import SubgraphUnreachable
from gateway.transports.http import HttpOptions, HttpPool, HttpTransport
from gateway.transports.retry import RetryPolicy
from gateway.transports.tls import build_tls
from tests.support.certificates import CertificateAuthority
from tests.support.free_servers import serving

REQUEST = SubgraphRequest("stock", "query", b"{}")
ONCE = RetryPolicy(max_retries=0)


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    async with HttpPool() as pool:
        yield pool


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path)


def server_tls(
    authority: CertificateAuthority, name: str, *, asks_clients: bool = False
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(name))
    if asks_clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.file)
    return context


async def answer(request: web.Request) -> web.Response:
    await request.read()
    assert request.transport is not None
    certificate = request.transport.get_extra_info("peercert") or {}
    subject = certificate.get("subject") or [[["", "nobody"]]]
    return web.Response(text=subject[0][0][1])


async def test_a_server_of_the_given_authority_is_trusted(
    pool: HttpPool, authority: CertificateAuthority
) -> None:
    options = HttpOptions(tls=build_tls(ca_file=authority.file))
    async with serving(answer, tls=server_tls(authority, "127.0.0.1")) as url:
        transport = HttpTransport(url, pool, options)
        bodies = [(await transport.send(REQUEST)).body for _ in range(2)]

    assert bodies == [b"nobody"] * 2


async def test_a_server_of_another_authority_is_not(
    pool: HttpPool, authority: CertificateAuthority, tmp_path: Path
) -> None:
    other = CertificateAuthority(tmp_path, "another authority")
    async with serving(answer, tls=server_tls(authority, "127.0.0.1")) as url:
        for tls in (build_tls(ca_file=other.file), build_tls(), None):
            transport = HttpTransport(url, pool, HttpOptions(tls=tls, retry=ONCE))
            with pytest.raises(SubgraphUnreachable, match="No trusted connection") as caught:
                await transport.send(REQUEST)
            assert not caught.value.was_sent


async def test_the_name_in_the_certificate_counts_and_can_be_given(
    pool: HttpPool, authority: CertificateAuthority
) -> None:
    tls = build_tls(ca_file=authority.file)
    async with serving(answer, tls=server_tls(authority, "stock.internal")) as url:
        with pytest.raises(SubgraphUnreachable, match="No trusted connection"):
            await HttpTransport(url, pool, HttpOptions(tls=tls, retry=ONCE)).send(REQUEST)
        named = HttpOptions(tls=tls, server_name="stock.internal")
        response = await HttpTransport(url, pool, named).send(REQUEST)

    assert response.status == 200


async def test_a_server_that_asks_learns_who_the_gateway_is(
    pool: HttpPool, authority: CertificateAuthority
) -> None:
    certificate_file, key_file = authority.issue("gateway")
    tls = build_tls(ca_file=authority.file, certificate_file=certificate_file, key_file=key_file)
    context = server_tls(authority, "127.0.0.1", asks_clients=True)
    async with serving(answer, tls=context) as url:
        response = await HttpTransport(url, pool, HttpOptions(tls=tls)).send(REQUEST)

    assert response.body == b"gateway"


async def test_a_server_that_asks_refuses_a_gateway_without_a_certificate(
    pool: HttpPool, authority: CertificateAuthority
) -> None:
    options = HttpOptions(tls=build_tls(ca_file=authority.file), retry=ONCE)
    async with serving(answer, tls=server_tls(authority, "127.0.0.1", asks_clients=True)) as url:
        with pytest.raises(SubgraphUnreachable):
            await HttpTransport(url, pool, options).send(REQUEST)


def test_files_that_cannot_be_used_are_named(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    certificate_file, _ = authority.issue("gateway")
    _, other_key = authority.issue("other")
    empty = tmp_path / "empty.pem"
    empty.touch()

    with pytest.raises(ConfigInvalid, match=r"empty\.pem holds no certificates"):
        build_tls(ca_file=empty)
    with pytest.raises(ConfigInvalid, match=r"gateway\.pem and .*other\.key"):
        build_tls(certificate_file=certificate_file, key_file=other_key)
    with pytest.raises(ConfigInvalid, match="the key in it"):
        build_tls(certificate_file=certificate_file)
