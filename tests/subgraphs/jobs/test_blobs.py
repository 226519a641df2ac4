from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from subgraphs.jobs.blobs import FolderBlobs
from subgraphs.jobs.errors import BlobStoreAway

from .builders import PHOTO, PHOTO_SHA256


async def test_what_is_stored_is_found_under_its_sha256(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)

    name = await blobs.put(PHOTO)

    assert name == PHOTO_SHA256
    assert await blobs.get(name) == PHOTO
    assert await blobs.get("0" * 64) is None


async def test_storing_again_or_at_once_stores_one_file(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)

    await asyncio.gather(*(blobs.put(PHOTO) for _ in range(5)))
    await blobs.put(PHOTO)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [PHOTO_SHA256]


async def test_a_file_that_is_not_what_its_name_says_counts_for_nothing(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    name = await blobs.put(PHOTO)
    [file] = [path for path in tmp_path.rglob("*") if path.is_file()]
    file.write_bytes(PHOTO[::-1])

    assert await blobs.get(name) is None


async def test_a_store_that_is_away_says_so(tmp_path: Path) -> None:
    # A file where the folder ought to be: neither writing nor reading can succeed.
    (tmp_path / "blobs").write_text("in the way")
    blobs = FolderBlobs(tmp_path / "blobs")

    with pytest.raises(BlobStoreAway):
        await blobs.put(PHOTO)
    with pytest.raises(BlobStoreAway):
        await blobs.get(PHOTO_SHA256)
