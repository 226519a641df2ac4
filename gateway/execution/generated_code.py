"""Makes functions out of generated Python code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def make_function(
    name: str, lines: Iterable[str], constants: Mapping[str, object], *, about: str
) -> Callable[..., Any]:
    """Return the function ``name`` that ``lines`` define, with ``constants`` for its globals.

    ``lines`` have to be made of our own templates and of ``repr()`` of names, so that nothing foreign can run.
    ``about`` stands for the file in tracebacks and profiles.

    Raises:
        SyntaxError: Python does not take them: it nests twenty loops and no more.
    """
    namespace: dict[str, Any] = dict(constants)
    exec(compile("\n".join(lines), f"<{about}>", "exec"), namespace)  # noqa: S102
    function: Callable[..., Any] = namespace[name]
    return function
