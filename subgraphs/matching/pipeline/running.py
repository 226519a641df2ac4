"""Running a pipeline: step after step, rung after rung, with a trace of what each step did.

A step that fails is skipped: a mistake in one of them must not keep every order waiting. The trace says so, and so does
a metric for whoever is on duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter_ns

from prometheus_client import Counter

from shared.logging import get_logger

from .candidates import Candidate, SearchRequest
from .ladder import Relaxation, rungs
from .registry import Pipeline
from .steps.base import Step
from .steps.pick import rank

_log = get_logger(__name__)
_skipped = Counter(
    "cattery_matching_steps_skipped_total", "Steps that failed and were skipped", ["step"]
)


class StepMisbehaved(ValueError):
    """A step returned candidates that it was not given."""


@dataclass(frozen=True, slots=True)
class StepTrace:
    """What one step did."""

    name: str
    version: int
    candidates_in: int
    candidates_out: int
    took_micros: int
    note: str | None = None
    """That it was skipped and why; which wishes were relaxed."""


@dataclass(frozen=True, slots=True)
class StepRun:
    """What one step did, and who was left."""

    trace: StepTrace
    left: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """Who it is, and how that came about."""

    chosen: Candidate | None
    relaxed: frozenset[Relaxation]
    runs: tuple[StepRun, ...]

    @property
    def trace(self) -> tuple[StepTrace, ...]:
        """What every step did, rung after rung."""
        return tuple(run.trace for run in self.runs)


def run_pipeline(
    pipeline: Pipeline, request: SearchRequest, candidates: Iterable[Candidate]
) -> PipelineResult:
    """Return the one worker for ``request``, or nobody when even the last rung of the ladder finds none.

    The order of ``candidates`` does not matter.
    """
    pool = tuple(sorted(candidates, key=lambda each: each.worker_id))
    runs: list[StepRun] = []
    relaxed: frozenset[Relaxation] = frozenset()
    for relaxed in rungs(may_shift=pipeline.may_shift):
        runs.extend(_climb(pipeline.steps, replace(request, relaxed=relaxed), pool))
        # Excluded workers are not saved by a skipped step either.
        left = [each for each in runs[-1].left if each.worker_id not in request.excluded]
        if left:
            # One is left already, unless the step that picks was skipped.
            best = min(left, key=lambda each: rank(request.search_id, each))
            return PipelineResult(best, relaxed, tuple(runs))
    return PipelineResult(None, relaxed, tuple(runs))


def _climb(
    steps: Sequence[Step], request: SearchRequest, candidates: tuple[Candidate, ...]
) -> Iterator[StepRun]:
    for step in steps:
        run = _run_step(step, request, candidates)
        candidates = run.left
        yield run


def _run_step(step: Step, request: SearchRequest, candidates: tuple[Candidate, ...]) -> StepRun:
    started = perf_counter_ns()
    notes = [f"relaxed: {', '.join(sorted(request.relaxed))}"] if request.relaxed else []
    try:
        left = _check(candidates, step(request, candidates))
    except Exception as problem:  # noqa: BLE001  protects the search from any one step
        _log.error("step skipped", step=step.NAME, version=step.VERSION, exc_info=problem)
        _skipped.labels(step.NAME).inc()
        notes.append(f"skipped: {type(problem).__name__}")
        left = candidates
    trace = StepTrace(
        name=step.NAME,
        version=step.VERSION,
        candidates_in=len(candidates),
        candidates_out=len(left),
        took_micros=(perf_counter_ns() - started) // 1_000,
        note="; ".join(notes) or None,
    )
    return StepRun(trace, left)


def _check(before: tuple[Candidate, ...], after: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    known = {each.worker_id for each in before}
    if not known.issuperset(each.worker_id for each in after):
        raise StepMisbehaved("a step returned candidates that it was not given")
    return after
