"""The algorithm alone: plain data in, one worker or nobody out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.matching.errors import PipelineInvalid
from subgraphs.matching.pipeline import (
    DEFAULT_STEPS,
    Candidate,
    Pipeline,
    PipelineResult,
    Relaxation,
    SearchRequest,
    Slot,
    StepConfig,
    Trait,
    parse_pipeline,
    run_pipeline,
)
from subgraphs.matching.pipeline.registry import STEPS

NOON = datetime(2030, 1, 7, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SKILL, OTHER_SKILL = UUID(int=1), UUID(int=2)
CLIENT, SEARCH = UUID(int=3), UUID(int=4)


def a_search(search_id: UUID = SEARCH, *, excluded: frozenset[UUID] = frozenset()) -> SearchRequest:
    return SearchRequest(
        search_id=search_id,
        client_id=CLIENT,
        service_type_id=SKILL,
        service_code="CLEAN",
        starts_at=NOON,
        excluded=excluded,
    )


def a_worker(number: int = 100, **known: object) -> Candidate:
    return replace(Candidate(worker_id=UUID(int=number), skills=frozenset({SKILL})), **known)  # type: ignore[arg-type]


def a_pipeline(**configs: str) -> Pipeline:
    return parse_pipeline([StepConfig(s.NAME, configs.get(s.NAME, "{}")) for s in STEPS])


def chosen(result: PipelineResult) -> UUID | None:
    return None if result.chosen is None else result.chosen.worker_id


def a_slot(from_hour: int, to_hour: int) -> Slot:
    return Slot(NOON.replace(hour=from_hour), NOON.replace(hour=to_hour))


def test_the_default_pipeline_is_eligible_free_exclude_score_pick() -> None:
    result = run_pipeline(parse_pipeline(DEFAULT_STEPS), a_search(), [a_worker()])

    assert [(step.name, step.candidates_in, step.candidates_out) for step in result.trace] == [
        ("eligible", 1, 1),
        ("free", 1, 1),
        ("exclude", 1, 1),
        ("score", 1, 1),
        ("pick", 1, 1),
    ]
    assert result.relaxed == frozenset()


def test_the_skilled_worker_goes_before_a_better_unskilled_one() -> None:
    unskilled = a_worker(1, skills=frozenset({OTHER_SKILL}), done=100, strengths=(Trait("x", 500),))
    skilled = a_worker(2, failed=3)

    assert chosen(run_pipeline(a_pipeline(), a_search(), [unskilled, skilled])) == skilled.worker_id


def test_a_booked_worker_is_passed_over_only_where_the_slots_overlap() -> None:
    booked = a_worker(1, booked=(a_slot(13, 15),))
    before_and_after = a_worker(2, booked=(a_slot(10, 12), a_slot(14, 16)))

    assert chosen(run_pipeline(a_pipeline(), a_search(), [booked])) is None
    found = run_pipeline(a_pipeline(), a_search(), [before_and_after])
    assert found.chosen is not None
    assert found.chosen.slot == a_slot(12, 14)


def test_an_excluded_worker_is_never_chosen_whatever_is_relaxed() -> None:
    worker = a_worker()
    request = a_search(excluded=frozenset({worker.worker_id}))

    result = run_pipeline(a_pipeline(), request, [worker])

    assert result.chosen is None
    assert Relaxation.SKILL in result.relaxed


@pytest.mark.parametrize(
    ("worker", "relaxed"),
    [
        (a_worker(), set()),
        (a_worker(open_jobs=10), {"FAIRNESS"}),
        (a_worker(weaknesses=(Trait("lazy", 301),)), {"FAIRNESS", "WEAKNESSES"}),
        (a_worker(skills=frozenset()), {"FAIRNESS", "WEAKNESSES", "SKILL"}),
    ],
)
def test_wishes_are_given_up_one_by_one_before_nobody_is_found(
    worker: Candidate, relaxed: set[str]
) -> None:
    result = run_pipeline(a_pipeline(), a_search(), [worker])

    assert chosen(result) == worker.worker_id
    assert result.relaxed == relaxed
    assert len(result.trace) == 5 * (len(relaxed) + 1)
    if relaxed:
        assert result.trace[-1].note == f"relaxed: {', '.join(sorted(relaxed))}"


def test_the_start_moves_only_where_the_pipeline_allows_it_and_only_to_the_next_free_slot() -> None:
    busy = a_worker(booked=(Slot(NOON - HOUR, NOON + timedelta(minutes=20)),))

    fixed = run_pipeline(a_pipeline(), a_search(), [busy])
    moved = run_pipeline(a_pipeline(free='{"maxShiftMinutes": 120}'), a_search(), [busy])

    assert fixed.chosen is None
    assert moved.chosen is not None
    assert moved.chosen.slot is not None
    assert moved.chosen.slot.starts_at == NOON + timedelta(minutes=30)
    assert Relaxation.SLOT in moved.relaxed


def test_equals_are_told_apart_by_the_hash_of_search_and_worker() -> None:
    workers = [a_worker(number) for number in range(1, 30)]
    search_id = uuid4()

    def tie(worker: Candidate) -> bytes:
        return hashlib.sha256(search_id.bytes + worker.worker_id.bytes).digest()

    found = run_pipeline(a_pipeline(), a_search(search_id), workers)

    assert chosen(found) == min(workers, key=tie).worker_id


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"strengths": (Trait("tidy", 90),)}, {"strengths": (Trait("tidy", 80),)}),
        ({"weaknesses": ()}, {"weaknesses": (Trait("lazy", 40),)}),
        ({"done": 9}, {"done": 9, "failed": 1}),
        ({"done_for_client": 2}, {"failed_for_client": 2}),
        ({"open_jobs": 0}, {"open_jobs": 2}),
    ],
)
def test_each_part_of_the_score_counts(better: dict[str, object], worse: dict[str, object]) -> None:
    good, bad = a_worker(1, **better), a_worker(2, **worse)

    for number in range(20):
        found = run_pipeline(a_pipeline(), a_search(UUID(int=number)), [bad, good])
        assert chosen(found) == good.worker_id


def test_a_trait_counts_as_the_pipeline_says_first_for_the_service_then_at_all() -> None:
    tidy = a_worker(1, strengths=(Trait("tidy", 50),))
    strong = a_worker(2, strengths=(Trait("strong", 60),))
    config = '{"traits": {"strong": 0, "tidy": 0}, "traitsByService": {"CLEAN": {"tidy": 20000}}}'

    plain = run_pipeline(a_pipeline(), a_search(), [tidy, strong])
    weighted = run_pipeline(a_pipeline(score=config), a_search(), [tidy, strong])

    assert chosen(plain) == strong.worker_id
    assert chosen(weighted) == tidy.worker_id


TRAITS = st.lists(
    st.builds(Trait, st.sampled_from(["tidy", "strong", "lazy"]), st.integers(0, 100)), max_size=4
).map(tuple)
SLOTS = st.lists(st.integers(6, 18).map(lambda hour: a_slot(hour, hour + 2)), max_size=3).map(tuple)
WORKERS = st.lists(
    st.builds(
        Candidate,
        worker_id=st.integers(1, 40).map(lambda number: UUID(int=number)),
        skills=st.sets(st.sampled_from([SKILL, OTHER_SKILL])).map(frozenset),
        strengths=TRAITS,
        weaknesses=TRAITS,
        done=st.integers(0, 50),
        failed=st.integers(0, 50),
        done_for_client=st.integers(0, 5),
        failed_for_client=st.integers(0, 5),
        open_jobs=st.integers(0, 15),
        booked=SLOTS,
    ),
    max_size=12,
    unique_by=lambda worker: worker.worker_id,
)
EXCLUDED = st.sets(st.integers(1, 40).map(lambda number: UUID(int=number)), max_size=8).map(
    frozenset
)


@given(WORKERS, EXCLUDED, st.uuids(), st.randoms())
def test_the_same_input_gives_the_same_worker_in_whatever_order_it_comes(
    workers: list[Candidate], excluded: frozenset[UUID], search_id: UUID, random: object
) -> None:
    shuffled = list(workers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    request = a_search(search_id, excluded=excluded)

    first = run_pipeline(a_pipeline(), request, workers)
    again = run_pipeline(a_pipeline(), request, shuffled)

    assert first.chosen == again.chosen
    assert [replace(step, took_micros=0) for step in first.trace] == [
        replace(step, took_micros=0) for step in again.trace
    ]


@given(WORKERS, EXCLUDED, st.uuids())
def test_somebody_is_found_exactly_when_somebody_is_free_and_not_excluded(
    workers: list[Candidate], excluded: frozenset[UUID], search_id: UUID
) -> None:
    wanted = Slot.of(NOON, 2 * HOUR)
    possible = {
        worker.worker_id
        for worker in workers
        if worker.worker_id not in excluded
        and not any(slot.overlaps(wanted) for slot in worker.booked)
    }

    result = run_pipeline(a_pipeline(), a_search(search_id, excluded=excluded), workers)

    assert (result.chosen is not None) == bool(possible)
    if result.chosen is not None:
        assert result.chosen.worker_id in possible
        assert 0 <= result.chosen.score_bps <= 10_000


@given(WORKERS, st.uuids())
def test_no_step_ever_adds_a_candidate(workers: list[Candidate], search_id: UUID) -> None:
    result = run_pipeline(a_pipeline(), a_search(search_id), workers)

    for before, after in zip(result.trace, result.trace[1:], strict=False):
        assert before.candidates_out <= before.candidates_in
        starts_a_rung = after.name == "eligible"
        assert after.candidates_in == (len(workers) if starts_a_rung else before.candidates_out)


@dataclass(frozen=True, slots=True)
class Broken:
    """A step that fails on everything."""

    NAME: ClassVar[str] = "broken"
    VERSION: ClassVar[int] = 3
    SCHEMA: ClassVar[Mapping[str, object]] = {"type": "object"}

    @classmethod
    def configure(cls, config: Mapping[str, object]) -> Self:
        return cls()

    def __call__(
        self, request: SearchRequest, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        raise ZeroDivisionError


@dataclass(frozen=True, slots=True)
class Inventive(Broken):
    """A step that makes workers up."""

    def __call__(
        self, request: SearchRequest, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        return (a_worker(777),)


@pytest.mark.parametrize(
    ("step", "problem"), [(Broken, "ZeroDivisionError"), (Inventive, "StepMisbehaved")]
)
def test_a_step_that_fails_is_skipped_and_the_trace_says_so(
    step: type[Broken], problem: str
) -> None:
    configs = [StepConfig("broken", "{}"), *DEFAULT_STEPS]
    pipeline = parse_pipeline(configs, registry=(step, *STEPS))

    result = run_pipeline(pipeline, a_search(), [a_worker(1), a_worker(2)])

    assert result.chosen is not None
    assert (result.trace[0].name, result.trace[0].version) == ("broken", 3)
    assert result.trace[0].note == f"skipped: {problem}"
    assert (result.trace[0].candidates_in, result.trace[0].candidates_out) == (2, 2)


class BrokenPick(Broken):
    NAME = "pick"


class BrokenExclude(Broken):
    NAME = "exclude"


def test_the_best_one_is_chosen_even_when_picking_fails() -> None:
    registry = (*STEPS[:-1], BrokenPick)
    pipeline = parse_pipeline(DEFAULT_STEPS, registry=registry)
    best = a_worker(9, done=50)

    result = run_pipeline(pipeline, a_search(), [a_worker(1), best, a_worker(10)])

    assert chosen(result) == best.worker_id


def test_an_excluded_worker_is_not_saved_by_a_step_that_fails() -> None:
    registry = (*(s for s in STEPS if s.NAME != "exclude"), BrokenExclude)
    pipeline = parse_pipeline(DEFAULT_STEPS, registry=registry)
    worker = a_worker(1, done=50)
    request = a_search(excluded=frozenset({worker.worker_id}))

    assert chosen(run_pipeline(pipeline, request, [worker])) is None
    assert chosen(run_pipeline(pipeline, request, [worker, a_worker(2)])) != worker.worker_id


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ([], "cannot be left out: free, exclude, pick"),
        (["free", "pick"], "cannot be left out: exclude"),
        (["free", "exclude", "pick", "score"], "last step is 'pick'"),
        (["free", "free", "exclude", "pick"], "only once"),
        (["free", "exclude", "magic", "pick"], "no step 'magic'"),
    ],
)
def test_steps_that_make_no_pipeline_are_refused(steps: list[str], complaint: str) -> None:
    with pytest.raises(PipelineInvalid, match=complaint):
        parse_pipeline([StepConfig(name, "{}") for name in steps])


@pytest.mark.parametrize(
    ("name", "config", "complaint"),
    [
        ("free", "{", "free: the configuration is not JSON"),
        ("free", '{"slotMinutes": 0}', "slotMinutes"),
        ("free", '{"slotMinutes": 90.5}', "slotMinutes"),
        ("free", '{"slotHours": 2}', "slotHours"),
        ("free", '{"maxShiftMinutes": 121}', "maxShiftMinutes"),
        ("score", '{"weights": {"luck": 1}}', "luck"),
        ("score", '{"traits": {"tidy": -1}}', "tidy"),
        ("score", '{"traitsByService": {"CLEAN": {"tidy": "much"}}}', "tidy"),
        ("pick", '{"keep": 2}', "keep"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused_by_name(
    name: str, config: str, complaint: str
) -> None:
    with pytest.raises(PipelineInvalid, match=complaint):
        a_pipeline(**{name: config})


def test_what_a_configuration_leaves_out_is_at_its_default() -> None:
    pipeline = a_pipeline(free='{"maxShiftMinutes": 30}', score='{"weights": {"rating": 1}}')

    assert pipeline.slot_length == 2 * HOUR
    assert pipeline.may_shift
    assert not a_pipeline().may_shift


def test_the_slot_is_as_long_as_the_pipeline_says() -> None:
    found = run_pipeline(a_pipeline(free='{"slotMinutes": 45}'), a_search(), [a_worker()])

    assert found.chosen is not None
    assert found.chosen.slot == Slot.of(NOON, timedelta(minutes=45))


def test_weights_that_are_all_zero_leave_the_choice_to_the_hash() -> None:
    weights = '{"weights": {"strength": 0, "weakness": 0, "rating": 0, "client": 0, "fairness": 0}}'

    found = run_pipeline(a_pipeline(score=weights), a_search(), [a_worker(1), a_worker(2, done=9)])

    assert found.chosen is not None
    assert found.chosen.score_bps == 0
