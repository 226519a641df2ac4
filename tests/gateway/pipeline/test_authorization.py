"""Plans by what is denied: shared by people with equal rights, and made beforehand for a new supergraph."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.pipeline.answer import Outcome
from gateway.pipeline.known_operations import WarmUp
from gateway.pipeline.pipeline import Engine, Pipeline
from gateway.pipeline.request import Caller, GraphQLRequest
from gateway.security.identity import Identity
from gateway.supergraph.loader import load_supergraph
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_record import open_record
from tests.support.fake_transport import FakeTransport, answering
from tests.support.gateway import shop_config
from tests.support.subgraphs import supergraph_sdl_of

SDL = """type Query { open: Int known: Int @authenticated scoped: Int @requiresScopes(scopes: [["s"]]) }
type Mutation { write: Int @requiresScopes(scopes: [["w"]]) read: Int }"""
QUERY = "{ open known scoped }"


class Setting:
    """Pipelines over one subgraph."""

    def __init__(self, folder: Path, thread: ThreadPoolExecutor) -> None:
        self._config = shop_config(folder)
        self._thread = thread
        self.metrics = Metrics()
        self.transport: FakeTransport = answering({"data": {"open": 1, "known": 2, "scoped": 3}})

    def pipeline(self, sdl: str = SDL, *, predecessor: Pipeline | None = None) -> Pipeline:
        engine = Engine(load_supergraph(supergraph_sdl_of(a=sdl)), {"a": self.transport})
        return Pipeline(engine, self._config, self.metrics, self._thread, predecessor=predecessor)

    @property
    def misses(self) -> int:
        (line,) = [
            line
            for line in self.metrics.render().decode().splitlines()
            if line.startswith('cattery_gateway_plan_cache_total{result="miss"}')
        ]
        return int(float(line.rpartition(" ")[2]))


async def ask(pipeline: Pipeline, query: str = QUERY, **claims: object) -> dict[str, object]:
    """The data for somebody with these claims; for nobody in particular without any."""
    identity = Identity("x", None, 0.0, claims) if claims else None
    caller = Caller(record=open_record(None, None), identity=identity)
    answer = await pipeline.answer(GraphQLRequest(query=query), caller)
    assert answer.outcome in {Outcome.COMPLETE, Outcome.PARTIAL}
    data: dict[str, object] = json.loads(answer.body)["data"]
    return data


async def test_there_is_a_plan_for_each_set_of_rights_that_matters(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        setting = Setting(tmp_path, thread)
        pipeline = setting.pipeline()

        nobody = await ask(pipeline)
        somebody = await ask(pipeline, scope="other")
        everything = await ask(pipeline, scope="s")
        misses = setting.misses
        for claims in ({}, {"scope": "x"}, {"scp": ["s", "x"]}):
            await ask(pipeline, **claims)

    assert nobody == {"open": 1, "known": None, "scoped": None}
    assert somebody == {"open": 1, "known": 2, "scoped": None}
    assert everything == {"open": 1, "known": 2, "scoped": 3}
    assert (misses, setting.misses) == (3, 3)
    assert [payload["query"] for payload in setting.transport.payloads[:3]] == [
        "query{open}",
        "query{open known}",
        "query{open known scoped}",
    ]


async def test_rights_that_do_not_matter_make_no_plan(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        setting = Setting(tmp_path, thread)
        pipeline = setting.pipeline()
        for claims in ({}, {"scope": "s"}, {"scope": "w"}):
            await ask(pipeline, "{ open }", **claims)

    assert setting.misses == 1


async def test_plans_are_made_beforehand_for_the_same_rights(tmp_path: Path) -> None:
    changed = 'type Mutation { other: Int @policy(policies: [["p"]]) } ' + SDL.partition("\n")[0]
    with ThreadPoolExecutor(1) as thread:
        setting = Setting(tmp_path, thread)
        old = setting.pipeline()
        await ask(old)
        await ask(old, scope="s")
        new = setting.pipeline(changed, predecessor=old)
        result = new.warm_up(old.most_used_plans(10), seconds=10)
        misses = setting.misses
        nobody = await ask(new)
        everything = await ask(new, scope="s")

    assert result == WarmUp(planned=2, refused=0)
    assert setting.misses == misses
    assert nobody["known"] is None
    assert everything["known"] == 2


async def test_what_becomes_protected_is_so_though_planned_beforehand(tmp_path: Path) -> None:
    open_to_all = SDL.replace(" @authenticated", "")
    with ThreadPoolExecutor(1) as thread:
        setting = Setting(tmp_path, thread)
        old = setting.pipeline(open_to_all)
        before = await ask(old)
        new = setting.pipeline(predecessor=old)
        new.warm_up(old.most_used_plans(10), seconds=10)
        after = await ask(new)

    assert before["known"] == 2
    assert after["known"] is None
