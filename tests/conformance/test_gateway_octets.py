"""User packets of gateways with marks, sizes and hop limits of every kind: what is done with
their octets at the end of the tunnel, and what a fault in that fails."""

from collections.abc import Callable
from dataclasses import fields, replace
from ipaddress import IPv6Address

import pytest

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import run_gateway_case
from pmip6.conformance.mag.reference_gateway import reference_gateway
from pmip6.conformance.mag.selection import reason_to_skip
from pmip6.conformance.verdict import Verdict
from pmip6.model.mag import forwarding
from pmip6.model.wire.reassembly import Reassembly
from pmip6.model.wire.tunnel_packets import (
    Decapsulated,
    Ecn,
    Passage,
    Tunnel,
    decapsulate,
    ecn_of,
    encapsulate,
    forward,
    with_ecn,
)
from pmip6.vectors.lma.stimuli import PacketForm
from pmip6.vectors.mag.purposes import GatewayDraft, GatewayPurpose, draft_of
from pmip6.vectors.mag.repertoires import OCTETS
from pmip6.vectors.mag.stimuli import Uplink, as_document, from_document


def _purposes() -> list[GatewayPurpose]:
    names = [field.name for field in fields(GatewayDraft)]
    drafts = [draft_of(edge, subject) for subject in OCTETS for edge in subject.edges()]
    return [
        GatewayPurpose(
            **{name: getattr(draft, name) for name in names},
            name=f"packet {number}",
            version=1,
        )
        for number, draft in enumerate(drafts)
    ]


CASES = _purposes()


def _found(make: type[ReferenceGateway] = ReferenceGateway) -> dict[str, set[str]]:
    """By title of each case that fails: the ids that are broken."""
    results = [run_gateway_case(purpose, make=make) for purpose in CASES]
    assert {r.verdict for r in results} <= {Verdict.PASS, Verdict.FAIL}
    return {
        r.purpose.title: {i for f in r.findings for i in f.requirements}
        for r in results
        if r.verdict is Verdict.FAIL
    }


def test_the_reference_gateway_passes_every_case() -> None:
    assert len(CASES) == len({purpose.key for purpose in CASES}) == 15
    assert _found() == {}


def test_a_stimulus_comes_back_from_its_document() -> None:
    for purpose in CASES:
        assert from_document(as_document(purpose.test)) == purpose.test


# ---- what a fault fails ----------------------------------------------------------------


def _of_each(passage: Passage, change: Callable[[bytes], bytes]) -> Passage:
    return replace(passage, packets=tuple(map(change, passage.packets)))


def _without_mark(data: bytes, tunnel: Tunnel, number: int = 0) -> Passage:
    passage = encapsulate(data, tunnel, number)
    return _of_each(passage, lambda packet: with_ecn(packet, Ecn.NOT_ECT))


def _for_large_frames(data: bytes, tunnel: Tunnel, number: int = 0) -> Passage:
    return encapsulate(data, replace(tunnel, path_mtu=9000), number)


def _as_if_it_took_less(data: bytes, tunnel: Tunnel, number: int = 0) -> Passage:
    return encapsulate(data, replace(tunnel, path_mtu=1450), number)


def _deaf_to_congestion(data: bytes, *, takes_gre: bool = False) -> Decapsulated | None:
    return decapsulate(with_ecn(data, Ecn.NOT_ECT), takes_gre=takes_gre)


def _congested(data: bytes, router: IPv6Address) -> Passage:
    return _of_each(
        forward(data, router),
        lambda packet: (
            packet if ecn_of(packet) is Ecn.NOT_ECT else with_ecn(packet, Ecn.CE)
        ),
    )


def _for_ever(data: bytes, router: IPv6Address) -> Passage:
    passage = forward(data[:7] + bytes((data[7] + 1,)) + data[8:], router)
    return _of_each(passage, lambda packet: packet[:7] + data[7:8] + packet[8:])


FAULTS: dict[str, tuple[str, Callable[..., object], str, int]] = {
    "the tunnel header has no mark": ("encapsulate", _without_mark, "5213-5.6.3-1", 3),
    "congestion in it is lost": (
        "decapsulate",
        _deaf_to_congestion,
        "5213-5.6.3-4",
        2,
    ),
    "every mark leaves as congestion": ("forward", _congested, "5213-5.6.3-5", 2),
    "large packets are tunnelled": (
        "encapsulate",
        _for_large_frames,
        "5213-6.10.5-14",
        1,
    ),
    "another size is told": ("encapsulate", _as_if_it_took_less, "5213-6.9.5-7", 1),
    "no packet loses a hop": ("forward", _for_ever, "5213-6.10.5-3", 9),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_octets_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, wrong, requirement, failed = FAULTS[name]
    monkeypatch.setattr(forwarding, function, wrong)
    found = _found()
    assert len(found) == failed
    assert all(requirement in ids for ids in found.values())


def test_who_puts_no_fragments_together_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(self: Reassembly, data: bytes, now: float) -> tuple[Reassembly, bytes]:
        return self, data

    monkeypatch.setattr(Reassembly, "add", never)
    (ids,) = _found().values()
    assert "5213-6.10.5-3" in ids


def test_where_the_access_link_takes_nothing_larger_the_case_is_skipped() -> None:
    (large,) = (p for p in CASES if p.test == Uplink(form=PacketForm.LARGE))
    usual = reference_gateway()
    assert reason_to_skip(large, usual) == ""
    links = usual.links.model_copy(update={"access_link_mtu": 1460})
    assert "links.access_link_mtu" in reason_to_skip(
        large, usual.model_copy(update={"links": links})
    )
