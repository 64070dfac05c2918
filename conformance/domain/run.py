"""A mobile node roams in a domain of reference peers; all that happened is kept.

The node and its correspondent are Linux hosts with nothing of ours on them: the kernel's
own duplicate address detection, address configuration and TCP.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv6Address
from itertools import pairwise

from pmip6.conformance.domain.networks import (
    CORE_INTERFACE,
    CORRESPONDENT_INTERFACE,
    NODE_INTERFACE,
    DomainNetworks,
)
from pmip6.conformance.domain.record import (
    CORRESPONDENT,
    CORRESPONDENT_NODE,
    NODE,
    DomainRun,
    Journey,
    Move,
    gateway_place,
)
from pmip6.conformance.domain.traffic import Traffic
from pmip6.conformance.domain.watch import Watch
from pmip6.conformance.wire import netlink
from pmip6.model.errors import Pmip6Error

ADDRESS_SECONDS = 15.0
SERVICE_SECONDS = 10.0
SETTLE_SECONDS = 5.0
STEP_SECONDS = 0.02
INTERVAL_MS = 10
DWELL_SECONDS = 0.25


def roam(
    networks: DomainNetworks,
    path: Sequence[int],
    report: Callable[[str], None] = lambda line: None,
) -> DomainRun:
    """Let the node go from gateway to gateway, while it talks to its correspondent.

    Args:
        networks: The domain, whose anchor and gateways serve.
        path: Numbers of the gateways; the first one is where the node comes in.
        report: Called with one line for each move.

    Raises:
        Pmip6Error: The node gets no address, or is not served after a move.
    """
    run = DomainRun()
    places = {
        NODE: (networks.node, NODE_INTERFACE),
        CORRESPONDENT_NODE: (networks.correspondent, CORRESPONDENT_INTERFACE),
    }
    for number, gateway in enumerate(networks.gateways):
        places[gateway_place(number)] = (gateway, CORE_INTERFACE)
    with Watch(places) as watch:
        try:
            _go(networks, path, run, report)
            time.sleep(DWELL_SECONDS)
        finally:
            run.seen = watch.seen()
    return run


def _go(
    networks: DomainNetworks,
    path: Sequence[int],
    run: DomainRun,
    report: Callable[[str], None],
) -> None:
    first = path[0]
    left, arrived = _move(networks, first)
    report(f"the node is at gateway {first + 1}")
    _wait(
        lambda: bool(_addresses(networks)),
        ADDRESS_SECONDS,
        f"has no address {ADDRESS_SECONDS:g} s after it came to gateway {first + 1}",
    )
    run.moves.append(_moved(networks, None, first, left, arrived))
    run.mtu = networks.node.run(lambda: netlink.link_mtu(NODE_INTERFACE))
    try:
        traffic = Traffic(
            networks.node, networks.correspondent, CORRESPONDENT, INTERVAL_MS
        )
    except OSError as error:
        raise _unserved(
            f"cannot connect to its correspondent: {error.strerror or error}"
        ) from error
    run.journeys, run.connection = traffic.journeys, traffic.connection
    with traffic:
        time.sleep(DWELL_SECONDS)
        for start, end in pairwise(path):
            left, arrived = _move(networks, end)
            report(f"the node is at gateway {end + 1}")
            _wait(
                partial(_is_served, run.journeys, arrived),
                SERVICE_SECONDS,
                f"is not served {SERVICE_SECONDS:g} s after it came to gateway {end + 1}",
            )
            run.moves.append(_moved(networks, start, end, left, arrived))
            time.sleep(DWELL_SECONDS)
        traffic.settle(SETTLE_SECONDS)


def _move(networks: DomainNetworks, number: int) -> tuple[int, int]:
    left = time.time_ns()
    networks.move(number)
    return left, time.time_ns()


def _moved(
    networks: DomainNetworks, start: int | None, end: int, left: int, arrived: int
) -> Move:
    routers = networks.node.run(lambda: netlink.default_routers(NODE_INTERFACE))
    return Move(start, end, left, arrived, _addresses(networks), tuple(routers))


def _addresses(networks: DomainNetworks) -> tuple[IPv6Address, ...]:
    """The addresses of the node that are neither tentative nor link-local."""
    told = networks.node.run(lambda: netlink.addresses(NODE_INTERFACE))
    return tuple(address for address in told if not address.is_link_local)


def _is_served(journeys: Sequence[Journey], since_ns: int) -> bool:
    """Whether a datagram came back that was sent after a time."""
    return any(
        journey.returned_ns is not None and journey.sent_ns >= since_ns
        for journey in journeys[-200:]
    )


def _wait(is_so: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise _unserved(otherwise)
        time.sleep(STEP_SECONDS)


def _unserved(reason: str) -> Pmip6Error:
    return Pmip6Error(
        "mobile node", reason, "see what anchor and gateways report", exit_code=3
    )
