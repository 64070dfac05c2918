"""The MTU that a gateway tells its nodes: that of the tunnel, or of a narrower link.

That of the path to the anchor is one for all nodes, and outlives a case.
"""

from dataclasses import replace

import pytest

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import run_gateway_case
from pmip6.conformance.mag.lane import gateway_campaign
from pmip6.conformance.mag.permitted_gateways import (
    RewritingLink,
    rewritten_advertisements,
)
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.discovery.messages import RouterAdvertisement
from pmip6.model.discovery.options import Mtu
from pmip6.vectors.mag.purposes import gateway_purposes_named

DECLARED = reference_gateway(nodes=4)
NOTICED = "TP_MAG_MTU_BV_01"
TIMES = 20


def _verdicts(path_mtu: int) -> list[tuple[Verdict, str, str]]:
    """Of campaigns one after the other, whose gateway goes on: verdict, reason, third step."""
    told = gateway_file(DECLARED).model_copy(update={"path_mtu": path_mtu})
    link = VirtualGatewayLink(
        lambda start_ms: ReferenceGateway(told, start_ms=start_ms)
    )
    found: list[tuple[Verdict, str, str]] = []
    for _ in range(TIMES):
        result = gateway_campaign(DECLARED, link).run(gateway_purposes_named([NOTICED]))
        (case,) = result.cases
        found.append((case.verdict, case.reason, (*case.steps, "")[2]))
    return found


def test_a_path_takes_less_each_time_that_it_is_told_so() -> None:
    verdicts = _verdicts(1500)
    told = [int(step.split()[6]) for _, _, step in verdicts[:16]]
    assert {verdict for verdict, _, _ in verdicts[:16]} == {Verdict.PASS}
    assert told == list(range(1400, 1272, -8))
    assert {(verdict, reason) for verdict, reason, _ in verdicts[16:]} == {
        (Verdict.INCONC, "the path takes 1280, hardly more than any has to")
    }


# ---- what advertisements say -----------------------------------------------------------

OF_TUNNEL = {"5213-6.9.2-7", "5213-6.9.2-8", "5213-6.9.5-8"}
OF_LINK = OF_TUNNEL | {"5213-6.9.5-9"}
SOLICITED = "TP_MAG_ADV_BV_01"


def _advertising(name: str, access_link_mtu: int, mtu: int) -> CaseResult:
    """A case with a gateway that advertises an MTU on an access link that takes so much."""

    def changed(message: RouterAdvertisement) -> RouterAdvertisement:
        return replace(
            message,
            options=tuple(
                Mtu(mtu) if isinstance(option, Mtu) else option
                for option in message.options
            ),
        )

    (purpose,) = gateway_purposes_named([name])
    return run_gateway_case(
        purpose,
        settings=lambda told: told.model_copy(
            update={"access_link_mtu": access_link_mtu}
        ),
        link_to=lambda start: RewritingLink(
            start, rewritten_advertisements(changed), lambda sent: None
        ),
    )


@pytest.mark.parametrize(
    ("access_link_mtu", "mtu", "verdict", "broken"),
    [
        (1500, 1460, Verdict.PASS, set[str]()),
        (1500, 1500, Verdict.WARN, OF_TUNNEL),
        (1500, 1459, Verdict.WARN, OF_TUNNEL),
        (1500, 1360, Verdict.PASS, set[str]()),  # an earlier campaign has told 1400
        (1400, 1400, Verdict.PASS, set[str]()),
        (1400, 1460, Verdict.FAIL, OF_LINK),
        (1400, 1380, Verdict.FAIL, OF_LINK),
        (1480, 1480, Verdict.PASS, set[str]()),  # docs/findings.md
        (1480, 1460, Verdict.PASS, set[str]()),
    ],
)
def test_the_mtu_that_a_node_is_told_is_that_of_the_tunnel_or_of_its_link(
    access_link_mtu: int, mtu: int, verdict: Verdict, broken: set[str]
) -> None:
    found = _advertising(SOLICITED, access_link_mtu, mtu)
    assert found.verdict is verdict
    assert {id_ for f in found.findings for id_ in f.requirements} == broken


def test_after_a_change_of_the_path_another_mtu_fails() -> None:
    found = _advertising("TP_MAG_MTU_BV_02", 1500, 1460)
    assert found.verdict is Verdict.FAIL
    assert "5213-6.9.5-12" in {i for f in found.findings for i in f.requirements}


def test_a_path_is_told_to_take_less_than_a_narrow_access_link() -> None:
    declared = DECLARED.model_copy(
        update={"links": DECLARED.links.model_copy(update={"access_link_mtu": 1300})}
    )
    told = gateway_file(declared)
    assert told.access_link_mtu == 1300
    link = VirtualGatewayLink(
        lambda start_ms: ReferenceGateway(told, start_ms=start_ms)
    )
    result = gateway_campaign(declared, link).run(gateway_purposes_named([NOTICED]))
    (case,) = result.cases
    assert case.verdict is Verdict.PASS
    assert case.steps[2].startswith("the path to the anchor takes 1336 octets")
