"""How much work one answer may take, counted in steps, so that limits do not depend on the machine."""

from __future__ import annotations


class BudgetSpent(Exception):
    """More steps were needed than allowed."""


class Budget:
    """Counts steps and stops at a limit."""

    __slots__ = ("limit", "spent")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0

    def spend(self, steps: int = 1) -> None:
        """Count steps.

        Raises:
            BudgetSpent: they are more than the limit.
        """
        self.spent += steps
        if self.spent > self.limit:
            raise BudgetSpent(f"more than {self.limit} steps")
