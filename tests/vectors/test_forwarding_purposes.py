"""The purposes for user packets: each is about the rule that its key names."""

from pmip6.model.domain import Element
from pmip6.model.language.interpreter import State
from pmip6.model.lma.forwarding import data_plane
from pmip6.vectors.lma.forwarding_purposes import NEEDS, packet_message
from pmip6.vectors.lma.model import UNASSIGNED, AnchorModel
from pmip6.vectors.lma.purposes import Group, Kind, Purpose, purposes
from pmip6.vectors.lma.stimuli import HomePrefix, Node, UserPacket

MODEL = AnchorModel(readings=NEEDS)
RULES = {rule.name for rule in data_plane.rules}
FORWARDING = [p for p in purposes() if p.group is Group.FWD]


def state_after(purpose: Purpose) -> tuple[State, dict[Node, Element]]:
    """The state after the preamble, and the prefix that each node has or had."""
    state, prefixes = MODEL.initial, dict[Node, Element]()
    for stimulus in purpose.preamble:
        reaction = MODEL.react(state, stimulus)
        assert reaction is not None, purpose.name
        state = reaction.target
        prefixes |= {n: p for n in Node for p in MODEL.prefixes_of(state, n)}
    return state, prefixes


def rule_for(packet: UserPacket, state: State, own: dict[Node, Element]) -> str:
    """The rule that the anchor takes on a packet; there is exactly one."""
    prefix = own[packet.node]
    if packet.prefix is HomePrefix.UNASSIGNED:
        prefix = UNASSIGNED
    message = packet_message(packet, prefix)
    steps = list(MODEL.interpreter.received(data_plane.rules, message, state))
    assert len({step.name for step in steps}) == 1
    return steps[0].name


def test_every_packet_of_a_purpose_takes_the_rule_of_its_key() -> None:
    met: set[str] = set()
    for purpose in FORWARDING:
        rule = purpose.key.partition(" / ")[0]
        state, own = state_after(purpose)
        packets = [s for s in purpose.stimuli if isinstance(s, UserPacket)]
        taken = {rule_for(packet, state, own) for packet in packets}
        if rule in RULES:
            assert taken == {rule}, purpose.name
            met.add(rule)
        else:
            assert taken < {"tunnel_to_gateway", "route_from_gateway"}, purpose.name
    assert met == RULES


def test_only_they_need_forwarding_and_there_are_all_kinds() -> None:
    assert {p.name for p in purposes() if p.needs == NEEDS} == {
        p.name for p in FORWARDING
    }
    assert {p.kind for p in FORWARDING} == {Kind.BV, Kind.BI, Kind.BO}
    assert len(FORWARDING) == 65
