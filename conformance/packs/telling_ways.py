"""Ways on which faulty implementations show that no case and no tour shows.

What the kill matrix of the pack is for is to find such faults (`kill_matrix.py`).
"""

from __future__ import annotations

from dataclasses import replace

from pmip6.conformance.packs.boundary_ways import SECOND
from pmip6.conformance.packs.cases import (
    Cases,
    anchor_ways,
    gateway_ways,
    handover_ways,
)
from pmip6.model.fast_handover.state import (
    context_lifetime,
    forwarding_lifetime,
    handover_retransmission,
)
from pmip6.model.state import (
    renewal,
    sequence_numbers,
    several_interfaces,
    several_prefixes,
)
from pmip6.model.wire.numbers import HandoverAcknowledgeCode
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import ATTEMPTS, PROBES
from pmip6.vectors.fast_handover.stimuli import (
    Acknowledgement,
    Elapse,
    Flags,
    HandoverStimulus,
    Indication,
    Initiation,
    LinkDown,
    LinkUp,
    Registration,
    Said,
)
from pmip6.vectors.fast_handover.stimuli import as_document as handover_document
from pmip6.vectors.lma.interfaces import MOVED, NEW
from pmip6.vectors.lma.stimuli import (
    Gateway,
    Interface,
    Node,
    Order,
    PrefixForm,
    Request,
)
from pmip6.vectors.lma.stimuli import Stimulus as AnchorStimulus
from pmip6.vectors.lma.stimuli import as_document as anchor_document
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.stimuli import (
    Answer,
    Attach,
    Company,
    CompanyAct,
    Idle,
    Named,
    Solicit,
    Stimulus,
    Uplink,
)
from pmip6.vectors.mag.stimuli import as_document as gateway_document
from pmip6.vectors.packs.scenario_group import PackRole
from pmip6.vectors.packs.tours import tour_of

ANCHOR_WAYS: tuple[tuple[tuple[str, ...], tuple[AnchorStimulus, ...]], ...] = (
    (  # the number of a registration that names its prefix orders what follows
        (several_prefixes.name, sequence_numbers.name),
        (
            Request(prefix=PrefixForm.REQUESTABLE, order=Order.NEXT),
            Request(order=Order.LOWER),
        ),
    ),
    (  # a refusal has the number of the session that it is about, not of another one
        (several_interfaces.name, sequence_numbers.name),
        (
            Request(indicator=NEW, order=Order.NEXT),
            replace(SECOND, indicator=NEW, order=Order.FARTHEST),
            replace(SECOND, order=Order.LOWER),
        ),
    ),
    (  # a session goes to an interface of another technology, which renews it
        (several_interfaces.name,),
        (
            Request(indicator=NEW),
            Request(
                gateway=Gateway.MAG2,
                prefix=PrefixForm.OWN,
                interface=Interface.OTHER_TECHNOLOGY,
                indicator=MOVED,
            ),
            Request(
                gateway=Gateway.MAG2,
                interface=Interface.OTHER_TECHNOLOGY,
                indicator=NEW,
            ),
        ),
    ),
    (  # an interface of another node may have the same identifier
        (several_interfaces.name,),
        (
            Request(node=Node.OTHER, indicator=NEW),
            Request(
                prefix=PrefixForm.REQUESTABLE,
                interface=Interface.OTHERS,
                indicator=NEW,
            ),
        ),
    ),
)
GATEWAY_WAYS: tuple[tuple[GatewayDomain, tuple[Stimulus, ...]], ...] = (
    (  # the answer to the request that tells the address anew is taken, not asked again
        GatewayDomain.SIGNALLED,
        (Attach(), Solicit(), Answer(named=Named.OF_NODE), Answer(), Idle()),
    ),
    (  # a node without a binding is not served, though its neighbour is
        GatewayDomain.LOCAL,
        (Company(CompanyAct.JOINS), Attach(), Uplink(is_for_company=True)),
    ),
)
HandoverWays = tuple[tuple[HandoverScene, tuple[HandoverStimulus, ...]], ...]
OFFER, FETCH = Initiation(Said.OFFER), Initiation(Said.FETCH)
OVER = Initiation(Said.COMPLETION)
CONSENT = Acknowledgement(HandoverAcknowledgeCode.CONTEXT_ACCEPTED)
REFUSAL = Acknowledgement(HandoverAcknowledgeCode.REASON_UNSPECIFIED)
COMES_BACK = LinkUp(is_told=True)
SERVED = (LinkUp(), Registration())
RENEWED = (Elapse(renewal.name), Registration(is_other_prefix=True))
ASKS_BY_NAME = Initiation(Said.NAMED_FETCH, Flags.FORWARD)
PREVIOUS_WAYS: HandoverWays = (
    *(  # who cannot forward refuses as others do, and gives the context to no former gateway
        (HandoverScene.NO_FORWARDING, steps)
        for steps in (
            (Initiation(Said.FETCH, Flags.FORWARD),),
            (LinkUp(), OFFER, Registration(), ASKS_BY_NAME),
            (*SERVED, FETCH, ASKS_BY_NAME, Elapse(renewal.name)),
        )
    ),
    (  # who waits for an answer of the previous gateway hands nobody over
        HandoverScene.CONTEXT,
        (LinkUp(), OFFER, Registration(), Indication()),
    ),
    (  # a handover that was taken and is then refused does not end once more
        HandoverScene.BUFFERING,
        (*SERVED, Indication(), CONSENT, REFUSAL, Elapse(renewal.name)),
    ),
    *(  # a handover that is over leaves no gateway from which the node could come back
        (
            HandoverScene.CONTEXT,
            (*SERVED, *over, COMES_BACK, CONSENT),
        )
        for over in (
            (Indication(), LinkDown(), REFUSAL),
            (Indication(), LinkDown(), Elapse(handover_retransmission.name, ATTEMPTS)),
            (FETCH, LinkDown(), Elapse(forwarding_lifetime.name), CONSENT),
        )
    ),
)
NEW_WAYS: HandoverWays = (
    *(  # an offer that comes to nothing leaves no answer to wait for
        (HandoverScene.CONTEXT, (OFFER, over, COMES_BACK)) for over in (OVER, REFUSAL)
    ),
    *(  # and no time for its context: that would end what the registration has
        (scene, (LinkUp(), OFFER, over, Registration(), *RENEWED))
        for scene, over in (
            (HandoverScene.FORWARDING, OVER),
            (HandoverScene.CONTEXT, OVER),
            (HandoverScene.CONTEXT, REFUSAL),
            (
                HandoverScene.CONTEXT,
                Elapse(handover_retransmission.name, ATTEMPTS),
            ),
        )
    ),
    (  # a former handover ends no later one when its forwarding would
        HandoverScene.FORWARDING,
        (
            *(*SERVED, FETCH, LinkDown(), OFFER),
            Elapse(context_lifetime.name),
        ),
    ),
    (  # a node that comes back has no way for packets until it is registered again
        HandoverScene.FORWARDING,
        (
            *(LinkUp(), OFFER, Registration(), Indication(), LinkDown(), LinkUp()),
            *PROBES,
        ),
    ),
    (  # requests of a node that comes back are repeated as if none had been before
        HandoverScene.FORWARDING,
        (
            *(*SERVED, Elapse(renewal.name), FETCH),
            *(Elapse(forwarding_lifetime.name), LinkDown(), LinkUp(), OFFER),
            Elapse(context_lifetime.name),
        ),
    ),
)


def telling_anchor_ways() -> Cases:
    """Ways for anchors."""
    return anchor_ways(
        tour_of(PackRole.LMA, needs, [*map(anchor_document, steps)])
        for needs, steps in ANCHOR_WAYS
    )


def telling_gateway_ways() -> Cases:
    """Ways for gateways."""
    return gateway_ways(
        tour_of(PackRole.MAG, (domain,), [*map(gateway_document, steps)])
        for domain, steps in GATEWAY_WAYS
    )


def telling_handover_ways(role: PackRole) -> Cases:
    """Ways for gateways with fast handover in one of their roles."""
    ways = PREVIOUS_WAYS if role is PackRole.PREVIOUS_MAG else NEW_WAYS
    return handover_ways(
        role,
        (
            tour_of(role, (scene,), [*map(handover_document, steps)])
            for scene, steps in ways
        ),
    )
