"""Of several workers one asks the subgraphs; when it ends, another does."""

from __future__ import annotations

from pathlib import Path

from gateway.app.known_schemas import KnownSchemas
from gateway.config.settings import ComposedSource, SchemaFromSubgraph, SubgraphConfig
from tests.support.fake_transport import FakeTransport, Outcome

URL = "http://a.test/graphql"
SOURCE = ComposedSource((SubgraphConfig(name="a", url=URL, schema=SchemaFromSubgraph(URL)),))


class Subgraph:
    """Says what its schema is, or something else."""

    def __init__(self) -> None:
        self.answer: Outcome = {"data": {"_service": {"sdl": "one"}}}

    def known(self, folder: Path | None) -> KnownSchemas:
        return KnownSchemas(lambda _: FakeTransport(lambda _: self.answer), folder)


async def test_only_something_new_is_a_change() -> None:
    subgraph = Subgraph()
    schemas = subgraph.known(None)

    first = await schemas.ask(SOURCE)
    again = await schemas.ask(SOURCE)
    subgraph.answer = {"errors": [{"message": "I am restarting."}]}
    silent = await schemas.ask(SOURCE)

    assert (first, again, silent) == (True, False, False)
    assert schemas.found == {("a", URL): "one"}


async def test_one_of_several_workers_asks_and_another_when_it_has_ended(tmp_path: Path) -> None:
    subgraph = Subgraph()
    first, second = subgraph.known(tmp_path), subgraph.known(tmp_path)
    asking = first.is_asking(), second.is_asking(), first.is_asking()
    first.close()
    after = second.is_asking()
    second.close()

    assert asking == (True, False, True)
    assert after


async def test_answers_are_left_for_the_others(tmp_path: Path) -> None:
    subgraph = Subgraph()
    first, second = subgraph.known(tmp_path), subgraph.known(tmp_path)
    second.take_shared()
    nothing = dict(second.found)
    await first.ask(SOURCE)
    first.share()
    second.take_shared()

    assert nothing == {}
    assert second.found == first.found


async def test_what_was_left_before_does_not_undo_a_newer_answer(tmp_path: Path) -> None:
    subgraph = Subgraph()
    first, second = subgraph.known(tmp_path), subgraph.known(tmp_path)
    await first.ask(SOURCE)
    first.share()
    second.take_shared()
    subgraph.answer = {"data": {"_service": {"sdl": "two"}}}
    await second.ask(SOURCE)
    second.take_shared()

    assert second.found == {("a", URL): "two"}
