"""Override labels in satisfiability: every combination that a query can meet, and none besides."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.composition.field_usage import find_field_usage
from gateway.composition.merging.merge import merge_subgraphs
from gateway.composition.report import Report
from gateway.composition.satisfiability.check import check_satisfiability
from gateway.composition.satisfiability.labelled_reach import LabelledReach
from gateway.composition.satisfiability.labels import Choice, choices
from gateway.composition.satisfiability.states import Proof, State
from gateway.composition.satisfiability.walk import SatisfiabilityWalk
from gateway.composition.subgraph_loader import load_subgraph
from gateway.composition.supergraph_printer import print_supergraph
from gateway.query_graph.budget import Budget
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.label_uses import LabelUses
from gateway.query_graph.reach import Reach
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from tests.support.subgraphs import codes, compose_all, fed, supergraph_sdl_of


class OneChoice(LabelledReach):
    """All labels have one fixed value each: what any one gateway sees at any one time."""

    def __init__(self, supergraph: Supergraph, active: frozenset[str]) -> None:
        super().__init__(supergraph, Budget(1_000_000))
        self._reach = Reach(QueryGraph(supergraph, active), self.budget)
        self.uses = LabelUses(load_supergraph(_WITHOUT_LABELS))

    def under(self, choice: Choice, relevant: frozenset[str]) -> Reach:
        return self._reach


_WITHOUT_LABELS = supergraph_sdl_of(a="type Query { a: Int }")


class EveryState(SatisfiabilityWalk):
    """Takes nothing for proven, and looks at every state that there is."""

    def _visit(self, state: State) -> None:
        proofs = self._proofs.setdefault(state.type_name, [])
        if all(replace(state, witness=p.state.witness) != p.state for p in proofs):
            proofs.append(Proof(state))
            self._prove(state, proofs[-1])


def unreachable(walk: SatisfiabilityWalk) -> set[tuple[str, str]]:
    walk.run()
    return {(found.type_name, found.field) for found in walk.unreachable}


FIELDS = {"id": "ID!", "k": "ID!", "x": "Int", "s": "S", "t": "T"}
KEYS = ("id", "k", "s { id }")


@st.composite
def migrating_subgraphs(draw: st.DrawFn) -> dict[str, str]:
    """Three subgraphs with two entities, whose fields move between them under three labels."""
    sdls: dict[str, str] = {}
    had: dict[str, set[str]] = {}
    for name in "abc":
        parts = [f"type Query {{ {name}: T }}"]
        for type_name in ("S", "T"):
            fields = {"id", *draw(st.sets(st.sampled_from(sorted(FIELDS)), min_size=1))}
            keys = draw(st.sets(st.sampled_from(KEYS), min_size=1, max_size=2))
            fields |= {key.split(" ")[0] for key in keys}
            lines = [_field(draw, name, type_name, field, had) for field in sorted(fields)]
            had[f"{name}.{type_name}"] = fields
            applied = " ".join(
                f'@key(fields: "{k}"{draw(st.sampled_from(("", ", resolvable: false")))})'
                for k in sorted(keys)
            )
            parts.append(f"type {type_name} {applied} @shareable {{ {' '.join(lines)} }}")
        sdls[name] = "\n".join(parts)
    return sdls


def _field(
    draw: st.DrawFn, graph: str, type_name: str, field: str, had: dict[str, set[str]]
) -> str:
    text = f"{field}: {FIELDS[field]}"
    origins = [g for g in "abc" if field in had.get(f"{g}.{type_name}", set())]
    if len(origins) == 1 and draw(st.booleans()):
        label = draw(st.sampled_from(("one", "two", "three")))
        text += f' @override(from: "{origins[0]}", label: "{label}")'
    return text


@settings(max_examples=30, deadline=None)
@given(migrating_subgraphs())
def test_what_some_choice_leaves_out_of_reach_is_found_and_nothing_else(
    sdls: dict[str, str],
) -> None:
    """Where something is found, more may come to light once that is mended; where nothing is, nothing is left."""
    supergraph = merged(sdls)
    labels = sorted(supergraph.override_labels)
    expected: set[tuple[str, str]] = set()
    for values in product((False, True), repeat=len(labels)):
        active = frozenset(label for label, value in zip(labels, values, strict=True) if value)
        expected |= unreachable(EveryState(OneChoice(supergraph, active), frozenset()))

    found = unreachable(
        SatisfiabilityWalk(LabelledReach(supergraph, Budget(1_000_000)), frozenset())
    )

    assert found <= expected
    assert bool(found) == bool(expected)


def merged(sdls: dict[str, str]) -> Supergraph:
    """The supergraph, even if not all of it can be answered."""
    report = Report()
    loaded = [load_subgraph(name, "http://x", fed(sdl), report) for name, sdl in sdls.items()]
    subgraphs = [subgraph for subgraph in loaded if subgraph is not None]
    usages = [find_field_usage(subgraph) for subgraph in subgraphs]
    return load_supergraph(print_supergraph(merge_subgraphs(subgraphs, usages, report)))


def test_choices_keep_what_is_given() -> None:
    given_already: Choice = frozenset({("one", True), ("far", False)})

    found = list(choices(frozenset({"one", "two"}), given_already))

    assert found == [given_already | {("two", False)}, given_already | {("two", True)}]


def test_message_says_which_labels_it_takes() -> None:
    result = compose_all(
        a="""type Query { t: T u: T } type T @key(fields: "id") { id: ID! k: ID! }""",
        b="""type T @key(fields: "id", resolvable: false) { id: ID! k: ID! @shareable
        @override(from: "a", label: "moving") } type Query { unused: Int }""",
    )

    assert [e.coordinate for e in result.errors] == ["T.k"]
    assert 'Coming from subgraph "a" while the override label "moving" is active:' in str(
        result.errors[0]
    )


def test_two_labels_that_only_together_leave_nothing_are_found() -> None:
    """Either key field alone still leads on; with both moved to where only the other leads, neither does."""
    sdls = {
        "a": 'type Query { t: T } type T @key(fields: "id", resolvable: false) { id: ID! k: ID! l: ID! }',
        "b": """type T @key(fields: "id", resolvable: false) { id: ID!
        k: ID! @override(from: "a", label: "one") l: ID! @override(from: "a", label: "two") }
        type Query { unused: Int }""",
        "c": 'type T @key(fields: "k") @key(fields: "l") { k: ID! @shareable l: ID! @shareable more: Int }',
    }
    sdls["a"] = sdls["a"].replace("k: ID! l: ID!", "k: ID! @shareable l: ID! @shareable")
    sdls["b"] = sdls["b"].replace("@override", "@shareable @override")

    found = compose_all(**sdls).errors

    more = next(e for e in found if e.coordinate == "T.more")
    assert 'label "one" is active and "two" is active' in more.message
    assert codes(compose_all(**sdls)) == ["SATISFIABILITY_ERROR"]


def test_one_label_on_a_path_has_one_value() -> None:
    """b's B is only met while the label is active, and then it is b that resolves its field."""
    result = compose_all(
        a="type Query { b: B } type B @shareable { x: Int }",
        b="""type Query { b: B @shareable @override(from: "a", label: "moving") }
        type B @shareable { x: Int @override(from: "a", label: "moving") }""",
    )

    assert codes(result) == []


def test_fields_of_one_type_with_many_labels_are_no_more_work_than_one_after_the_other() -> None:
    fields = range(40)
    old = " ".join(f"f{i}: Int" for i in fields)
    new = " ".join(f'f{i}: Int @override(from: "a", label: "label{i}")' for i in fields)
    sdl = supergraph_sdl_of(a=f"type Query {{ {old} }}", b=f"type Query {{ {new} }}")
    budget = Budget(1_000_000)
    walk = SatisfiabilityWalk(LabelledReach(load_supergraph(sdl), budget), frozenset())

    walk.run()

    assert walk.unreachable == []
    assert budget.spent < 1100 * len(fields)


def test_key_of_too_many_labels_is_given_up_on() -> None:
    names = [f"k{i}" for i in range(25)]
    plain = " ".join(f"{n}: ID! @shareable" for n in names)
    moved = " ".join(f'{n}: ID! @shareable @override(from: "a", label: "{n}")' for n in names)
    keys = " ".join(f'@key(fields: "{n}")' for n in names)

    result = compose_all(
        a=f"type Query {{ t: T }} type T {keys} {{ {plain} }}",
        b=f"type T {keys} {{ {moved} more: Int }}",
    )

    assert codes(result) == ["MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"]


def test_proof_of_labels_stops_at_its_limit() -> None:
    sdl = supergraph_sdl_of(
        a="type Query { x: Int }", b='type Query { x: Int @override(from: "a", label: "l") }'
    )
    report = Report()

    check_satisfiability(sdl, [], report, max_steps=0)

    assert [error.code for error in report.errors] == ["MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"]
