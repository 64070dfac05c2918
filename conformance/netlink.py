"""Network interfaces and addresses, in the network of the calling thread."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from ipaddress import IPv6Address
from typing import Any

from pmip6.model.errors import Pmip6Error

LOOPBACK = 1
PREFIX_LENGTH = 64
IFA_F_NODAD = 0x02
ADDR_GEN_MODE_NONE = 1
LINK_UP_SECONDS = 5.0


@contextmanager
def _netlink(interface: str) -> Generator[Any, None, None]:
    """A netlink socket; what the kernel refuses on it is an error of `interface`."""
    # Only a test network needs pyroute2, which has no types and is slow to import.
    pyroute2: Any = import_module("pyroute2")
    try:
        with pyroute2.IPRoute() as netlink:
            yield netlink
    except pyroute2.NetlinkError as error:
        raise Pmip6Error(
            f"interface {interface}",
            f"the kernel refuses it: {error}",
            "use a network made by this process and names not yet in use",
            exit_code=3,
        ) from error


def bring_up_loopback() -> None:
    """Brings up the loopback interface."""
    with _netlink("lo") as netlink:
        netlink.link("set", index=LOOPBACK, state="up")


def create_veth(here: str, there: str, network: int) -> None:
    """Makes a veth pair, one end in the network behind a descriptor, both down.

    Raises:
        Pmip6Error: When the kernel refuses it: a name in use, no privilege.
    """
    with _netlink(here) as netlink:
        end = {"ifname": there, "net_ns_fd": network}
        netlink.link("add", ifname=here, kind="veth", peer=end)


def bring_up(interface: str) -> None:
    """Brings up an interface without a link-local address.

    So the kernel sends no Router Solicitation, which it would send from that
    address, makes no address from a Router Advertisement, and detects no duplicate.

    Raises:
        Pmip6Error: When the kernel refuses it.
    """
    family = {"attrs": [["IFLA_INET6_ADDR_GEN_MODE", ADDR_GEN_MODE_NONE]]}
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        netlink.link("set", index=index, IFLA_AF_SPEC={"attrs": [["AF_INET6", family]]})
        netlink.link("set", index=index, state="up")


def add_addresses(interface: str, addresses: Sequence[IPv6Address]) -> None:
    """Gives an interface /64 addresses, usable on return, and the default route.

    The route has no gateway: every destination is looked for on the link itself.

    Raises:
        Pmip6Error: When the link does not come up or the kernel refuses one.
    """
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        deadline = time.monotonic() + LINK_UP_SECONDS
        # An address that is added before the carrier is seen stays tentative.
        while netlink.get_links(index)[0].get_attr("IFLA_OPERSTATE") != "UP":
            if time.monotonic() > deadline:
                raise Pmip6Error(
                    f"interface {interface}",
                    f"has no carrier after {LINK_UP_SECONDS:g} s",
                    "bring up the other end of the link",
                    exit_code=3,
                )
            time.sleep(0.002)
        for address in addresses:
            netlink.addr(
                "add",
                index=index,
                address=str(address),
                prefixlen=PREFIX_LENGTH,
                flags=IFA_F_NODAD,
            )
        netlink.route("add", dst="::/0", oif=index)
