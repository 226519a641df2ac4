"""Content codings: what is written in them comes back, and nothing grows beyond its limit."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from gateway.transports.content_coding import ACCEPTED, compress, decode
from gateway.transports.exchange import ProtocolViolated, ReplyTooLarge


def _deflate_unwrapped(body: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(body) + encoder.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
CASES = [*ENCODERS.items(), ("deflate", _deflate_unwrapped)]


def test_everything_that_is_accepted_is_tested() -> None:
    assert set(ACCEPTED.split(", ")) == set(ENCODERS)


@pytest.mark.parametrize(("coding", "encode"), CASES)
@given(body=st.binary(max_size=2000), times=st.integers(0, 200))
def test_what_was_encoded_comes_back(
    coding: str, encode: Callable[[bytes], bytes], body: bytes, times: int
) -> None:
    text = body * times

    assert decode(encode(text), coding, limit_bytes=len(text)) == text


@pytest.mark.parametrize(("coding", "encode"), CASES)
def test_a_body_that_grows_beyond_its_limit_is_not_read_on(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    bomb = encode(b"\0" * 20_000_000)

    with pytest.raises(ReplyTooLarge):
        decode(bomb, coding, limit_bytes=100_000)


@pytest.mark.parametrize(("coding", "encode"), CASES)
def test_a_body_that_ends_in_the_middle_or_is_something_else_is_refused(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    whole = encode(bytes(range(256)) * 100)

    for body in (whole[: len(whole) // 2], b"{}" + whole):
        with pytest.raises(ProtocolViolated, match=coding):
            decode(body, coding, limit_bytes=10**6)


def test_codings_are_undone_in_reverse_and_their_names_have_no_case() -> None:
    body = gzip.compress(brotli.compress(b"x"))

    assert decode(body, "br, GZip, identity", limit_bytes=100) == b"x"


def test_several_members_and_frames_are_one_body() -> None:
    assert decode(gzip.compress(b"a") + gzip.compress(b"b"), "x-gzip", limit_bytes=9) == b"ab"
    assert decode(zstd.compress(b"a") + zstd.compress(b"b"), "zstd", limit_bytes=9) == b"ab"


def test_a_coding_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ProtocolViolated, match="'compress'"):
        decode(b"x", "compress", limit_bytes=9)


@pytest.mark.parametrize("size_bytes", [0, 1000, 300_000])
async def test_requests_are_compressed_so_that_anybody_can_read_them(size_bytes: int) -> None:
    body = b"x" * size_bytes

    assert gzip.decompress(await compress(body)) == body
