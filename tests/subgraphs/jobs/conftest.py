from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.service import RunningService, running_service


@pytest.fixture
async def jobs(tmp_path: Path, empty_file: Path) -> AsyncIterator[RunningService]:
    shutil.copy(empty_file, tmp_path / empty_file.name)
    async with running_service("jobs", tmp_path) as service:
        yield service
