"""Header blocks: every caller's own, built once while the calls of many requests take turns."""

from __future__ import annotations

from gateway.transports.headers import HeaderEncoder, build_block


def test_a_block_is_kept_while_others_are_built() -> None:
    encoder = HeaderEncoder()
    mine, others = (("authorization", "Bearer a"),), (("authorization", "Bearer b"),)

    block = encoder.encode(mine)

    assert encoder.encode(others).text == b"authorization: Bearer b\r\n"
    assert encoder.encode(mine) is block


def test_nobody_gets_the_headers_of_others_however_many_there_are() -> None:
    encoder = HeaderEncoder()

    for number in range(2000):
        headers = (("x-number", str(number)),)  # its memory is free again for the next one
        assert encoder.encode(headers).text == b"x-number: %d\r\n" % number


def test_what_is_the_gateways_own_is_kept_back_and_names_are_in_lower_case() -> None:
    block = build_block((("X-A", "1"), ("Content-Length", "9"), ("x-a", "2"), ("TE", "trailers")))

    assert block.text == b"x-a: 1\r\nx-a: 2\r\n"
    assert block.pairs() == [("x-a", "1"), ("x-a", "2")]
