"""The MTU of the path to the anchor is one for all nodes, and outlives a case."""

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.lane import gateway_campaign
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.verdict import Verdict
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
