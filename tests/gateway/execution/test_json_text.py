"""JSON: exact where orjson is not, strict where the standard library is not."""

from __future__ import annotations

import math

import pytest

from gateway.execution.json_text import decode_json, encode_json


def test_integers_beyond_64_bits_are_exact_when_asked_for() -> None:
    assert decode_json(b"[18446744073709551616]", exact_integers=True) == [2**64]


def test_digits_inside_strings_do_no_harm() -> None:
    assert decode_json(b'["12345678901234567890123", 1.5]', exact_integers=True) == [
        "12345678901234567890123",
        1.5,
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b"[Infinity]",
        b"1e999",
        b"{",
        b"",
        b'"\xff"',
        "[]".encode("utf-16"),
        b"{'a': 1}",
        b"[1,]",
    ],
)
def test_what_is_not_json_is_refused(text: bytes) -> None:
    for exact in (True, False):
        with pytest.raises(ValueError):  # noqa: PT011 - the text is the parser's
            decode_json(text, exact_integers=exact)


def test_large_integers_and_lone_surrogates_are_written() -> None:
    assert encode_json({"n": 2**70}) == b'{"n":1180591620717411303424}'
    assert decode_json(encode_json({"s": "\ud800"})) == {"s": "\ud800"}


def test_numbers_that_json_does_not_have_are_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_json({"n": 2**70, "x": math.inf})


def test_values_nested_deeper_than_python_recurses_are_written() -> None:
    value: object = {"n": 2**70, "s": '"\ud800', "f": 1.5, "t": [True, None, {}, []]}
    for _ in range(3000):
        value = {"a": [value, 1], "é": ""}

    text = encode_json(value)

    assert text.isascii()
    assert text.count(b"1180591620717411303424") == 1
    head = b'{"a":['
    inner = text[len(head) * 3000 : -len(b',1],"\\u00e9":""}') * 3000]
    assert decode_json(inner, exact_integers=True) == {
        "n": 2**70,
        "s": '"\ud800',
        "f": 1.5,
        "t": [True, None, {}, []],
    }


def test_a_byte_order_mark_is_passed_over() -> None:
    assert decode_json(b"\xef\xbb\xbf[1]") == [1]
