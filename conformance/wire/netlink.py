"""Network interfaces and addresses, in the network of the calling thread."""

import ctypes
import fcntl
import socket
import struct
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path
from typing import Any

from pmip6.model.errors import Pmip6Error

LOOPBACK = 1
PREFIX_LENGTH = 64
IFA_F_NODAD = 0x02
IFA_F_TENTATIVE = 0x40
ADDR_GEN_MODE_NONE = 1
LINK_UP_SECONDS = 5.0
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM, ETHTOOL_SGSO = 0x17, 0x24
IFNAMSIZ = 16


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


def _await_carrier(netlink: Any, interface: str, index: int) -> None:
    """Waits: an address that is added before the carrier is seen stays tentative."""
    deadline = time.monotonic() + LINK_UP_SECONDS
    while netlink.get_links(index)[0].get_attr("IFLA_OPERSTATE") != "UP":
        if time.monotonic() > deadline:
            raise Pmip6Error(
                f"interface {interface}",
                f"has no carrier after {LINK_UP_SECONDS:g} s",
                "bring up the other end of the link",
                exit_code=3,
            )
        time.sleep(0.002)


def add_addresses(interface: str, addresses: Sequence[IPv6Address]) -> None:
    """Gives an interface /64 addresses, usable on return, and the default route.

    The route has no gateway: every destination is looked for on the link itself.

    Raises:
        Pmip6Error: When the link does not come up or the kernel refuses one.
    """
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        _await_carrier(netlink, interface, index)
        for address in addresses:
            netlink.addr(
                "add",
                index=index,
                address=str(address),
                prefixlen=PREFIX_LENGTH,
                flags=IFA_F_NODAD,
            )
        netlink.route("add", dst="::/0", oif=index)


def bring_up_host(interface: str, link_layer_address: bytes) -> None:
    """Brings up an interface as a host has it, with all that its kernel does by itself.

    It makes a link-local address by EUI-64, detects duplicates, solicits routers and
    makes addresses from what they advertise.

    Raises:
        Pmip6Error: When the kernel refuses it.
    """
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        netlink.link("set", index=index, address=link_layer_address.hex(":"))
        netlink.link("set", index=index, state="up")


def hand_over(interface: str, network: int) -> None:
    """Moves an interface into the network behind a descriptor, where it is down.

    The other end of a veth pair loses its carrier and keeps all else.

    Raises:
        Pmip6Error: When the kernel refuses it: a name in use there.
    """
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        netlink.link("set", index=index, net_ns_fd=network)


def add_address(interface: str, address: IPv6Address, prefix_length: int) -> None:
    """Gives an interface one address that is usable at once, and no route beyond it.

    Raises:
        Pmip6Error: When the link does not come up or the kernel refuses it.
    """
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        _await_carrier(netlink, interface, index)
        netlink.addr(
            "add",
            index=index,
            address=str(address),
            prefixlen=prefix_length,
            flags=IFA_F_NODAD,
        )


def add_route(
    destination: IPv6Network, interface: str, router: IPv6Address | None = None
) -> None:
    """Adds a route over an interface, to the link itself or by a router on it.

    Raises:
        Pmip6Error: When the kernel refuses it.
    """
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        way = {} if router is None else {"gateway": str(router)}
        netlink.route("add", dst=str(destination), oif=index, **way)


def add_blackhole(destination: IPv6Network) -> None:
    """Adds a route that leads nowhere, so that the kernel reports no missing one.

    Raises:
        Pmip6Error: When the kernel refuses it.
    """
    with _netlink("lo") as netlink:
        netlink.route("add", dst=str(destination), type="blackhole")


def without_offloads(interface: str) -> None:
    """Has the kernel finish packets before it gives them to the interface.

    With offloads a veth hands over packets of up to 64 KiB without checksums, which
    only hardware could complete; a packet socket at the other end needs real ones.

    Raises:
        Pmip6Error: When the kernel refuses it.
    """
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        for command in (ETHTOOL_STXCSUM, ETHTOOL_SGSO):
            value = ctypes.create_string_buffer(struct.pack("=II", command, 0))
            name = interface.encode().ljust(IFNAMSIZ, b"\0")
            request = struct.pack("@16sP16x", name, ctypes.addressof(value))
            try:
                fcntl.ioctl(control, SIOCETHTOOL, request)
            except OSError as error:
                raise Pmip6Error(
                    f"interface {interface}",
                    f"keeps its offloads: {error.strerror}",
                    "use a network made by this process",
                    exit_code=3,
                ) from error


def addresses(interface: str) -> list[IPv6Address]:
    """The addresses of an interface that are no longer tentative.

    Raises:
        Pmip6Error: When the kernel refuses to tell them.
    """
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        told = netlink.get_addr(family=socket.AF_INET6, index=index)
        return [
            IPv6Address(address.get_attr("IFA_ADDRESS"))
            for address in told
            if not address.get_attr("IFA_FLAGS") & IFA_F_TENTATIVE
        ]


def default_routers(interface: str) -> list[IPv6Address]:
    """The routers of an interface's default routes.

    Raises:
        Pmip6Error: When the kernel refuses to tell them.
    """
    with _netlink(interface) as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        told = netlink.get_routes(family=socket.AF_INET6, oif=index)
        return [
            IPv6Address(route.get_attr("RTA_GATEWAY"))
            for route in told
            if route["dst_len"] == 0 and route.get_attr("RTA_GATEWAY")
        ]


def link_mtu(interface: str) -> int:
    """The MTU that IPv6 uses on an interface: that of an RA, where one told it."""
    return int(Path(f"/proc/sys/net/ipv6/conf/{interface}/mtu").read_text())
