"""Files on their way: kept, read by several at once, and written as multipart requests that others can read."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.transports.uploads import (
    FilePart,
    MultipartBody,
    UploadedFile,
    blank_files,
    build_multipart,
)


async def a_file(
    content: bytes, name: str = "cat.txt", content_type: str = "text/plain"
) -> UploadedFile:
    file = UploadedFile(name, content_type, memory_bytes=1024)
    for start in range(0, len(content), 700):
        await file.write(content[start : start + 700])
    return file


async def read(file: UploadedFile) -> bytes:
    return b"".join([chunk async for chunk in file.chunks()])


async def written(body: MultipartBody) -> bytes:
    return b"".join([chunk async for chunk in body.chunks()])


def split(body: MultipartBody, text: bytes) -> list[tuple[dict[bytes, bytes], bytes]]:
    """The parts of a multipart request, as another implementation reads them."""
    parts: list[tuple[dict[bytes, bytes], bytes]] = []
    name = value = content = b""
    headers: dict[bytes, bytes] = {}

    def on_begin() -> None:
        nonlocal headers, content
        headers, content = {}, b""

    def on_name(data: bytes, start: int, end: int) -> None:
        nonlocal name
        name += data[start:end]

    def on_value(data: bytes, start: int, end: int) -> None:
        nonlocal value
        value += data[start:end]

    def on_header_end() -> None:
        nonlocal name, value
        headers[name.lower()] = value
        name = value = b""

    def on_data(data: bytes, start: int, end: int) -> None:
        nonlocal content
        content += data[start:end]

    _, options = parse_options_header(body.content_type)
    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": on_begin,
            "on_header_field": on_name,
            "on_header_value": on_value,
            "on_header_end": on_header_end,
            "on_part_data": on_data,
            "on_part_end": lambda: parts.append((headers, content)),
        },
    )
    parser.write(text)
    parser.finalize()
    return parts


@pytest.mark.parametrize("size", [0, 1, 1024, 1025, 300_000])
async def test_a_file_is_read_as_it_was_written_by_several_at_once(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    file = await a_file(content)

    copies = await asyncio.gather(*(read(file) for _ in range(3)))
    file.close()

    assert copies == [content] * 3
    assert file.size_bytes == size


@given(
    contents=st.lists(st.binary(max_size=50), min_size=1, max_size=3),
    name=st.text(max_size=20),
    content_type=st.text(max_size=20) | st.just("image/png"),
)
def test_what_is_written_reads_the_same_whatever_a_file_is_called(
    contents: list[bytes], name: str, content_type: str
) -> None:
    async def check() -> None:
        files = [await a_file(content, name, content_type) for content in contents]
        operations = b'{"query":"mutation"}'
        parts = tuple(FilePart(("files", number), file) for number, file in enumerate(files))

        body = build_multipart(operations, parts)
        text = await written(body)
        found = split(body, text)

        assert len(text) == body.size_bytes
        assert found[0][1] == operations
        assert json.loads(found[1][1]) == {
            str(number): [f"variables.files.{number}"] for number in range(len(files))
        }
        assert [content for _, content in found[2:]] == contents
        for number, (headers, _) in enumerate(found[2:]):
            _, options = parse_options_header(headers[b"content-disposition"])
            assert options[b"name"] == str(number).encode()
            assert headers.keys() == {b"content-disposition", b"content-type"}
        for file in files:
            file.close()

    asyncio.run(check())


async def test_a_file_in_several_places_is_written_once() -> None:
    file = await a_file(b"miau")

    body = build_multipart(b"{}", (FilePart(("a",), file), FilePart(("b", "c", 1), file)))
    found = split(body, await written(body))
    file.close()

    assert json.loads(found[1][1]) == {"0": ["variables.a", "variables.b.c.1"]}
    assert len(found) == 3


async def test_variables_are_json_again_without_their_files() -> None:
    file = await a_file(b"")
    variables: dict[str, object] = {"a": file, "b": {"c": [1, file]}}
    places = (FilePart(("a",), file), FilePart(("b", "c", 1), file), FilePart(("gone",), file))

    blank_files(variables, places)
    file.close()

    assert variables == {"a": None, "b": {"c": [1, None]}}


async def test_a_file_that_was_cut_short_is_not_passed_off_as_whole() -> None:
    file = await a_file(b"x" * 2000)
    file.size_bytes += 1

    with pytest.raises(OSError, match="ends at 2000 bytes"):
        await read(file)
    file.close()
