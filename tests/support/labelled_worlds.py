"""Random worlds whose overrides are progressive: subgraphs refuse fields that their label has given away."""

from __future__ import annotations

from dataclasses import dataclass

from .federated_world import GraphField, World

LABELS = ("percent(50)", "new-home")


@dataclass(frozen=True, slots=True)
class _Override:
    """A field in the subgraph that loses it, and in the one that takes it over."""

    lost: GraphField
    taken: GraphField
    label: str


class LabelledWorld(World):
    """A world with a label on every override; until one is activated all fields are where they were."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.overrides = list(self._label_overrides())
        self.activate(frozenset())

    def activate(self, labels: frozenset[str]) -> None:
        """Let subgraphs resolve what is theirs while just these labels are active."""
        for override in self.overrides:
            override.lost.is_overridden = override.label in labels
            override.taken.is_overridden = override.label not in labels

    def _label_overrides(self) -> list[_Override]:
        found: list[_Override] = []
        for types in self.graphs.values():
            for name, local in types.items():
                for field_name, taken in local.fields.items():
                    for place, directive in enumerate(taken.directives):
                        if not directive.startswith("@override("):
                            continue
                        source = directive.split('"')[1]
                        label = LABELS[len(found) % len(LABELS)]
                        taken.directives[place] = f'@override(from: "{source}", label: "{label}")'
                        lost = self.graphs[source][name].fields[field_name]
                        found.append(_Override(lost, taken, label))
        return found
