"""The circuit breaker's states: every row of its table."""

from __future__ import annotations

from gateway.transports.circuit_breaker import CircuitBreaker, CircuitPolicy, CircuitState

POLICY = CircuitPolicy(failure_ratio=0.5, min_requests=4, window_seconds=10, pause_seconds=5)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def an_open_circuit() -> tuple[CircuitBreaker, Clock]:
    clock = Clock()
    breaker = CircuitBreaker(POLICY, clock=clock)
    for _ in range(4):
        assert breaker.admit()
        breaker.record(success=False)
    assert breaker.state is CircuitState.OPEN
    return breaker, clock


def test_it_stays_closed_below_the_number_of_requests_that_means_anything() -> None:
    breaker = CircuitBreaker(POLICY)
    for _ in range(3):
        breaker.record(success=False)

    assert breaker.admit()


def test_it_stays_closed_below_the_share_of_failures() -> None:
    breaker = CircuitBreaker(POLICY)
    for number in range(30):
        breaker.record(success=number % 3 != 2)

    assert breaker.state is CircuitState.CLOSED


def test_the_request_that_makes_enough_of_them_opens_it_also_when_it_succeeds() -> None:
    breaker = CircuitBreaker(POLICY)
    for success in (True, False, False):
        breaker.record(success=success)
    assert breaker.admit()

    breaker.record(success=True)

    assert breaker.state is CircuitState.OPEN


def test_successes_of_an_old_window_do_not_make_up_for_failures() -> None:
    clock = Clock()
    breaker = CircuitBreaker(POLICY, clock=clock)
    for _ in range(100):
        breaker.record(success=True)
    clock.now = 11
    for _ in range(4):
        breaker.record(success=False)

    assert breaker.state is CircuitState.OPEN


def test_failures_of_an_old_window_do_not_count() -> None:
    clock = Clock()
    breaker = CircuitBreaker(POLICY, clock=clock)
    for _ in range(3):
        breaker.record(success=False)
    clock.now = 11
    breaker.record(success=False)

    assert breaker.state is CircuitState.CLOSED


def test_open_it_admits_nothing_until_the_pause_is_over() -> None:
    breaker, clock = an_open_circuit()
    assert not breaker.admit()

    clock.now = 5

    assert breaker.admit()
    assert breaker.state is CircuitState.HALF_OPEN


def test_half_open_it_admits_one_probe_at_a_time() -> None:
    breaker, clock = an_open_circuit()
    clock.now = 5

    assert breaker.admit()
    assert not breaker.admit()

    breaker.release()
    assert breaker.admit()


def test_a_probe_decides() -> None:
    for success, state in ((True, CircuitState.CLOSED), (False, CircuitState.OPEN)):
        breaker, clock = an_open_circuit()
        clock.now = 5
        breaker.admit()

        breaker.record(success=success)

        assert breaker.state is state
        assert breaker.admit() is success


def test_an_answer_to_an_earlier_request_does_not_close_it() -> None:
    breaker, _ = an_open_circuit()

    breaker.record(success=True)

    assert breaker.state is CircuitState.OPEN


def test_each_change_of_state_is_told_once() -> None:
    clock, told = Clock(), list[CircuitState]()
    breaker = CircuitBreaker(POLICY, on_change=told.append, clock=clock)
    for second in range(0, 60, 5):
        clock.now = second
        while breaker.admit():
            breaker.record(success=second >= 30)
            if breaker.state is CircuitState.CLOSED and second >= 30:
                break

    assert told == [CircuitState.OPEN] + [CircuitState.HALF_OPEN, CircuitState.OPEN] * 5 + [
        CircuitState.HALF_OPEN,
        CircuitState.CLOSED,
    ]
