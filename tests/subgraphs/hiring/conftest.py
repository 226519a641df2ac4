from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.service import RunningService, running_service

LENIENT = {
    "CATTERY_HIRING_PROOF_BITS": "4",
    "CATTERY_HIRING_APPLY_BURST": "50",
}


@pytest.fixture
async def hiring(tmp_path: Path, empty_file: Path) -> AsyncIterator[RunningService]:
    shutil.copy(empty_file, tmp_path / empty_file.name)
    async with running_service("hiring", tmp_path, LENIENT) as service:
        yield service
