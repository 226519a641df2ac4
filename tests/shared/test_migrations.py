from __future__ import annotations

import asyncio
from pathlib import Path

from shared.database import open_database
from shared.migrations import upgrade
from subgraphs.catalogue import DOMAINS


async def test_services_of_one_process_migrate_side_by_side(tmp_path: Path) -> None:
    databases = [open_database(f"sqlite+aiosqlite:///{tmp_path}/{d.name}.db") for d in DOMAINS]
    try:
        await asyncio.gather(
            *(
                upgrade(database, revisions=domain.revisions)
                for database, domain in zip(databases, DOMAINS, strict=True)
            )
        )
        await upgrade(databases[0], revisions=DOMAINS[0].revisions)
    finally:
        for database in databases:
            await database.close()
