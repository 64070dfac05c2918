"""The access network of a domain: it moves the node, and tells the gateways of it.

With fast handover in the predictive mode it tells the gateway that the node will leave
(RFC 5949, figure 2, step b), and sends the node away when packets are forwarded (step g);
in the reactive mode the other one hears where the node comes from (figure 3, step b).
"""

import time
from collections.abc import Callable
from functools import partial

from pmip6.conformance.domain.networks import PATIENCE_SECONDS, DomainNetworks
from pmip6.conformance.domain.record import NODE_LINK_LAYER, PROXY_COAS, Mode
from pmip6.conformance.mag.access_triggers import (
    AboutToMove,
    Attached,
    Trigger,
    TriggerSender,
)
from pmip6.conformance.wire.closing import Closing
from pmip6.model.errors import Pmip6Error

TRIGGER_PORT = 5949
STEP_SECONDS = 0.001


def access_point(number: int) -> str:
    """The name of the only access point of a gateway."""
    return f"ap-{number + 1}"


class AccessNetwork(Closing):
    """Takes the node from gateway to gateway.

    Args:
        networks: The domain; its gateways listen for triggers.
        mode: How it hands the node over.
        is_forwarding: Whether a gateway has passed on a packet to the next one since a
            time.
    """

    def __init__(
        self,
        networks: DomainNetworks,
        mode: Mode,
        is_forwarding: Callable[[int, int], bool],
    ) -> None:
        self._networks = networks
        self._mode = mode
        self._is_forwarding = is_forwarding
        self._senders = [
            gateway.run(partial(TriggerSender, address, TRIGGER_PORT))
            for gateway, address in zip(networks.gateways, PROXY_COAS, strict=True)
        ]

    def move(self, start: int | None, end: int) -> tuple[int | None, int, int]:
        """Take the node to a gateway.

        Returns:
            When the gateway that it leaves was told, None where it was not; when its
            link was taken away; when it is there again.

        Raises:
            Pmip6Error: The gateway that was told does not forward in time.
        """
        indicated = None
        if start is not None and self._mode is Mode.PREDICTIVE:
            indicated = time.time_ns()
            self._tell(start, AboutToMove(NODE_LINK_LAYER, access_point(end)))
            self._await_forwarding(start, indicated)
        left = time.time_ns()
        self._networks.move(end)
        arrived = time.time_ns()
        comes_from = None
        if start is not None and self._mode is Mode.REACTIVE:
            comes_from = access_point(start)
        self._tell(end, Attached(NODE_LINK_LAYER, access_point=comes_from))
        return indicated, left, arrived

    def _tell(self, gateway: int, trigger: Trigger) -> None:
        self._senders[gateway].tell(trigger)

    def _await_forwarding(self, start: int, since_ns: int) -> None:
        """Wait until the handover is ready on the network side."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_forwarding(start, since_ns):
            if time.monotonic() > deadline:
                raise Pmip6Error(
                    f"gateway {start + 1}",
                    f"forwards nothing {PATIENCE_SECONDS:g} s after a node was announced",
                    "see what anchor and gateways report",
                    exit_code=3,
                )
            time.sleep(STEP_SECONDS)

    def close(self) -> None:
        """Closes the sockets."""
        for sender in self._senders:
            sender.close()
