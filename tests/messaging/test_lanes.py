"""Lanes against a plain model: one at a time per aggregate, oldest first, nothing lost."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from messaging.lanes import Lanes

KEYS = st.sampled_from(["a", "b", "c"])


def test_lanes_take_turns() -> None:
    lanes: Lanes[str] = Lanes()
    for position, key in enumerate(["a", "a", "b"], start=1):
        lanes.add(key, position, f"{key}{position}")

    assert lanes.take() == ("a", 1, "a1")
    assert lanes.take() == ("b", 3, "b3")
    assert lanes.take() is None
    lanes.finish("a")
    assert lanes.take() == ("a", 2, "a2")


def test_a_lane_waits_for_what_was_put_back() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.add("a", 1, "first")
    lanes.add("a", 2, "second")
    assert lanes.take() == ("a", 1, "first")

    lanes.postpone("a", 1)
    assert lanes.take() is None
    lanes.add("a", 3, "third")
    assert lanes.take() is None
    lanes.add("a", 1, "first again")

    assert lanes.take() == ("a", 1, "first again")


def test_a_lane_goes_on_when_waiting_is_given_up() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.add("a", 1, "first")
    lanes.add("a", 2, "second")
    lanes.take()
    absence = lanes.postpone("a", 1)
    assert absence is not None

    lanes.give_up("a", absence + 1)
    assert lanes.take() is None
    lanes.give_up("a", absence)
    assert lanes.take() == ("a", 2, "second")
    lanes.give_up("b", absence)


def test_a_message_that_is_put_back_again_is_waited_for_anew() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.add("a", 1, "first")
    lanes.add("a", 2, "second")
    lanes.take()
    early = lanes.postpone("a", 1)
    assert early is not None
    lanes.add("a", 1, "first again")
    lanes.take()
    late = lanes.postpone("a", 1)
    assert late is not None

    lanes.give_up("a", early)

    assert lanes.take() is None
    lanes.give_up("a", late)
    assert lanes.take() == ("a", 2, "second")


def test_what_came_back_before_it_was_put_back_is_not_waited_for() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.add("a", 1, "first")
    lanes.take()
    lanes.add("a", 1, "again")

    absence = lanes.postpone("a", 1)

    assert absence is None
    assert lanes.take() == ("a", 1, "again")


def test_drain_empties_all_lanes_but_those_at_work() -> None:
    lanes: Lanes[str] = Lanes()
    for position, key in enumerate(["a", "b", "a"], start=1):
        lanes.add(key, position, f"{key}{position}")
    lanes.take()

    assert lanes.held() == ["a3", "b2"]
    assert lanes.drain() == ["b2", "a3"]
    assert len(lanes) == 0
    lanes.finish("a")
    assert lanes.take() is None


class LanesMachine(RuleBasedStateMachine):
    """Adds, takes, settles and redelivers at random, beside a model made of plain sets."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes: Lanes[int] = Lanes()
        self.next_position = 1
        self.waiting: dict[str, set[int]] = {"a": set(), "b": set(), "c": set()}
        self.at_work: dict[str, int] = {}
        self.put_back: dict[str, tuple[int, int]] = {}
        """Position and absence, by key."""
        self.absences: list[tuple[str, int]] = []
        """All that ever were: who was to give one up may be late."""

    @rule(key=KEYS)
    def add(self, key: str) -> None:
        self.lanes.add(key, self.next_position, self.next_position)
        self.waiting[key].add(self.next_position)
        self.next_position += 1

    @rule()
    def take(self) -> None:
        taken = self.lanes.take()
        free = {
            key
            for key, positions in self.waiting.items()
            if positions and key not in self.at_work and key not in self.put_back
        }
        if taken is None:
            assert not free
            return
        key, position, message = taken
        assert key in free
        assert position == message == min(self.waiting[key])
        self.waiting[key].remove(position)
        self.at_work[key] = position

    @precondition(lambda self: self.at_work)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.at_work)))
        del self.at_work[key]
        self.lanes.finish(key)

    @precondition(lambda self: self.at_work)
    @rule(data=st.data())
    def postpone(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.at_work)))
        position = self.at_work.pop(key)
        absence = self.lanes.postpone(key, position)
        assert absence is not None
        self.put_back[key] = position, absence
        self.absences.append((key, absence))

    @precondition(lambda self: self.put_back)
    @rule(data=st.data(), comes_back=st.booleans())
    def come_back(self, data: st.DataObject, comes_back: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.put_back)))
        position, absence = self.put_back.pop(key)
        if comes_back:
            self.lanes.add(key, position, position)
            self.waiting[key].add(position)
        else:
            self.lanes.give_up(key, absence)

    @precondition(lambda self: self.absences)
    @rule(data=st.data())
    def give_up_late(self, data: st.DataObject) -> None:
        key, absence = data.draw(st.sampled_from(self.absences))
        if self.put_back.get(key, (0, 0))[1] != absence:
            self.lanes.give_up(key, absence)

    @invariant()
    def holds_what_waits(self) -> None:
        waiting = sorted(position for positions in self.waiting.values() for position in positions)
        assert sorted(self.lanes.held()) == waiting
        assert len(self.lanes) == len(waiting)


LanesMachine.TestCase.settings = settings(max_examples=60, deadline=None)
TestLanes = LanesMachine.TestCase
