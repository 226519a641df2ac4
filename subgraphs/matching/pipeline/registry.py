"""Which steps there are, and how data become a pipeline. The tuple is the registry: a new step is one line here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from subgraphs.matching.errors import PipelineInvalid

from .steps.base import Step
from .steps.eligible import Eligible
from .steps.exclude import Exclude
from .steps.free import Free
from .steps.pick import Pick
from .steps.score import Score

STEPS: tuple[type[Step], ...] = (Eligible, Free, Exclude, Score, Pick)
REQUIRED = (Free.NAME, Exclude.NAME, Pick.NAME)
"""Without these, a worker could be booked twice, found again for an order they failed, or not chosen at all."""


@dataclass(frozen=True, slots=True)
class StepConfig:
    """A step as data."""

    name: str
    config: str
    """JSON that fits the step's schema; what it leaves out is at its default."""


DEFAULT_STEPS = tuple(StepConfig(step.NAME, "{}") for step in STEPS)
"""Pipeline version 1."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Configured steps, in order."""

    steps: tuple[Step, ...]

    @property
    def free(self) -> Free:
        """The step that says how long a slot is."""
        return next(step for step in self.steps if isinstance(step, Free))

    @property
    def slot_length(self) -> timedelta:
        """How long a worker is booked for."""
        return self.free.length

    @property
    def may_shift(self) -> bool:
        """Whether the service may start later than wanted."""
        return self.free.max_shift > timedelta()


def parse_pipeline(
    configs: Sequence[StepConfig], *, registry: Sequence[type[Step]] = STEPS
) -> Pipeline:
    """Return the pipeline that ``configs`` describe.

    Raises:
        PipelineInvalid: a step is unknown, badly configured, given twice or missing, or the last is not ``pick``.
    """
    names = [config.name for config in configs]
    if len(set(names)) != len(names):
        raise PipelineInvalid("A step can stand in a pipeline only once.")
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise PipelineInvalid(f"These steps cannot be left out: {', '.join(missing)}.")
    if names[-1] != Pick.NAME:
        raise PipelineInvalid(f"The last step is {Pick.NAME!r}: nothing may change what it chose.")
    return Pipeline(tuple(_parse_step(config, registry) for config in configs))


def _parse_step(config: StepConfig, registry: Sequence[type[Step]]) -> Step:
    for kind in registry:
        if config.name == kind.NAME:
            return kind.configure(_parse_config(config, kind.SCHEMA))
    known = ", ".join(kind.NAME for kind in registry)
    raise PipelineInvalid(f"There is no step {config.name[:40]!r}. There are: {known}.")


def _parse_config(config: StepConfig, schema: Mapping[str, Any]) -> Mapping[str, object]:
    try:
        given = json.loads(config.config)
        Draft202012Validator(schema).validate(given)
    except ValidationError as error:
        raise PipelineInvalid(f"{config.name}: {error.json_path}: {error.message[:200]}") from error
    except ValueError as error:
        raise PipelineInvalid(f"{config.name}: the configuration is not JSON.") from error
    completed: dict[str, object] = _complete(given, schema)
    return completed


def _complete(given: Any, schema: Mapping[str, Any]) -> Any:
    """Fill in what the schema gives defaults for."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties:
        return given
    return {
        name: _complete(given.get(name, deepcopy(kind.get("default"))), kind)
        for name, kind in properties.items()
    }
