"""``Reach`` under any choice of override labels, within one budget."""

from __future__ import annotations

from gateway.query_graph.budget import Budget
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.label_uses import NO_LABELS, LabelUses
from gateway.query_graph.reach import Reach
from gateway.query_graph.views import Views
from gateway.supergraph.model import Supergraph

from .labels import Choice

_GRAPH_STEPS = 1000
"""What another query graph counts for: filling one in takes that much longer than asking a filled one."""


class LabelledReach:
    """Keeps one ``Reach`` for each set of active labels. Positions of one can be asked about in another."""

    def __init__(self, supergraph: Supergraph, budget: Budget) -> None:
        self.supergraph = supergraph
        self.uses = LabelUses(supergraph)
        self.budget = budget
        self._views = Views()
        self._reaches: dict[frozenset[str], Reach] = {}

    def under(self, choice: Choice, relevant: frozenset[str]) -> Reach:
        """Return the reach under a choice; labels that are not ``relevant`` to the question are left inactive.

        Raises:
            BudgetSpent: too many choices have been asked for.
        """
        active = (
            frozenset(label for label, is_active in choice if is_active and label in relevant)
            if relevant
            else NO_LABELS
        )
        found = self._reaches.get(active)
        if found is None:
            self.budget.spend(_GRAPH_STEPS)
            graph = QueryGraph(self.supergraph, active)
            # Numbers of views are part of positions, which go from one graph to the next.
            graph.views = self._views
            found = self._reaches[active] = Reach(graph, self.budget)
        return found
