"""Headers that are read when somebody looks: what the parser lets through, they read as it does."""

from __future__ import annotations

from contextlib import suppress

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.transports.response_headers import ResponseHeaders

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nx:  y \t\r\nx: 2\r\ncontent-length: 2\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nlink: <a>\r\nx: HTTP/1.1 200\r\n\r\n"
CHUNKED = b"HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nlate: 1\r\n\r\n"


class Reader:
    """What the parser makes of the first response that is no interim one."""

    def __init__(self, data: bytes) -> None:
        self.fields: list[tuple[str, str]] = []
        self.has_head = False
        self._parser = HttpResponseParser(self)
        with suppress(HttpParserError, HttpParserUpgrade):  # after a head that is right
            self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:
            text = value.strip(b" \t").decode("latin-1")  # it leaves white space where it is
            self.fields.append((name.decode("latin-1").lower(), text))

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self.has_head = True
        elif not self.has_head:
            self.fields.clear()


edits = st.tuples(
    st.integers(0, 200),
    st.integers(0, 2),
    st.sampled_from([b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b":", b"\0", b"\x80", b"1"]),
)


@given(st.sampled_from([HEAD, INTERIM + HEAD, INTERIM * 3 + CHUNKED]), st.lists(edits, max_size=3))
@example(b"\r\n\n" + HEAD, [])
@example(INTERIM + b"\r\n" + HEAD, [])
@example(HEAD + INTERIM, [])
def test_what_the_parser_lets_through_is_read_as_the_parser_does(
    data: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    for at, cut, piece in changes:
        data = data[:at] + piece + data[at + cut :]
    reader = Reader(data)
    if not reader.has_head:
        return

    headers = ResponseHeaders(data)

    assert [(name, value) for name in headers for value in headers.all_of(name)] == sorted(
        reader.fields, key=lambda field: list(headers).index(field[0])
    )


def test_of_repeated_fields_the_last_counts_and_all_are_there() -> None:
    headers = ResponseHeaders(HEAD + b"ok")

    assert (headers["x"], headers.all_of("x")) == ("2", ("y", "2"))
    assert headers["content-type"] == "a/b"
    assert len(headers) == 3


def test_the_content_coding_is_found_in_any_case_and_only_as_a_field() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-ENCODING: gzip \r\n\r\n"
    other = b"HTTP/1.1 200 OK\r\nvary: content-encoding\r\n\r\n"

    assert ResponseHeaders(head).content_coding() == "gzip"
    assert ResponseHeaders(other).content_coding() is None
    assert ResponseHeaders([(b"content-encoding", b"br")]).content_coding() == "br"
    assert ResponseHeaders(()).content_coding() is None
