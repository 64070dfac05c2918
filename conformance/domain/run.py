"""A mobile node roams in a domain of reference peers; all that happened is kept.

The node and its correspondent are Linux hosts with nothing of ours on them: the kernel's
own duplicate address detection, address configuration and TCP.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv6Address
from itertools import pairwise

from pmip6.conformance.domain.access import AccessNetwork
from pmip6.conformance.domain.networks import (
    CORE_INTERFACE,
    CORRESPONDENT_INTERFACE,
    HANDOVER_INTERFACE,
    NODE_INTERFACE,
    PATIENCE_SECONDS,
    DomainNetworks,
)
from pmip6.conformance.domain.record import (
    BETWEEN,
    CORRESPONDENT,
    CORRESPONDENT_NODE,
    NODE,
    PROXY_COAS,
    DomainRun,
    Mode,
    Move,
    Stream,
    gateway_place,
)
from pmip6.conformance.domain.traffic import Traffic
from pmip6.conformance.domain.watch import Watch
from pmip6.conformance.wire import netlink
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.tunnel_packets import decapsulate

STEP_SECONDS = 0.02
INTERVAL_MS = 10
DWELL_SECONDS = 0.25


def roam(
    networks: DomainNetworks,
    path: Sequence[int],
    mode: Mode = Mode.NONE,
    report: Callable[[str], None] = lambda line: None,
) -> DomainRun:
    """Let the node go from gateway to gateway, while it talks to its correspondent.

    Args:
        networks: The domain, whose anchor and gateways serve.
        path: Numbers of the gateways; the first one is where the node comes in.
        mode: How it is handed over.
        report: Called with one line for each move.

    Raises:
        Pmip6Error: The node gets no address, or is not served after a move.
    """
    run = DomainRun(mode)
    places = {
        NODE: (networks.node, NODE_INTERFACE),
        CORRESPONDENT_NODE: (networks.correspondent, CORRESPONDENT_INTERFACE),
    }
    for number, gateway in enumerate(networks.gateways):
        places[gateway_place(number)] = (gateway, CORE_INTERFACE)
    places[BETWEEN] = (networks.gateways[0], HANDOVER_INTERFACE)
    with (
        Watch(places) as watch,
        AccessNetwork(networks, mode, partial(_is_forwarding, watch)) as access,
    ):
        try:
            _go(networks, access, path, run, partial(_is_over, watch), report)
            time.sleep(DWELL_SECONDS)
        finally:
            run.seen = watch.seen()
    return run


def _is_forwarding(watch: Watch, gateway: int, since_ns: int) -> bool:
    """Whether a gateway has sent a packet into the tunnel to the next one."""
    entries = (decapsulate(each.packet) for each in watch.seen_at(BETWEEN, since_ns))
    own = PROXY_COAS[gateway]
    return any(each is not None and each.entry_point == own for each in entries)


def _is_over(watch: Watch, gateway: int, since_ns: int) -> bool:
    """Whether a gateway has ended its registration, which it does after forwarding."""
    for each in watch.seen_at(gateway_place(gateway), since_ns):
        read = decode_packet(each.packet) if each.is_outbound else None
        message = None if read is None else read[1].message
        if isinstance(message, ProxyBindingUpdate) and message.lifetime == 0:
            return True
    return False


def _go(
    networks: DomainNetworks,
    access: AccessNetwork,
    path: Sequence[int],
    run: DomainRun,
    is_over: Callable[[int, int], bool],
    report: Callable[[str], None],
) -> None:
    first = path[0]
    times = access.move(None, first)
    report(f"the node is at gateway {first + 1}")
    _wait(
        lambda: bool(_addresses(networks)),
        f"has no address {PATIENCE_SECONDS:g} s after it came to gateway {first + 1}",
    )
    run.moves.append(_moved(networks, None, first, times))
    run.mtu = networks.node.run(lambda: netlink.link_mtu(NODE_INTERFACE))
    try:
        traffic = Traffic(
            networks.node, networks.correspondent, CORRESPONDENT, INTERVAL_MS
        )
    except OSError as error:
        raise _unserved(
            f"cannot connect to its correspondent: {error.strerror or error}"
        ) from error
    run.up, run.down, run.connection = traffic.up, traffic.down, traffic.connection
    with traffic:
        time.sleep(DWELL_SECONDS)
        for start, end in pairwise(path):
            times = access.move(start, end)
            report(f"the node is at gateway {end + 1}")
            _wait(
                partial(_is_served, run, times[-1]),
                f"is not served {PATIENCE_SECONDS:g} s after it came to gateway {end + 1}",
            )
            run.moves.append(_moved(networks, start, end, times))
            _wait(
                partial(is_over, start, times[1]),
                f"is not given up by gateway {start + 1} after {PATIENCE_SECONDS:g} s",
            )
            time.sleep(DWELL_SECONDS)
        traffic.settle(PATIENCE_SECONDS)


def _moved(
    networks: DomainNetworks,
    start: int | None,
    end: int,
    times: tuple[int | None, int, int],
) -> Move:
    indicated, left, arrived = times
    routers = networks.node.run(lambda: netlink.default_routers(NODE_INTERFACE))
    addresses = _addresses(networks)
    return Move(start, end, left, arrived, addresses, tuple(routers), indicated)


def _addresses(networks: DomainNetworks) -> tuple[IPv6Address, ...]:
    """The addresses of the node that are neither tentative nor link-local."""
    told = networks.node.run(lambda: netlink.addresses(NODE_INTERFACE))
    return tuple(address for address in told if not address.is_link_local)


def _is_served(run: DomainRun, since_ns: int) -> bool:
    """Whether a datagram came each way that was sent after a time."""
    return all(_came(stream, since_ns) for stream in (run.up, run.down))


def _came(stream: Stream, since_ns: int) -> bool:
    recent = stream.arrivals[-200:]
    return any(stream.sent_ns[number] >= since_ns for number, _ in recent)


def _wait(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise _unserved(otherwise)
        time.sleep(STEP_SECONDS)


def _unserved(reason: str) -> Pmip6Error:
    return Pmip6Error(
        "mobile node", reason, "see what anchor and gateways report", exit_code=3
    )
