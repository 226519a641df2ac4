"""What a process that serves keeps from the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from gateway.server.settled_memory import SettledMemory


@pytest.fixture
def memory() -> Iterator[SettledMemory]:
    before = gc.get_threshold()
    yield SettledMemory()
    gc.unfreeze()
    gc.set_threshold(*before)


def is_looked_at(thing: object) -> bool:
    return any(each is thing for each in gc.get_objects())


def test_what_is_there_is_no_longer_looked_at(memory: SettledMemory) -> None:
    here = [1]

    memory.settle()

    assert not is_looked_at(here)
    assert is_looked_at([2])


def test_what_a_computation_has_made_is_set_aside(memory: SettledMemory) -> None:
    memory.settle()
    made = [1]

    memory.set_aside()

    assert not is_looked_at(made)


def test_nothing_is_set_aside_where_nobody_settles(memory: SettledMemory) -> None:
    made = [1]

    memory.set_aside()

    assert is_looked_at(made)


def test_what_was_set_aside_is_collected_when_it_is_settled_again(memory: SettledMemory) -> None:
    class Circle:
        pass

    memory.settle()
    circle = Circle()
    circle.__dict__["itself"] = circle
    memory.set_aside()
    gone: list[bool] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            gone.append(info["collected"] > 0)

    del circle
    gc.callbacks.append(note)
    try:
        memory.settle()
    finally:
        gc.callbacks.remove(note)

    assert gone == [True]
