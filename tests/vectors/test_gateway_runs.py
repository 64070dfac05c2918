"""The requests of the gateways follow the request rules, and those of faulty ones break them."""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import Interpreter, Transition
from pmip6.model.language.table import Rule, Send
from pmip6.model.language.terms import Term, enum_literal, literal, variable
from pmip6.model.mag.request_rules import REQUEST_RULES, RequestRule
from pmip6.model.shipped.configurations import HANDOFF, ONE_NODE
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, awaited, bule_prefix, pbu
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.properties.faults.fault_changes import without
from pmip6.vectors.packs import pack
from pmip6.vectors.packs.gateway_runs import GatewayRun, RequestFault
from pmip6.vectors.packs.scenarios import Scenario

RUNS, STEPS = 60, 60


def _random_run(model: Model, seed: int) -> list[Transition]:
    """A run in which sessions are likely: moves of the node are rare."""
    rng, interpreter = Random(seed), Interpreter(model)
    state, steps = interpreter.initial(), list[Transition]()
    for _ in range(STEPS):
        offered = list(interpreter.transitions(state))
        if not offered:
            break
        still = [s for s in offered if s.name not in {"detach", "lose_pbu", "lose_pba"}]
        step = rng.choice(still if still and rng.random() < 0.9 else offered)
        steps.append(step)
        state = step.target
    return steps


def _faults(model: Model) -> Iterator[RequestFault]:
    for seed in range(RUNS):
        yield from GatewayRun(model).faults(_random_run(model, seed))


def _quick(configuration: Configuration) -> Configuration:
    """Timers that may expire at any time, so that runs are about messages."""
    return configuration.changed(durations={}, times=None)


@pytest.mark.parametrize(
    "configuration", [ONE_NODE, HANDOFF], ids=lambda configuration: configuration.name
)
def test_the_gateways_of_the_model_break_no_rule(configuration: Configuration) -> None:
    assert list(_faults(Model(_quick(configuration)))) == []


NODE, GATE = variable("node", MOBILE_NODE), variable("gateway", GATEWAY)
OTHER = enum_literal(HandoffIndicator.NEW_INTERFACE)


def _sending(rule: str, field: str, value: Term) -> tuple[Rule, ...]:
    """The rules, one of which puts another value into a field of its request."""
    position = [name for name, _ in pbu.fields].index(field)

    def changed(send: Send) -> Send:
        values = send.values
        return Send(pbu, (*values[:position], value, *values[position + 1 :]))

    return tuple(
        r.changed(sends=tuple(map(changed, r.sends))) if r.name == rule else r
        for r in shipped_rules()
    )


def _asks_again() -> tuple[Rule, ...]:
    """After 155 the gateway asks for the same prefix once more."""
    refused = next(r for r in shipped_rules() if r.name == "ask_for_another_prefix")
    node, gateway = refused.updates[0].args
    return _sending(refused.name, "prefix", bule_prefix[node, gateway])


def _careless(rule: str) -> tuple[Rule, ...]:
    """A rule that does not look whether the node is still on the link."""
    change = without("attached")
    changed = next(change(r) for r in shipped_rules() if r.name == rule)
    return tuple(changed if r.name == rule else r for r in shipped_rules())


FAULTY: dict[str, Callable[[], tuple[Rule, ...]]] = {
    "refused prefixes": _asks_again,
    "handoff indicator of a registration": lambda: _sending(
        "request_allocation", "handoff_indicator", OTHER
    ),
    "handoff that nobody saw": lambda: _sending(
        "request_allocation",
        "handoff_indicator",
        enum_literal(HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE),
    ),
    "renewal for a node that has left": lambda: _careless("renew"),
    "repetition for a node that has left": lambda: _careless("retransmit"),
    "options of a renewal": lambda: _sending("renew", "has_prefix", literal(False)),
    "prefixes of a renewal": lambda: _sending("renew", "prefix", PREFIX.none),
    "handoff indicator of a renewal": lambda: _sending(
        "renew", "handoff_indicator", OTHER
    ),
    "options of a de-registration": lambda: _sending(
        "notice_detachment", "has_access_technology", literal(False)
    ),
    "prefixes of a de-registration": lambda: _sending(
        "notice_detachment", "prefix", PREFIX.none
    ),
    "handoff indicator of a de-registration": lambda: _sending(
        "notice_detachment", "handoff_indicator", OTHER
    ),
    "timestamp of a repetition": lambda: _sending(
        "retransmit", "timestamp", awaited[NODE, GATE]
    ),
}


@pytest.mark.parametrize("rule", REQUEST_RULES, ids=lambda rule: rule.name)
def test_a_faulty_gateway_breaks_the_rule(rule: RequestRule) -> None:
    found = _faults(Model(_quick(ONE_NODE), FAULTY[rule.name]()))
    first = next((fault for fault in found if fault.rule is rule), None)
    assert first is not None and first.text and first.step


def test_a_run_of_a_faulty_gateway_is_no_vector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configuration = _quick(ONE_NODE)
    model = Model(configuration, FAULTY["handoff indicator of a renewal"]())
    runs = (_random_run(model, seed) for seed in range(RUNS))
    run = next(r for r in runs if any(GatewayRun(model).faults(r)))
    scenarios = ((configuration, Scenario("renew", tuple(run))),)
    monkeypatch.setattr(pack, "all_scenarios", lambda: scenarios)
    with pytest.raises(Pmip6Error, match=r"5213-6\.9\.1\.3-3: has handoff indicator 1"):
        pack.vector_files()
