from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.clock import ManualClock, SystemClock, VirtualClock


def test_a_virtual_clock_is_the_systems_until_somebody_moves_it(tmp_path: Path) -> None:
    clock = VirtualClock(tmp_path / "clock.json")

    before = SystemClock().now()
    shown = clock.now()
    after = SystemClock().now()

    assert before <= shown <= after


def test_every_process_with_the_file_sees_the_move(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "clock.json"
    mine, yours = VirtualClock(file), VirtualClock(file)
    yours.now()
    monday = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)

    mine.set(monday)
    first = yours.now()
    mine.advance(timedelta(days=7))
    second = yours.now()

    assert timedelta() <= first - monday < timedelta(minutes=1)
    assert timedelta(days=7) <= second - first < timedelta(days=7, minutes=1)


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock(datetime(2030, 1, 7, tzinfo=UTC))

    clock.advance(timedelta(hours=1))

    assert clock.now() == clock.now() == datetime(2030, 1, 7, 1, tzinfo=UTC)
