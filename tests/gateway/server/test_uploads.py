"""Files in mutations: from the client's multipart request to those of the subgraphs that take them.

Spec: GraphQL multipart request.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.config import GatewayConfig, load_config
from tests.support.albums import (
    ALBUMS_SDL,
    ARCHIVE_SDL,
    ASKED,
    create_albums,
    create_archive,
)
from tests.support.gateway import GRAPHQL_JSON, RunningGateway, codes, running
from tests.support.serving import serving_http

PREFLIGHT = {"graphql-require-preflight": "1", "accept": GRAPHQL_JSON}
ADD = "mutation ($picture: Upload!) { addPicture(picture: $picture) { content } }"
BOUNDARY = "the-boundary"

IN_PROCESS = {
    "albums": {"in_process": "tests.support.albums:create_albums"},
    "archive": {"in_process": "tests.support.albums:create_archive"},
}


def albums_config(
    folder: Path, subgraphs: Mapping[str, object] = IN_PROCESS, **settings: object
) -> GatewayConfig:
    path = folder / "supergraph.yaml"
    settings = {"uploads": {"enabled": True}, "telemetry": {"log_requests": "none"}, **settings}
    path.write_text(yaml.safe_dump({"subgraphs": dict(subgraphs), "gateway": settings}))
    return load_config(config=path, environment={})


@pytest.fixture(params=["in process", "over HTTP"])
async def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with AsyncExitStack() as stack:
        subgraphs: dict[str, object] = dict(IN_PROCESS)
        if request.param == "over HTTP":
            for name, app, sdl in (
                ("albums", create_albums(), ALBUMS_SDL),
                ("archive", create_archive(), ARCHIVE_SDL),
            ):
                url = await stack.enter_async_context(serving_http(app))
                subgraphs[name] = {"routing_url": f"{url}/graphql", "schema": {"sdl": sdl}}
        config = albums_config(tmp_path, subgraphs, limits={"max_batch": 5})
        gateway = await stack.enter_async_context(running(config))
        ASKED.clear()
        yield gateway


async def upload(
    gateway: RunningGateway,
    operations: object,
    file_map: object,
    files: Mapping[str, tuple[str, bytes, str]],
    headers: Mapping[str, str] = PREFLIGHT,
) -> httpx.Response:
    return await gateway.client.post(
        "/graphql",
        data={"operations": json.dumps(operations), "map": json.dumps(file_map)},
        files=files,
        headers=headers,
    )


def text(content: str, name: str = "cat.txt") -> tuple[str, bytes, str]:
    return (name, content.encode(), "text/plain")


def form(*parts: tuple[str, bytes], end: bool = True) -> bytes:
    """A multipart body, with every part as it is wanted: a file's name goes into ``name`` after a slash."""
    lines = []
    for name, content in parts:
        field, _, filename = name.partition("/")
        disposition = f'form-data; name="{field}"' + (
            f'; filename="{filename}"' if filename else ""
        )
        head = f"--{BOUNDARY}\r\ncontent-disposition: {disposition}\r\n\r\n"
        lines.append(head.encode() + content)
    return b"\r\n".join([*lines, f"--{BOUNDARY}--\r\n".encode() if end else b""])


async def post_form(
    gateway: RunningGateway, body: bytes, headers: Mapping[str, str] = PREFLIGHT
) -> httpx.Response:
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return await gateway.client.post(
        "/graphql", content=body, headers={"content-type": content_type, **headers}
    )


async def test_a_file_reaches_the_subgraph_that_takes_it(gateway: RunningGateway) -> None:
    response = await upload(
        gateway,
        {"query": ADD, "variables": {"picture": None}},
        {"my-file": ["variables.picture"]},
        {"my-file": text("miau", 'a "cat"\n.txt')},
    )

    assert response.json() == {"data": {"addPicture": {"content": "miau"}}}
    (asked,) = ASKED
    assert asked.file_map == {"0": ["variables.picture"]}
    ((name, content_type, size),) = asked.files.values()
    assert name is not None
    assert "cat" in name
    assert "\n" not in name
    assert (content_type, size) == ("text/plain", 4)


async def test_files_deep_in_variables_find_their_places(gateway: RunningGateway) -> None:
    query = "mutation ($pictures: [PictureInput!]!) { addPictures(pictures: $pictures) }"
    pictures = [{"file": None, "caption": "A"}, {"file": None}]

    response = await upload(
        gateway,
        {"query": query, "variables": {"pictures": pictures}},
        {"a": ["variables.pictures.0.file"], "b": ["variables.pictures.1.file"]},
        {"a": text("first"), "b": text("second")},
    )

    assert response.json() == {"data": {"addPictures": ["A: first", "None: second"]}}


async def test_one_file_in_two_places_is_sent_once(gateway: RunningGateway) -> None:
    query = "mutation ($pictures: [PictureInput!]!) { addPictures(pictures: $pictures) }"
    places = ["variables.pictures.0.file", "variables.pictures.1.file"]

    response = await upload(
        gateway,
        {"query": query, "variables": {"pictures": [{"file": None}, {"file": None}]}},
        {"a": places},
        {"a": text("")},
    )

    assert response.json() == {"data": {"addPictures": ["None: ", "None: "]}}
    (asked,) = ASKED
    assert asked.file_map == {"0": places}


async def test_a_file_that_two_subgraphs_take_goes_to_both_and_to_no_other_request(
    gateway: RunningGateway,
) -> None:
    query = """mutation ($file: Upload!) {
      addPicture(picture: $file) { content views }
      archive(file: $file)
    }"""

    response = await upload(
        gateway,
        {"query": query, "variables": {"file": None}},
        {"0": ["variables.file"]},
        {"0": text("miau")},
    )

    assert response.json() == {
        "data": {"addPicture": {"content": "miau", "views": 12}, "archive": "archived miau"}
    }
    with_files = [(one.subgraph, one.file_map is not None) for one in ASKED]
    assert sorted(with_files) == [("albums", True), ("archive", False), ("archive", True)]


async def test_a_file_that_a_field_of_an_entity_takes_goes_along_with_the_entity(
    gateway: RunningGateway,
) -> None:
    query = """mutation ($file: Upload!) {
      addPicture(picture: $file) { equals(file: $file) views }
    }"""

    response = await upload(
        gateway,
        {"query": query, "variables": {"file": None}},
        {"0": ["variables.file"]},
        {"0": text("miau")},
    )

    assert response.json() == {"data": {"addPicture": {"equals": "miau", "views": 12}}}
    assert [(one.subgraph, one.file_map) for one in ASKED] == [
        ("albums", {"0": ["variables.file"]}),
        ("archive", {"0": ["variables.file"]}),
    ]


async def test_a_large_file_goes_through_on_the_disk(gateway: RunningGateway) -> None:
    size = 3_000_000

    response = await upload(
        gateway,
        {"query": ADD, "variables": {"picture": None}},
        {"0": ["variables.picture"]},
        {"0": ("big", b"x" * size, "application/octet-stream")},
    )

    assert response.json() == {"data": {"addPicture": {"content": f"{size} bytes"}}}


async def test_files_go_with_the_requests_of_a_list(gateway: RunningGateway) -> None:
    operations = [
        {"query": ADD, "variables": {"picture": None}},
        {"query": 'mutation { rename(title: "x") }'},
        {
            "query": "mutation ($file: Upload!) { archive(file: $file) }",
            "variables": {"file": None},
        },
    ]

    response = await upload(
        gateway,
        operations,
        {"0": ["0.variables.picture", "2.variables.file"]},
        {"0": text("miau")},
    )

    assert response.json() == [
        {"data": {"addPicture": {"content": "miau"}}},
        {"data": {"rename": "x"}},
        {"data": {"archive": "archived miau"}},
    ]


async def test_queries_take_no_files(gateway: RunningGateway) -> None:
    query = "query ($file: Upload) { looksLike(picture: $file) }"

    response = await upload(
        gateway,
        {"query": query, "variables": {"file": None}},
        {"0": ["variables.file"]},
        {"0": text("miau")},
    )

    assert response.status_code == 400
    assert codes(response) == ["UPLOAD_NOT_ALLOWED"]
    assert ASKED == []


async def test_a_file_is_no_text(gateway: RunningGateway) -> None:
    response = await upload(
        gateway,
        {"query": "mutation ($t: String) { rename(title: $t) }", "variables": {"t": None}},
        {"0": ["variables.t"]},
        {"0": text("miau")},
    )

    assert codes(response) == ["BAD_USER_INPUT"]
    assert "object at 0x" not in response.text


async def test_uploads_are_off_unless_enabled(tmp_path: Path) -> None:
    config = albums_config(tmp_path, uploads={"enabled": False})

    async with running(config) as gateway:
        response = await post_form(gateway, form(("operations", b"{}")))

    assert response.status_code == 415
    assert codes(response) == ["UNSUPPORTED_CONTENT_TYPE"]


async def test_a_disk_that_takes_nothing_is_told_and_counted_as_a_mishap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = albums_config(tmp_path, uploads={"enabled": True, "memory_bytes": 1024})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))

    async with running(config) as gateway:
        response = await upload(
            gateway,
            {"query": ADD, "variables": {"picture": None}},
            {"0": ["variables.picture"]},
            {"0": text("x" * 2000)},
        )
        page = (await gateway.client.get("/metrics")).text

    assert response.status_code == 500
    assert "gone" not in response.text
    assert 'cattery_gateway_requests_total{kind="none",status="500"} 1.0' in page
    assert "cattery_gateway_requests_in_flight 0.0" in page


async def test_metrics_count_files(gateway: RunningGateway) -> None:
    await upload(
        gateway,
        {"query": ADD, "variables": {"picture": None}},
        {"0": ["variables.picture"]},
        {"0": text("miau")},
    )

    page = (await gateway.client.get("/metrics")).text

    assert "cattery_gateway_uploaded_files_total 1.0" in page
    assert "cattery_gateway_uploaded_bytes_total 4.0" in page


OPERATIONS = json.dumps({"query": ADD, "variables": {"picture": None, "other": 1}}).encode()
MAP = b'{"0": ["variables.picture"]}'
FILE = ("0/cat.txt", b"miau")


def with_map(file_map: object) -> bytes:
    return form(("operations", OPERATIONS), ("map", json.dumps(file_map).encode()), FILE)


BAD: dict[str, tuple[int, str, bytes]] = {
    "nothing": (400, "INVALID_MULTIPART", b""),
    "no multipart": (400, "INVALID_MULTIPART", b"miau"),
    "no end": (400, "INVALID_MULTIPART", form(("operations", OPERATIONS), end=False)),
    "cut off in a file": (
        400,
        "INVALID_MULTIPART",
        form(("operations", OPERATIONS), ("map", MAP), FILE, end=False),
    ),
    "only operations": (400, "INVALID_MULTIPART", form(("operations", OPERATIONS))),
    "a map before operations": (
        400,
        "INVALID_MULTIPART",
        form(("map", MAP), ("operations", OPERATIONS)),
    ),
    "a file before the map": (
        400,
        "INVALID_MULTIPART",
        form(("operations", OPERATIONS), FILE, ("map", MAP)),
    ),
    "operations that are no JSON": (400, "INVALID_JSON", form(("operations", b"{"), ("map", MAP))),
    "operations that are no request": (
        400,
        "INVALID_MULTIPART",
        form(("operations", b"7"), ("map", MAP), FILE),
    ),
    "operations without a query": (
        400,
        "MISSING_QUERY",
        form(("operations", b'{"variables": {"picture": null}}'), ("map", MAP), FILE),
    ),
    "a list where none is taken": (
        400,
        "BATCHING_NOT_SUPPORTED",
        form(("operations", b"[%b]" % OPERATIONS), ("map", MAP)),
    ),
    "a map that is no JSON": (
        400,
        "INVALID_JSON",
        form(("operations", OPERATIONS), ("map", b"{")),
    ),
    "a map that is a list": (400, "INVALID_MULTIPART", with_map([])),
    "a map without places": (400, "INVALID_MULTIPART", with_map({"0": []})),
    "a map of texts": (400, "INVALID_MULTIPART", with_map({"0": "variables.picture"})),
    "a map of numbers": (400, "INVALID_MULTIPART", with_map({"0": [1]})),
    "a place outside of the variables": (400, "INVALID_MULTIPART", with_map({"0": ["query"]})),
    "the variables themselves": (400, "INVALID_MULTIPART", with_map({"0": ["variables"]})),
    "a place that is not there": (400, "INVALID_MULTIPART", with_map({"0": ["variables.x"]})),
    "a place below nothing": (400, "INVALID_MULTIPART", with_map({"0": ["variables.picture.x"]})),
    "a place that is taken": (400, "INVALID_MULTIPART", with_map({"0": ["variables.other"]})),
    "two files at one place": (
        400,
        "INVALID_MULTIPART",
        with_map({"0": ["variables.picture"], "1": ["variables.picture"]}),
    ),
    "a file that is missing": (
        400,
        "INVALID_MULTIPART",
        form(("operations", OPERATIONS), ("map", MAP)),
    ),
    "a file that nobody has asked for": (
        400,
        "INVALID_MULTIPART",
        form(("operations", OPERATIONS), ("map", MAP), FILE, ("1/x", b"")),
    ),
    "a file twice": (
        400,
        "INVALID_MULTIPART",
        form(("operations", OPERATIONS), ("map", MAP), FILE, FILE),
    ),
    "too many files": (
        413,
        "TOO_MANY_FILES",
        form(
            (
                "operations",
                b'{"query": "{ a }", "variables": {"a": null, "b": null, "c": null}}',
            ),
            ("map", b'{"0": ["variables.a"], "1": ["variables.b"], "2": ["variables.c"]}'),
        ),
    ),
    "a file that is too large": (
        413,
        "FILE_TOO_LARGE",
        form(("operations", OPERATIONS), ("map", MAP), ("0/x", b"x" * 3001)),
    ),
    "files that are too large together": (
        413,
        "PAYLOAD_TOO_LARGE",
        form(
            ("operations", b'{"query": "{ a }", "variables": {"a": null, "b": null}}'),
            ("map", b'{"0": ["variables.a"], "1": ["variables.b"]}'),
            ("0/x", b"x" * 2900),
            ("1/x", b"x" * 1101),
        ),
    ),
    "operations that are too large": (413, "PAYLOAD_TOO_LARGE", form(("operations", b" " * 2001))),
    "a body that is too large": (413, "PAYLOAD_TOO_LARGE", b"x" * 200_000),
    "a header that is too large": (
        400,
        "INVALID_MULTIPART",
        form(("operations" + "x" * 9000, OPERATIONS)),
    ),
}


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    uploads = {
        "enabled": True,
        "max_files": 2,
        "max_file_bytes": 3000,
        "max_total_bytes": 4000,
        "memory_bytes": 1024,
    }
    async with running(
        albums_config(tmp_path, uploads=uploads, limits={"max_body_bytes": 2000})
    ) as gateway:
        ASKED.clear()
        yield gateway


@pytest.mark.parametrize(("status", "code", "body"), BAD.values(), ids=BAD)
async def test_a_bad_multipart_request_gets_a_coded_error(
    narrow: RunningGateway, status: int, code: str, body: bytes
) -> None:
    response = await post_form(narrow, body)

    assert response.status_code == status, response.text
    assert codes(response) == [code]
    assert ASKED == []
    again = await upload(
        narrow,
        {"query": ADD, "variables": {"picture": None}},
        {"0": ["variables.picture"]},
        {"0": text("x" * 2000)},
    )
    assert again.json() == {"data": {"addPicture": {"content": "2000 bytes"}}}


async def test_a_multipart_request_without_a_boundary_is_refused(narrow: RunningGateway) -> None:
    response = await narrow.client.post(
        "/graphql",
        content=form(("operations", OPERATIONS)),
        headers={"content-type": "multipart/form-data", **PREFLIGHT},
    )

    assert codes(response) == ["INVALID_MULTIPART"]


async def test_a_page_of_another_site_cannot_upload(narrow: RunningGateway) -> None:
    body = form(("operations", OPERATIONS), ("map", MAP), FILE)

    response = await post_form(narrow, body, {"accept": GRAPHQL_JSON})

    assert response.status_code == 403
    assert codes(response) == ["CSRF_PREVENTION_FAILED"]
    assert ASKED == []


async def test_files_that_do_not_arrive_are_not_waited_for(tmp_path: Path) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield form(("operations", OPERATIONS), ("map", MAP), FILE, end=False)
        await asyncio.Event().wait()

    uploads = {"enabled": True, "receive_seconds": 0.1}
    async with running(albums_config(tmp_path, uploads=uploads)) as gateway:
        response: Any = await gateway.client.post(
            "/graphql",
            content=stalled(),
            headers={"content-type": f"multipart/form-data; boundary={BOUNDARY}", **PREFLIGHT},
        )

    assert response.status_code == 408
    assert codes(response) == ["REQUEST_TIMEOUT"]
