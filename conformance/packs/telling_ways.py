"""Ways on which faulty implementations show that no case and no tour shows.

What the kill matrix of the pack is for is to find such faults (`kill_matrix.py`).
"""

from __future__ import annotations

from dataclasses import replace

from pmip6.conformance.packs.boundary_ways import SECOND
from pmip6.conformance.packs.cases import Cases, anchor_ways, gateway_ways
from pmip6.model.state import (
    sequence_numbers,
    several_interfaces,
    several_prefixes,
)
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
