from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.jobs.errors import PhotoInvalid, PhotoTooLarge
from subgraphs.jobs.photos import (
    MAX_INLINE_BYTES,
    InlinePhoto,
    StoredPhoto,
    digest_of,
    parse_photo,
)

from .builders import PHOTO, PHOTO_SHA256, inline


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["jpeg", "png", "webp"]))
def test_an_inline_photo_is_what_was_encoded(content: bytes, kind: str) -> None:
    ref = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"

    assert parse_photo(ref, sha256=hashlib.sha256(content).hexdigest()) == InlinePhoto(content)


def test_a_ref_names_a_stored_photo() -> None:
    assert parse_photo(PHOTO_SHA256, sha256=PHOTO_SHA256) == StoredPhoto(PHOTO_SHA256)


@pytest.mark.parametrize(
    ("ref", "sha256"),
    [
        (inline(), digest_of(b"another photo")),
        (inline(), PHOTO_SHA256.upper()),
        (PHOTO_SHA256, digest_of(b"another photo")),
        ("https://example.test/cat.jpg", PHOTO_SHA256),
        (PHOTO_SHA256[:-1], PHOTO_SHA256[:-1]),
        ("../" + PHOTO_SHA256, PHOTO_SHA256),
        ("", PHOTO_SHA256),
        ("data:,hello", PHOTO_SHA256),
        ("data:image/jpeg;base64,", PHOTO_SHA256),
        ("data:image/jpeg;base64,!!!!", PHOTO_SHA256),
        ("data:image/jpeg;base64,YQ", PHOTO_SHA256),
        (inline(media="text/html"), PHOTO_SHA256),
        (inline(media="image/svg+xml"), PHOTO_SHA256),
    ],
)
def test_anything_else_is_refused(ref: str, sha256: str) -> None:
    with pytest.raises(PhotoInvalid):
        parse_photo(ref, sha256=sha256)


def test_an_inline_photo_has_a_size_to_keep_to() -> None:
    at_most, too_many = bytes(MAX_INLINE_BYTES), bytes(MAX_INLINE_BYTES + 10)

    assert parse_photo(inline(at_most), sha256=digest_of(at_most)) == InlinePhoto(at_most)
    with pytest.raises(PhotoTooLarge):
        parse_photo(inline(too_many), sha256=digest_of(too_many))


def test_the_name_of_a_blob_is_its_sha256() -> None:
    assert digest_of(PHOTO) == hashlib.sha256(PHOTO).hexdigest()
