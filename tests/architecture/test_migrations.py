"""Tables in code and tables by migration are the same, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.migrations import differences
from subgraphs.catalogue import DOMAINS, Domain
from tests.support.service import migrated_database


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
async def test_migrations_make_the_tables_of_the_code(domain: Domain, tmp_path: Path) -> None:
    async with migrated_database(domain.name, f"sqlite+aiosqlite:///{tmp_path}/x.db") as database:
        found = await differences(database, metadata=[domain.load_metadata()])

    assert found == []


@pytest.mark.integration
@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
async def test_migrations_make_the_same_tables_on_postgresql(
    domain: Domain, postgres_url: str
) -> None:
    async with migrated_database(domain.name, postgres_url) as database:
        found = await differences(database, metadata=[domain.load_metadata()])

    assert found == []
