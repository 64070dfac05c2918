"""The test purposes: complete, with ids that stay, and in step with the model."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import State
from pmip6.model.lma.checks import ORDER
from pmip6.model.lma.rules import lma
from pmip6.model.requirements.tables import load_requirements
from pmip6.model.state import pbu, waits_for_deregistration
from pmip6.model.wire.abstraction import status_and_prefix
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.vectors import ledger as ledger_module
from pmip6.vectors import ledger_files
from pmip6.vectors.fast_handover.purposes import HANDOVER_LEDGER, handover_purposes
from pmip6.vectors.ledger import derive, main, steps_hash, updated
from pmip6.vectors.ledger_files import read_ledger
from pmip6.vectors.lma.model import AnchorModel
from pmip6.vectors.lma.purposes import (
    LEDGER,
    Draft,
    Group,
    purposes,
    purposes_named,
)
from pmip6.vectors.lma.stimuli import Request, Wait, as_document, from_document
from pmip6.vectors.mag.purposes import GATEWAY_LEDGER, gateway_purposes
from pmip6.vectors.mag.stimuli import Answer

OFF = {
    "acknowledge_foreign_deregistration",
    "reject_after_waiting",  # a tester cannot use up the pool while a request waits
    "restart_deletion_delay",
    "restart_with_bindings",  # nobody restarts the anchor during a test case
    "restart_without_bindings",
}
"""Rules that a switch turns on, off by default."""

HOW_MANY = 713
WAITS = waits_for_deregistration.name
"""There the request in question may be one of the preamble."""


def _edge(purpose: Draft) -> str:
    """The key without the names of the features that the purpose needs."""
    return purpose.key.removeprefix("".join(f"{need} / " for need in purpose.needs))


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return list(derive())


def test_the_ledger_is_what_the_model_gives(drafts: list[Draft]) -> None:
    ledger = read_ledger(LEDGER)
    assert updated(drafts, ledger) == ledger, "python -m pmip6.vectors.ledger"
    assert len(drafts) == len(purposes()) == HOW_MANY


def test_every_rule_of_the_anchor_has_a_purpose() -> None:
    keys = [_edge(purpose) for purpose in purposes()]
    without = {
        rule.name
        for rule in lma.rules
        if not any(key.startswith(f"{rule.name} / ") for key in keys)
    }
    assert without == OFF


def test_ids_and_keys_are_unique_and_cite_known_requirements() -> None:
    known = load_requirements()
    assert len({purpose.key for purpose in purposes()}) == HOW_MANY
    for purpose in purposes():
        assert purpose.requirements, purpose.name
        assert set(purpose.requirements) <= set(known), purpose.name


def test_the_last_step_of_the_preamble_leads_to_the_edge() -> None:
    models = {p.features: AnchorModel(readings=p.features) for p in purposes()}
    for purpose in purposes():
        rule = _edge(purpose).partition(" / ")[0]
        if rule not in {r.name for r in lma.rules} or purpose.group is Group.FWD:
            continue  # tests/vectors/test_forwarding_purposes.py has user packets
        model = models[purpose.features]
        state = model.initial
        for stimulus in purpose.preamble:
            reaction = model.react(state, stimulus)
            assert reaction is not None, purpose.name
            state = reaction.target
        reaction = model.react(state, purpose.test)
        assert reaction is not None and reaction.rules[0].name == rule, purpose.name


OF_A_NUMBER = {"5213-5.5-23", "5213-5.5-24", "5213-5.5-26", "5213-9.3-5", "5213-9.3-x1"}
"""What a sequence number shows that the anchor compares."""


def _reached(model: AnchorModel, state: State, request: Request) -> tuple[int, str]:
    """How many checks a request passes, and which section its lookup is of."""
    message = model.message(state, request)
    assert message is not None
    fields = dict(zip((n for n, _ in pbu.fields), message, strict=True))
    answer = model.receive(state, message).answer
    status = None if answer is None else status_and_prefix(answer)[0]
    passed = next((n for n, each in enumerate(ORDER) if each == status), len(ORDER))
    if fields["prefix"] is not None:
        return passed, "5213-5.4.1.1-"
    return passed, f"5213-5.4.1.{3 if fields['link_layer'] is None else 2}-"


def test_a_purpose_cites_no_lookup_and_no_number_that_its_request_does_not_reach() -> (
    None
):
    """Asked of the model, whatever the derivation of the purpose says of it."""
    models = {p.features: AnchorModel(readings=p.features) for p in purposes()}
    comparison = ORDER.index(BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW)
    seen = 0
    for purpose in purposes():
        lookups = {r for r in purpose.requirements if r.startswith("5213-5.4.1.")}
        numbers = OF_A_NUMBER & set(purpose.requirements)
        if not lookups | numbers:
            continue
        model = models[purpose.features]
        state, made, compared = model.initial, set[str](), False
        for stimulus in (*purpose.preamble, purpose.test):
            of_test = stimulus is purpose.test
            if isinstance(stimulus, Request) and (of_test or WAITS in purpose.features):
                passed, lookup = _reached(model, state, stimulus)
                compared |= passed >= comparison
                if passed == len(ORDER) or passed == comparison:
                    made.add(lookup)
            reaction = model.react(state, stimulus)
            assert reaction is not None, purpose.name
            state = reaction.target
        assert all(r.startswith(tuple(made)) for r in lookups), purpose.name
        assert compared or not numbers, purpose.name
        seen += 1
    assert seen == 295


def test_a_change_of_steps_is_a_new_version(drafts: list[Draft]) -> None:
    ledger = updated(drafts, {})
    changed = replace(drafts[0], probes=(*drafts[0].probes, Request()))
    again = updated([changed, *drafts[1:]], ledger)
    different = {name for name in ledger if ledger[name] != again[name]}
    assert len(different) == 1
    assert again[different.pop()]["version"] == 2


def test_the_id_of_a_withdrawn_purpose_is_not_used_again(drafts: list[Draft]) -> None:
    ledger = updated(drafts, {})
    gone = next(n for n, entry in ledger.items() if entry["key"] == drafts[0].key)
    renamed = replace(drafts[0], key="another / FREE / purpose")
    again = updated([renamed, *drafts[1:]], ledger)
    assert again[gone]["withdrawn"] is True
    new = next(n for n, entry in again.items() if entry["key"] == renamed.key)
    assert new not in ledger
    back = updated(drafts, again)
    assert back[gone] == ledger[gone] and back[new]["withdrawn"] is True


def test_stimuli_survive_the_file() -> None:
    ledger = read_ledger(LEDGER)
    for purpose in purposes():
        for stimulus in purpose.stimuli:
            assert from_document(as_document(stimulus)) == stimulus
        assert steps_hash(purpose) == ledger[purpose.name]["hash"]


@pytest.mark.parametrize(
    "document",
    [{"wait": "x"}, {"node": "nobody"}, {"colour": 1}, {"faults": ["NONSENSE"]}],
)
def test_a_wrong_stimulus_is_told(document: dict[str, object]) -> None:
    with pytest.raises(Pmip6Error, match="is no stimulus"):
        from_document(document)


def test_an_unknown_purpose_is_told() -> None:
    with pytest.raises(Pmip6Error, match="TP_LMA_XXX_BV_01: is no test case"):
        purposes_named(["TP_LMA_XXX_BV_01"])


def test_timers_are_measured_from_both_sides() -> None:
    phases = {
        (s.timer, s.phase)
        for purpose in purposes()
        for s in purpose.probes
        if isinstance(s, Wait)
    }
    timers = {timer for timer, _ in phases}
    assert len(timers) == 3 and len(phases) == 6


def test_check_says_that_the_ledger_is_up_to_date(
    drafts: list[Draft],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger_module, "derive", lambda: drafts)
    assert main(["--check"]) == 0
    told = capsys.readouterr().out.splitlines()
    names = ("purposes.json", "gateway_purposes.json", "handover_purposes.json")
    assert told == [f"{name}: up to date" for name in names]


def _in(folder: Path) -> Callable[[str], Path]:
    return lambda package: folder


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}"])
def test_a_broken_ledger_is_one_line(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / LEDGER).write_text(text)
    monkeypatch.setattr(ledger_files, "files", _in(tmp_path))
    with pytest.raises(Pmip6Error, match=f"{LEDGER}: cannot be read: .*ledger"):
        read_ledger(LEDGER)


@pytest.mark.parametrize("entry", [{}, {"version": "1"}])
def test_a_broken_entry_is_told_by_its_id(
    entry: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, read in (
        (LEDGER, purposes.__wrapped__),
        (GATEWAY_LEDGER, gateway_purposes.__wrapped__),
        (HANDOVER_LEDGER, handover_purposes.__wrapped__),
    ):
        broken = {"purposes": {"TP_LMA_REG_BV_01": entry}}
        (tmp_path / name).write_text(json.dumps(broken))
        monkeypatch.setattr(ledger_files, "files", _in(tmp_path))
        with pytest.raises(Pmip6Error, match=f"{name}: TP_LMA_REG_BV_01: is no entry"):
            read()


# ---- gateways: what is about a status is cited where an answer has it -------------------

OF_STATUS = {
    "5213-6.9.1.2-10": BindingAckStatus.PROXY_REG_NOT_ENABLED,
    "5213-6.9.1.2-11": BindingAckStatus.PROXY_REG_NOT_ENABLED,
    "5213-6.9.1.2-12": BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
    "5213-6.9.1.2-13": BindingAckStatus.TIMESTAMP_MISMATCH,
    "5213-6.9.1.2-15": BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
    "6275-11.7.3-9": BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW,
}
"""The status that a requirement speaks of."""


@pytest.mark.parametrize("name", OF_STATUS)
def test_a_purpose_that_cites_a_status_sends_it(name: str) -> None:
    citing = [each for each in gateway_purposes() if name in each.requirements]
    assert citing
    for purpose in citing:
        answers = [each for each in purpose.stimuli if isinstance(each, Answer)]
        assert OF_STATUS[name] in [each.status for each in answers], purpose.name


def test_every_purpose_for_gateways_cites_something() -> None:
    assert all(purpose.requirements for purpose in gateway_purposes())
