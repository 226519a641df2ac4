"""What the garbage collector looks at in a process that serves: not what lives as long as the process.

Supergraph and schema hold most of its objects, and response trees have no cycles: looking for garbage among either is
time lost for requests.
"""

from __future__ import annotations

import gc


class SettledMemory:
    """One process has one; ``settle`` is for whoever serves, since it takes a pause."""

    def __init__(self) -> None:
        self._is_settled = False

    def settle(self) -> None:
        """Collect all garbage, and take what is left out of the collector's sight.

        Takes a pause of tens of milliseconds, and most of a second with 1 MB of SDL.
        """
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        gc.set_threshold(25_000, 20, 50)
        self._is_settled = True

    def set_aside(self) -> None:
        """Take what a long computation has made out of the collector's sight, until it is settled again; no pause.

        Nothing happens in a process that does not settle: there nobody would look at it again.
        """
        if self._is_settled:
            gc.freeze()


MEMORY = SettledMemory()
