"""What a gateway says last, and what of an answer it has to follow beside the status."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import run_gateway_case
from pmip6.conformance.mag.port import Sent, ToNode
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import ALL_NODES, RouterAdvertisement
from pmip6.model.language.interpreter import Message
from pmip6.model.mag import answer_matching, request_construction
from pmip6.model.mag.advertisement_rules import (
    MAX_FINAL_RTR_ADVERTISEMENTS,
    final_fault,
)
from pmip6.model.mag.answer_matching import Answer
from pmip6.model.mag.configuration import backoff
from pmip6.model.mag.request_construction import (
    ConstructionRule,
    Registrant,
    RequestField,
)
from pmip6.model.state import retransmission
from pmip6.model.wire.esp import ALL_CHECKS, EspCheck
from pmip6.model.wire.messages import ProxyBindingAcknowledgement, ProxyBindingUpdate
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes
from pmip6.vectors.mag.stimuli import Await, Restart

LATER_MS = 2000


def purpose_of(requirement: str) -> GatewayPurpose:
    """The only purpose that cites the requirement."""
    (found,) = (p for p in gateway_purposes() if requirement in p.requirements)
    return found


def cited(result: CaseResult) -> set[str]:
    return {i for finding in result.findings for i in finding.requirements}


class SaysItSoOften(VirtualGatewayLink):
    """A gateway that ends with so many last advertisements."""

    times = 1

    def restart(self) -> None:
        """The same, repeated or left out."""
        last = self.gateway.stop(*self._clock())
        self._take([sent for sent in last for _ in range(self.times)])
        self.gateway = self._start(self._now_ms)


@pytest.mark.parametrize("times", range(MAX_FINAL_RTR_ADVERTISEMENTS + 2))
def test_a_gateway_that_is_stopped_tells_its_links_once_to_three_times(
    times: int,
) -> None:
    purpose = purpose_of("4861-6.2.5-1")
    link = type("Link", (SaysItSoOften,), {"times": times})
    result = run_gateway_case(purpose, link_to=link)
    if final_fault(times) is None:
        assert result.verdict is Verdict.PASS
    else:
        assert result.verdict is Verdict.WARN  # it is a SHOULD
        assert cited(result) == {"4861-6.2.5-1"}


def test_the_last_advertisement_is_for_all_nodes_and_names_no_router() -> None:
    heard: list[Sent] = []

    class Listening(VirtualGatewayLink):
        def restart(self) -> None:
            heard.extend(self.gateway.stop(*self._clock()))
            super().restart()

    run_gateway_case(purpose_of("4861-6.2.5-1"), link_to=Listening)
    (sent,) = heard
    assert isinstance(sent, ToNode) and sent.node == SCENE.link_layer
    read = decode_discovery_packet(sent.packet)
    assert read is not None and read[0].destination == ALL_NODES
    message = read[1].message
    assert isinstance(message, RouterAdvertisement) and message.router_lifetime == 0


def test_a_gateway_with_nobody_on_its_links_says_nothing() -> None:
    heard: list[Sent] = []

    class Listening(VirtualGatewayLink):
        def restart(self) -> None:
            heard.extend(self.gateway.stop(*self._clock()))
            super().restart()

    (first,) = [p for p in gateway_purposes() if p.stimuli[0] == Restart()]
    assert run_gateway_case(first, link_to=Listening).verdict is Verdict.PASS
    assert heard == []


def test_advice_to_register_again_that_is_passed_over_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    purpose = purpose_of("6275-11.7.3-14")
    assert run_gateway_case(purpose).verdict is Verdict.PASS
    right = answer_matching.granted_durations

    def without_options(answer: Answer, waited_ms: int, percent: int) -> dict[str, int]:
        return right(replace(answer, options=()), waited_ms, percent)

    monkeypatch.setattr(
        "pmip6.conformance.mag.gateway.granted_durations", without_options
    )
    result = run_gateway_case(purpose)
    assert result.verdict is Verdict.WARN
    assert cited(result) == {"6275-11.7.3-14", "6275-10.3.1-32"}


def test_the_k_flag_with_keys_set_by_hand_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    purpose = purpose_of("6275-6.1.7-2")
    assert run_gateway_case(purpose).verdict is Verdict.PASS
    right = request_construction.build_request

    def with_k(
        message: Message,
        known: Registrant,
        *,
        rules: Iterable[ConstructionRule],
        fields: Iterable[RequestField],
    ) -> ProxyBindingUpdate:
        request = right(message, known, rules=rules, fields=fields)
        return replace(request, key_management=True)

    monkeypatch.setattr("pmip6.conformance.mag.gateway.build_request", with_k)
    result = run_gateway_case(purpose)
    assert result.verdict is Verdict.FAIL
    assert cited(result) == {"6275-6.1.7-2"}


def test_a_refused_number_counts_from_who_is_authenticated_only() -> None:
    purpose = purpose_of("6275-11.7.3-10")
    assert run_gateway_case(purpose).verdict is Verdict.PASS
    careless = ALL_CHECKS - {EspCheck.PROTECTION}
    assert run_gateway_case(purpose, esp_checks=careless).verdict is Verdict.FAIL


class OneBackoff(ReferenceGateway):
    """A gateway that begins to wait anew for all its nodes when one is answered."""

    def _take_answer(self, answer: ProxyBindingAcknowledgement) -> None:
        super()._take_answer(answer)
        for node in self._visitors:
            self._machine.postpone(retransmission.name, node, LATER_MS)


def test_repetitions_for_one_node_do_not_wait_for_another() -> None:
    purpose = purpose_of("6275-11.8-6")
    assert run_gateway_case(purpose).verdict is Verdict.PASS
    assert run_gateway_case(purpose, make=OneBackoff).verdict is Verdict.WARN


def test_the_longest_wait_is_seen_twice() -> None:
    """So that it shows that no wait is longer."""
    purpose = purpose_of("6275-12-x5")
    waits = [step for step in purpose.stimuli if isinstance(step, Await)]
    assert len(waits) == len(tuple(backoff(*SCENE.backoff_ms))) + 1
    assert run_gateway_case(purpose).verdict is Verdict.PASS
