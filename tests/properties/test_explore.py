"""The compiled explorer against the plain interpreter, and the counts that it pins."""

from collections import Counter

import pytest
from pinned_counts import SMALL as SMALL_COUNTS
from traces import replays

from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.language.interpreter import Interpreter, State, Transition
from pmip6.model.language.table import Message, Role
from pmip6.model.language.terms import TRUE, before, exists
from pmip6.model.lma.binding_cache import in_use
from pmip6.model.shipped.configurations import (
    HANDOFF,
    INTERFACES,
    ON,
    ONE_NODE,
    REJECTIONS,
    SEQUENCES,
    facts,
)
from pmip6.model.shipped.named import NAMED
from pmip6.model.state import ENTRY, binding_lifetime, last_accepted, pbu
from pmip6.model.wire.numbers import is_newer_number
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties, time_can_go_on
from pmip6.properties.exploration.compiled import NoCompiler
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.search import INTERRUPTED, Reached
from pmip6.properties.faults.mutants import mechanical
from pmip6.properties.property import PROPERTIES, Property, Scope, with_a_case
from pmip6.properties.protocol import (
    a_stale_request_changes_nothing,
    one_entry_for_each_session,
)
from pmip6.properties.result import Outcome, Run

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

RELIABLE: frozenset[str] = frozenset()
SMALL = ONE_NODE.changed(
    durations={},
    capacity={"pbu": 1, "pba": 1},
    gateways=("mag1",),
    prefixes=("p1",),
    entries=("bce1",),
    in_flight=None,
    times=None,
    faults=RELIABLE,
)
CONFIGURATIONS = {
    "perfect channels": SMALL,
    "loss and duplication": SMALL.changed(
        faults=frozenset({"lose", "duplicate"}),
        capacity={"pbu": 2, "pba": 1},
        disabled=frozenset(
            {
                "retransmit",
                "renew",
                "notice_detachment",
                "expire",
                "propose_prefix",
                "fail_authentication",
            }
        ),
    ),
    "a queue": SMALL.changed(
        faults=frozenset({"lose"}),
        reorder=False,
        capacity={"pbu": 2, "pba": 1},
        disabled=frozenset({"retransmit", "renew"}),
    ),
    "late messages": SMALL.changed(
        faults=frozenset({"delay", "lose"}), disabled=frozenset({"retransmit"})
    ),
    "clocks": SMALL.changed(
        durations={"binding_lifetime": (2,), "retransmission": (1, 2)},
        disabled=frozenset({"fail_authentication", "propose_prefix"}),
    ),
    "two prefixes": SMALL.changed(
        prefixes=("p1", "p2"), entries=("bce1", "bce2"), disabled=frozenset({"renew"})
    ),
    "few times, few messages": SMALL.changed(
        faults=frozenset({"lose", "duplicate"}),
        capacity={"pbu": 2, "pba": 1},
        in_flight=2,
        times=2,
    ),
    "two nodes, few messages": SMALL.changed(
        nodes=("mn1", "mn2"),
        facts=facts(("mn1", "mn2"), ("mag1",), ("p1",)),
        in_flight=1,
        times=1,
    ),
    "two gateways": SMALL.changed(
        gateways=("mag1", "mag2"),
        disabled=frozenset(
            {
                "retransmit",
                "renew",
                "propose_prefix",
                "fail_authentication",
                "notice_detachment",
                "expire",
            }
        ),
    ),
    "faulty peer": REJECTIONS.changed(
        nodes=("mn1",), faults=RELIABLE, entries=("bce1",)
    ),
}


def _count(model: Model, limit: int) -> tuple[int, int, int, Counter[str]]:
    """States, transitions, depth and steps by rule, by the plain interpreter."""
    interpreter = Interpreter(model)
    first = interpreter.canonical(interpreter.initial())
    depth: dict[State, int] = {first: 0}
    waiting = [first]
    rules: Counter[str] = Counter()
    for state in waiting:
        for step in interpreter.transitions(state):
            rules[step.name] += 1
            target = interpreter.canonical(step.target)
            if target not in depth:
                depth[target] = depth[state] + 1
                waiting.append(target)
        assert len(depth) < limit
    return len(depth), rules.total(), max(depth.values()), rules


@pytest.mark.parametrize("chosen", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_the_explorer_and_the_interpreter_count_the_same(chosen: Configuration) -> None:
    model = Model(chosen)
    run = explore(model, [])
    rules = {name: steps for name, steps in run.rules.items() if steps}
    found = (run.states, run.transitions, run.depth, rules)
    assert found == _count(model, limit=20000)


def test_the_number_of_threads_changes_nothing() -> None:
    model = Model(CONFIGURATIONS["loss and duplication"])
    one, two = (explore(model, [], threads=n) for n in (1, 2))
    assert (one.states, one.transitions, one.depth, one.rules) == (
        two.states,
        two.transitions,
        two.depth,
        two.rules,
    )


@pytest.mark.parametrize("name", SMALL_COUNTS)
def test_the_counts_of_the_small_configurations(name: str) -> None:
    run = explore(Model(NAMED[name]), [])
    assert (run.states, run.transitions, run.depth) == SMALL_COUNTS[name]


def test_gateways_that_mix_sessions_give_an_interface_two() -> None:
    mixed = INTERFACES.changed(facts={**INTERFACES.facts, "gateways_mix_sessions": ON})
    run = explore(Model(mixed), [one_entry_for_each_session])
    found = run.properties[0]
    assert found.outcome is Outcome.VIOLATED and found.trace is not None
    assert [step.name for step in found.trace.steps] == [
        *("send_request_of_interface", "allocate") * 2,
        *("send_request_of_interface", "extend"),
    ]


def of_anchor(step: Transition) -> bool:
    return step.rule is not None and step.rule.role is Role.LMA


def test_a_number_that_is_not_looked_at_changes_the_binding() -> None:
    (unchecked,) = (
        m
        for m in mechanical().values()
        if m.rule == "extend"
        and "without" in m.text
        and "sequence_numbers" in m.text
        and m.text.startswith("without ~(exists")
    )
    run = explore(Model(SEQUENCES, unchecked.rules), [a_stale_request_changes_nothing])
    found = run.properties[0]
    assert found.outcome is Outcome.VIOLATED and found.trace is not None
    taken = [step.name for step in found.trace.steps if of_anchor(step)]
    assert taken[0] in ("allocate", "register_requested_prefix")  # both are shortest
    assert taken[1:] == ["deregister", "extend"]


def test_the_counter_wraps() -> None:
    """After the highest number the lowest is greater: it extends the session."""
    assert is_newer_number(3, 65530) and not is_newer_number(65530, 3)
    assert is_newer_number(32782, 15) and not is_newer_number(32783, 15)
    assert not is_newer_number(7, 7)


def _all_hold(chosen: Configuration) -> Run:
    model = Model(chosen)
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert {p.name for p in run.properties if p.outcome is not Outcome.HOLDS} == set()
    assert run.properties[-1].name == "no-deadlock"
    assert run.rules["reject_lower_timestamp"] > 0
    return run


def test_one_node_keeps_all_properties_over_unreliable_channels() -> None:
    run = _all_hold(ONE_NODE)
    assert (run.states, run.transitions, run.depth) == (21358298, 171934055, 74)


@pytest.mark.nightly
def test_handoff_keeps_all_properties_over_unreliable_channels() -> None:
    run = _all_hold(HANDOFF)
    assert (run.states, run.transitions, run.depth) == (56692520, 437305344, 69)


def test_without_reordering_and_duplication_no_timestamp_is_lower() -> None:
    one = ONE_NODE.changed(durations={}, prefixes=("p1",), faults=frozenset({"lose"}))
    bag, queue = (
        explore(Model(one.changed(reorder=reorder)), []).rules
        for reorder in (True, False)
    )
    assert bag["reject_lower_timestamp"] > 0
    assert queue["reject_lower_timestamp"] == 0


@pytest.mark.parametrize("chosen", [ONE_NODE, HANDOFF], ids=lambda c: c.name)
def test_the_channels_change_states_by_every_fault(chosen: Configuration) -> None:
    """What finds the channel full is taken, and changes nothing."""
    model = Model(chosen)
    interpreter = Interpreter(model)
    wanted = {rule.name for rule in model.rules if rule.role is Role.CHANNEL}
    assert wanted >= {"lose_pbu", "duplicate_pbu", "duplicate_pba"}
    found: dict[str, int] = dict.fromkeys(wanted, 0)
    waiting = [interpreter.initial()]
    seen = set(waiting)
    for state in waiting:
        if all(found.values()):
            return
        for step in interpreter.transitions(state):
            if step.target not in seen:
                seen.add(step.target)
                waiting.append(step.target)
            if step.rule is not None and step.rule.name in found:
                found[step.rule.name] += step.target != state
    pytest.fail(f"never change a state: {[n for n, k in found.items() if not k]}")


REQUEST = Message(pbu)
NEVER_OVERTAKEN = Property(  # wrong on purpose: channels reorder
    name="never-overtaken",
    term=~before(REQUEST.timestamp, last_accepted[REQUEST.node]),
    scope=Scope.MESSAGE,
    premise=TRUE,
    requirements=(),
    doc="No request arrives that is older than an accepted one.",
    channel=pbu,
)


def test_handoff_reorders_messages() -> None:
    """Without loss and duplication only an overtaken request can be older."""
    bag = HANDOFF.changed(faults=RELIABLE)
    queue = bag.changed(reorder=False)
    overtaken, in_order = (
        explore(Model(c), [NEVER_OVERTAKEN], limit=1_000_000, stop_early=True)
        for c in (bag, queue)
    )
    trace = overtaken.properties[0].trace
    assert trace is not None
    assert [step.name for step in trace.steps] == [
        "attach",
        "request_allocation",
        "detach",
        "attach",
        "request_allocation",
        "allocate",
        "reject_lower_timestamp",
    ]
    assert replays(trace, Model(HANDOFF))
    assert not replays(trace, Model(HANDOFF.changed(reorder=False)))
    assert in_order.properties[0].trace is None
    assert in_order.depth is not None and in_order.depth > 2 * len(trace.steps)


def test_a_violation_has_a_shortest_trace_that_the_interpreter_replays() -> None:
    """A claim that is wrong on purpose: the anchor never knows the node."""
    never = Property(
        name="never-bound",
        term=~exists(ENTRY, in_use),
        scope=Scope.STATE,
        premise=TRUE,
        requirements=(),
        doc="No entry is ever in use.",
    )
    model = Model(ONE_NODE)
    runs = [explore(model, [never], threads=n, deadlock=False) for n in (1, 2)]
    for run in runs:
        trace = run.properties[0].trace
        assert run.properties[0].outcome is Outcome.VIOLATED
        assert trace is not None
        names = [step.name for step in trace.steps]
        assert names == ["attach", "propose_prefix", "register_requested_prefix"]


@pytest.mark.parametrize("ticks", [60, 61, 200])
def test_a_run_is_found_backwards_from_a_depth_of_more_bits(ticks: int) -> None:
    """An entry of the table begins with room for depths below 64."""
    slow = SMALL.changed(
        durations={"binding_lifetime": (ticks,)},
        disabled=frozenset(
            {
                "fail_authentication",
                "lapse_instead_of_renewal",
                "propose_prefix",
                "renew",
                "retransmit",
            }
        ),
    )
    ends = Property(  # wrong on purpose
        name="lifetime-never-ends",
        term=~exists(ENTRY, binding_lifetime.due),
        scope=Scope.STATE,
        premise=exists(ENTRY, in_use),
        requirements=(),
        doc="No lifetime of a binding comes to its end.",
    )
    model = Model(slow)
    for threads in (1, 2):
        run = explore(model, [ends], threads=threads, deadlock=False)
        trace = run.properties[0].trace
        assert trace is not None and replays(trace, model)
        names = [step.name for step in trace.steps]
        assert names == ["attach", "request_allocation", "allocate", *["tick"] * ticks]
    whole = explore(model, [])
    assert whole.depth is not None and whole.depth > ticks + 3


def test_a_limit_leaves_properties_undecided() -> None:
    run = explore(Model(HANDOFF), PROPERTIES, limit=1000)
    assert {p.outcome for p in run.properties} == {Outcome.UNDECIDED}
    assert "the limit is 1000 states" in run.notes


def test_time_stands_still_without_a_rule_for_an_expiry() -> None:
    rules = [rule for rule in shipped_rules() if rule.name != "expire"]
    model = Model(CONFIGURATIONS["clocks"], rules)
    run = explore(model, [time_can_go_on(model)])
    assert run.properties[0].outcome is Outcome.VIOLATED


@pytest.mark.parametrize("plain", [False, True], ids=["compiled", "plain"])
def test_a_search_that_is_interrupted_tells_what_it_covered(
    plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(SMALL.changed(capacity={"pbu": 2, "pba": 2}))
    whole = explore(model, PROPERTIES[:1])
    if plain:
        monkeypatch.setattr(
            "pmip6.properties.exploration.explorer.Explorer.__init__", _no_compiler
        )

    def impatient(reached: Reached) -> None:
        if reached.depth == 3:
            raise KeyboardInterrupt

    run = explore(model, PROPERTIES[:1], progress=impatient)
    assert run.depth == 3
    assert INTERRUPTED in run.notes
    assert 0 < (run.states or 0) < (whole.states or 0)
    decided = {p.outcome for p in run.properties}
    assert decided == {Outcome.UNDECIDED}
    assert all("covered: interrupted" in p.note for p in run.properties)


def _no_compiler(*arguments: object, **chosen: object) -> None:
    raise NoCompiler


def test_progress_tells_states_frontier_and_memory() -> None:
    told: list[Reached] = []
    run = explore(Model(ONE_NODE.changed(times=2)), [], progress=told.append)
    assert [reached.depth for reached in told] == sorted(r.depth for r in told)
    last = told[-1]
    assert (last.states, last.depth, last.waiting) == (run.states, run.depth, 0)
    # Not all of the 12 octets that its fields take: the place of a state tells some bits.
    assert last.memory == run.memory
    assert (run.memory or 0) > 9 * (run.states or 0)
