"""A gateway follows what it is made of: swaps are atomic, and what cannot be served changes nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from gateway.composition.compose import SubgraphSource, compose
from gateway.config import ConfigOrigin
from tests.support.gateway import running
from tests.support.living_subgraph import LivingSubgraph, linked
from tests.support.reloading import Reloading, living, reloading, write_config
from tests.support.waiting import until

OLD = linked("type Query { always: String @shareable old: String }")
NEW = linked("type Query { always: String @shareable new: String }")
BROKEN = linked("type Query { always: Nope }")
WATCH = {"enabled": True, "poll_seconds": 0.1}


@dataclass
class World:
    """One subgraph, its file, and the gateway over it."""

    subgraph: LivingSubgraph
    url: str
    file: Path
    gateway: Reloading

    def write(self, sdl: str) -> None:
        """Change the subgraph, and its file."""
        self.subgraph.sdl = sdl
        self.file.write_text(sdl)


@asynccontextmanager
async def a_world(folder: Path, **settings: object) -> AsyncIterator[World]:
    subgraph = LivingSubgraph(OLD)
    file = folder / "a.graphql"
    file.write_text(OLD)
    async with living(subgraph) as (url,):
        config = folder / "supergraph.yaml"
        write_config(
            config, {"a": {"routing_url": url, "schema": {"file": "a.graphql"}}}, **settings
        )
        async with reloading(config) as gateway:
            yield World(subgraph, url, file, gateway)


def from_file(url: str) -> dict[str, object]:
    return {"routing_url": url, "schema": {"file": "a.graphql"}}


# Files


async def test_a_changed_file_is_served_without_being_asked(tmp_path: Path) -> None:
    async with a_world(tmp_path, watch=WATCH) as world:
        before = await world.gateway.health()
        world.write(NEW)
        await world.gateway.swapped(before["id"])
        data = await world.gateway.data("{ new }")
        after = await world.gateway.health()
        outcomes = await world.gateway.outcomes()
        infos = [
            await world.gateway.metric(f'supergraph_info{{id="{one["id"]}"}}')
            for one in (before, after)
        ]

    assert data == {"new": "new"}
    assert before["id"] != after["id"]
    assert before["loaded_at"] < after["loaded_at"]
    assert (before["stale"], after["stale"]) == (False, False)
    assert outcomes["swapped"] == 1
    assert infos == [0, 1]


async def test_without_watch_only_an_order_reloads(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.write(NEW)
        before = await world.gateway.data("{ always old }")
        await world.gateway.reload()
        after = await world.gateway.data("{ always new }")

    # The subgraph has no `old` any more; the gateway still asks it, until told otherwise.
    assert isinstance(before, list)
    assert before[0]["extensions"]["code"] != "GRAPHQL_VALIDATION_FAILED"
    assert after == {"always": "always", "new": "new"}


async def test_a_composed_supergraph_is_followed(tmp_path: Path) -> None:
    subgraph = LivingSubgraph(OLD)
    file = tmp_path / "supergraph.graphql"
    async with living(subgraph) as (url,):

        def write(sdl: str) -> None:
            text = compose([SubgraphSource("a", url, sdl)]).supergraph_sdl
            assert text is not None
            subgraph.sdl = sdl
            file.write_text(text)

        write(OLD)
        origin = ConfigOrigin(supergraph=file, watch=True)
        async with running(origin.load(), origin=origin) as gateway:
            world = Reloading(gateway, file)
            before = world.id
            write(NEW)
            await world.swapped(before)
            data = await world.data("{ new }")

    assert data == {"new": "new"}


async def test_a_file_that_is_away_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    async with a_world(tmp_path, watch=WATCH) as world:
        before = world.gateway.id
        world.file.unlink()
        await asyncio.sleep(0.6)  # long enough for it to be missed; it holds, too, if it is not
        world.write(NEW)
        await world.gateway.swapped(before)
        outcomes = await world.gateway.outcomes()

    assert outcomes["failed"] == 0


# What stays as it is


@pytest.mark.parametrize(
    ("sdl", "problem"),
    [
        (BROKEN, "COMPOSITION_FAILED: INVALID_GRAPHQL"),
        ("type Query {", "COMPOSITION_FAILED: INVALID_GRAPHQL"),
        (None, "CONFIG_INVALID"),
    ],
)
async def test_what_cannot_be_served_leaves_the_last_good_one_and_is_said_once(
    tmp_path: Path, sdl: str | None, problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_world(tmp_path) as world:
        good = world.gateway.id
        if sdl is None:
            world.file.unlink()
        else:
            world.file.write_text(sdl)
        await world.gateway.reload()
        await world.gateway.reload()
        data = await world.gateway.data("{ old }")
        sick = await world.gateway.health()
        stale = await world.gateway.metric("supergraph_stale")
        told = capfd.readouterr()
        world.file.write_text(OLD)
        await world.gateway.reload()
        well = await world.gateway.health()
        stale_after = await world.gateway.metric("supergraph_stale")
        outcomes = await world.gateway.outcomes()

    assert data == {"old": "old"}
    assert (sick["id"], sick["stale"], sick["problem"]) == (good, True, problem)
    assert (well["id"], well["stale"], "problem" in well) == (good, False, False)
    assert (stale, stale_after) == (1, 0)
    assert outcomes == {"swapped": 0, "unchanged": 1, "failed": 2}
    assert (told.out + told.err).count("supergraph stays as it is") == 1


async def test_it_recovers_by_itself_with_what_is_good_again(tmp_path: Path) -> None:
    async with a_world(tmp_path, watch=WATCH) as world:
        before = world.gateway.id
        world.file.write_text(BROKEN)
        await until(lambda: is_stale(world.gateway))
        world.write(NEW)
        await world.gateway.swapped(before)
        data = await world.gateway.data("{ new }")
        health = await world.gateway.health()

    assert data == {"new": "new"}
    assert health["stale"] is False


async def test_the_same_text_is_no_swap(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        pipeline = world.gateway.serving.pipeline
        world.file.write_text(OLD + "# a remark\n")
        await world.gateway.reload()
        outcomes = await world.gateway.outcomes()
        is_same = world.gateway.serving.pipeline is pipeline

    assert is_same
    assert outcomes == {"swapped": 0, "unchanged": 1, "failed": 0}


# Requests in flight


async def test_a_request_under_way_finishes_on_the_supergraph_it_began_on(tmp_path: Path) -> None:
    second = LivingSubgraph(NEW, "second ")
    async with a_world(tmp_path) as world, living(second) as (url,):
        world.subgraph.gate.clear()
        under_way = asyncio.create_task(world.gateway.data("{ always old }"))
        await world.subgraph.asked.wait()
        world.file.write_text(NEW)
        world.gateway.write_config({"a": from_file(url)})
        await world.gateway.reload()
        new = await world.gateway.data("{ always new }")
        old = await world.gateway.data("{ old }")
        was_let_go = world.gateway.serving.has_garbage
        world.subgraph.gate.set()
        answered = await under_way
        await until(lambda: is_let_go(world.gateway))

    assert new == {"always": "second always", "new": "second new"}
    assert isinstance(old, list)
    assert old[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert not was_let_go
    assert answered == {"always": "always", "old": "old"}


async def test_a_request_that_outlasts_the_drain_loses_its_connection(tmp_path: Path) -> None:
    second = LivingSubgraph(NEW, "second ")
    async with a_world(tmp_path, server={"drain_seconds": 0.1}) as world, living(second) as (url,):
        world.subgraph.gate.clear()
        under_way = asyncio.create_task(world.gateway.data("{ old }"))
        await world.subgraph.asked.wait()
        world.file.write_text(NEW)
        world.gateway.write_config({"a": from_file(url)}, server={"drain_seconds": 0.1})
        await world.gateway.reload()
        answered = await under_way
        world.subgraph.gate.set()

    assert isinstance(answered, list)
    assert answered[0]["extensions"]["code"].startswith("SUBGRAPH_")


async def test_connections_to_a_subgraph_that_did_not_move_are_kept(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.gateway.data("{ always }")
        # What its schema is does not matter to how it is called.
        world.write(NEW)
        await world.gateway.reload()
        await world.gateway.data("{ always }")
        await until(lambda: is_let_go(world.gateway))
        await world.gateway.data("{ always }")
        # How it is called does.
        world.gateway.write_config({"a": from_file(world.url)}, traffic={"timeout_seconds": 7})
        await world.gateway.reload()
        await world.gateway.data("{ always }")

    first, second, third, fourth = world.subgraph.clients
    assert first == second == third
    assert fourth != third


async def test_operations_that_are_used_are_planned_before_the_swap(tmp_path: Path) -> None:
    async with a_world(tmp_path, watch={**WATCH, "warm_operations": 2}) as world:
        for query in ("{ a: always }", "{ b: always }", "{ old }", "{ c: always }"):
            await world.gateway.data(query)
        for query in ("{ b: always }", "{ old }", "{ old }"):
            await world.gateway.data(query)
        misses = await plan_misses(world.gateway)
        world.write(NEW)
        await world.gateway.reload()
        await world.gateway.data("{ b: always }")
        after_used = await plan_misses(world.gateway)
        await world.gateway.data("{ a: always }")
        after_unused = await plan_misses(world.gateway)

    # `old` was used most, and is not valid any more.
    assert misses == 4
    assert after_used == 4
    assert after_unused == 5


async def test_documents_known_by_their_hash_stay_known(tmp_path: Path) -> None:
    query = "{ always }"
    extensions = {
        "persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}
    }
    async with a_world(tmp_path) as world:
        client = world.gateway.gateway.client
        await client.post("/graphql", json={"query": query, "extensions": extensions})
        world.write(NEW)
        await world.gateway.reload()
        response = await client.post("/graphql", json={"extensions": extensions})

    assert response.json() == {"data": {"always": "always"}}


async def test_whatever_is_edited_no_request_is_harmed(tmp_path: Path) -> None:
    """Random edits, good and bad, while clients ask for what is always there."""
    chance = random.Random(7)  # noqa: S311 - no secret
    statuses: list[int] = []
    answers: list[object] = []
    async with a_world(tmp_path) as world:
        is_over = asyncio.Event()

        async def ask() -> None:
            number = 0
            while not is_over.is_set():
                number += 1
                response = await world.gateway.gateway.post(f"{{ always x{number % 5}: always }}")
                statuses.append(response.status_code)
                answers.append(response.json().get("errors"))

        asking = [asyncio.create_task(ask()) for _ in range(4)]
        for number in range(25):
            match chance.randrange(5):
                case 0:
                    world.file.write_text(BROKEN)
                case 1:
                    world.file.unlink(missing_ok=True)
                case 2:
                    seconds = chance.choice([5, 6, 7])
                    world.gateway.write_config(
                        {"a": from_file(world.url)}, traffic={"timeout_seconds": seconds}
                    )
                case _:
                    world.write(
                        linked(f"type Query {{ always: String @shareable f{number}: String }}")
                    )
            await world.gateway.reload()
        is_over.set()
        await asyncio.gather(*asking)
        outcomes = await world.gateway.outcomes()

    assert set(statuses) == {200}
    assert not any(answers)
    assert outcomes["swapped"] > 5
    assert outcomes["failed"] > 2


# Subgraphs that are asked


@asynccontextmanager
async def an_asked_world(
    folder: Path, *subgraphs: LivingSubgraph, **settings: object
) -> AsyncIterator[Reloading]:
    async with living(*subgraphs) as urls:
        config = folder / "supergraph.yaml"
        names = "abc"[: len(urls)]
        asked = {
            name: {"schema": {"subgraph_url": url}} for name, url in zip(names, urls, strict=True)
        }
        write_config(config, asked, **settings)
        async with reloading(config) as gateway:
            yield gateway


async def test_a_subgraph_that_says_something_new_is_heard(tmp_path: Path) -> None:
    subgraph = LivingSubgraph(OLD)
    async with an_asked_world(tmp_path, subgraph, watch=WATCH) as gateway:
        before = gateway.id
        subgraph.sdl = NEW
        await gateway.swapped(before)
        data = await gateway.data("{ new }")

    assert data == {"new": "new"}


async def test_a_subgraph_that_does_not_answer_changes_nothing(tmp_path: Path) -> None:
    silent = LivingSubgraph(OLD)
    other = LivingSubgraph(linked("type Query { always: String @shareable }"))
    async with an_asked_world(tmp_path, silent, other, watch=WATCH) as gateway:
        silent.is_silent = True
        asked_before, before = silent.schema_asked, gateway.id
        other.sdl = linked("type Query { always: String @shareable other: String }")
        await gateway.swapped(before)

        async def is_asked_on() -> bool:
            return silent.schema_asked > asked_before + 1

        await until(is_asked_on)
        health = await gateway.health()
        data = await gateway.data("{ old other }")

    assert data == {"old": "old", "other": "other"}
    assert health["stale"] is False


async def test_a_new_subgraph_that_is_not_up_yet_joins_when_it_is(tmp_path: Path) -> None:
    late = LivingSubgraph(linked("type Query { late: String }"))
    late.is_silent = True
    async with a_world(tmp_path, watch=WATCH) as world, living(late) as (url,):
        before = world.gateway.id
        subgraphs = {"a": from_file(world.url), "late": {"schema": {"subgraph_url": url}}}
        world.gateway.write_config(subgraphs, watch=WATCH)
        await until(lambda: is_stale(world.gateway))
        waiting = await world.gateway.health()
        meanwhile = await world.gateway.data("{ old }")
        late.is_silent = False
        await world.gateway.swapped(before)
        data = await world.gateway.data("{ old late }")

    assert waiting["problem"] == "SUBGRAPH_SCHEMA_UNAVAILABLE"
    assert meanwhile == {"old": "old"}
    assert data == {"old": "old", "late": "late"}


async def test_the_gateway_stops_amid_a_reload(tmp_path: Path) -> None:
    """The subgraph does not answer, for as long as its gate is shut: the reload would take its whole time limit."""
    subgraph = LivingSubgraph(OLD)
    async with living(subgraph) as (url,):
        config = tmp_path / "supergraph.yaml"
        write_config(config, {"a": {"schema": {"subgraph_url": url}}})
        async with reloading(config) as gateway:
            asked_before = subgraph.schema_asked
            subgraph.schema_gate.clear()
            gateway.serving.reload_asked.set()

            async def is_asked() -> bool:
                return subgraph.schema_asked > asked_before

            await until(is_asked)
        is_answered = subgraph.schema_gate.is_set()
        subgraph.schema_gate.set()

    assert not is_answered
    assert subgraph.schema_asked == asked_before + 1


# Settings


async def test_settings_that_wait_for_the_next_start_are_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_world(tmp_path) as world:
        world.gateway.write_config(
            {"a": from_file(world.url)}, server={"port": 5000}, limits={"max_depth": 3}
        )
        await world.gateway.reload()
        await world.gateway.reload()
        outcomes = await world.gateway.outcomes()
    told = capfd.readouterr()

    assert outcomes == {"swapped": 0, "unchanged": 2, "failed": 0}
    (line,) = [line for line in (told.out + told.err).splitlines() if "next start" in line]
    assert "server.port" in line
    assert "limits.max_depth" in line


async def test_a_contract_can_be_chosen_and_broken_at_run_time(tmp_path: Path) -> None:
    tagged = linked('type Query { always: String @shareable old: String @tag(name: "mine") }')
    async with a_world(tmp_path) as world:
        world.write(tagged)
        subgraphs = {"a": from_file(world.url)}
        contracts = {"public": {"exclude": ["mine"]}, "nothing": {"include": ["nobody"]}}
        await world.gateway.reload()
        whole = await world.gateway.data("{ old }")
        write_contracts(world.gateway, subgraphs, contracts, "public")
        await world.gateway.reload()
        hidden = await world.gateway.data("{ old }")
        write_contracts(world.gateway, subgraphs, contracts, "nothing")
        await world.gateway.reload()
        health = await world.gateway.health()
        data = await world.gateway.data("{ always }")

    assert whole == {"old": "old"}
    assert isinstance(hidden, list)
    assert hidden[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert health["stale"] is True
    assert health["problem"].startswith("COMPOSITION_FAILED: ")
    assert data == {"always": "always"}


# Workers


async def test_a_worker_that_cannot_make_the_newest_begins_with_what_the_others_serve(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "workers"
    folder.mkdir()
    subgraph = LivingSubgraph(OLD)
    async with living(subgraph) as (url,):
        config, file = tmp_path / "supergraph.yaml", tmp_path / "a.graphql"
        file.write_text(OLD)
        write_config(config, {"a": from_file(url)})
        async with reloading(config, workers_folder=folder) as first:
            served = first.id
        file.write_text(BROKEN)
        async with reloading(config, workers_folder=folder) as second:
            health = await second.health()
            data = await second.data("{ old }")
            subgraph.sdl = NEW
            file.write_text(NEW)
            second.serving.reload_asked.set()
            await second.swapped(served)
            mended = await second.data("{ new }")

    assert (health["id"], health["stale"]) == (served, True)
    assert data == {"old": "old"}
    assert mended == {"new": "new"}


async def test_one_worker_asks_and_the_others_hear_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "workers"
    folder.mkdir()
    subgraph = LivingSubgraph(OLD)
    async with living(subgraph) as (url,):
        config = tmp_path / "supergraph.yaml"
        write_config(config, {"a": {"schema": {"subgraph_url": url}}}, watch=WATCH)
        async with (
            reloading(config, workers_folder=folder) as first,
            reloading(config, workers_folder=folder) as second,
        ):
            before = first.id
            subgraph.sdl = NEW
            await first.swapped(before)
            await second.swapped(before)
            ids = first.id, second.id

    assert ids[0] == ids[1]


async def is_stale(gateway: Reloading) -> bool:
    return bool((await gateway.health())["stale"])


async def is_let_go(gateway: Reloading) -> bool:
    return gateway.serving.has_garbage


async def plan_misses(gateway: Reloading) -> float:
    return await gateway.metric('plan_cache_total{result="miss"}')


def write_contracts(
    gateway: Reloading,
    subgraphs: Mapping[str, object],
    contracts: Mapping[str, object],
    chosen: str,
) -> None:
    content = {
        "subgraphs": dict(subgraphs),
        "contracts": dict(contracts),
        "gateway": {"contract": chosen, "telemetry": {"log_requests": "none"}},
    }
    gateway.config_file.write_text(yaml.safe_dump(content))
