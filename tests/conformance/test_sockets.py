"""Raw and packet sockets between two hosts, as the kernel of this machine does it."""

import json
import statistics
import subprocess
import sys
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest

from pmip6.conformance.wire.neighbours import advertised_address
from pmip6.conformance.wire.packet_port import ipv6_packet, is_wanted, upper_layer

PROGRAM = Path(__file__).parent / "programs" / "exchange.py"
MAG, LMA = IPv6Address("2001:db8::1"), IPv6Address("2001:db8::100")
ROUND_TRIP_SECONDS = 0.005
PARAMETER_PROBLEM, UNRECOGNISED_NEXT_HEADER = 4, 1


def _run(scenario: str, environment: dict[str, str], *python: str) -> Any:
    run = subprocess.run(
        [*(python or [sys.executable]), str(PROGRAM), scenario],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def _assert_echoed(facts: Any) -> None:
    sources = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
    assert [
        (answer["source"], answer["destination"], answer["mark"], answer["checksum"])
        for answer in facts["answers"]
    ] == [("2001:db8::100", sources[mark % 3], mark, 0) for mark in range(30)]
    assert facts["to_wrong_checksum"] is None
    assert facts["report"]["mark"] == 1, "the kernel dropped one and counted it"
    assert facts["after"] is None
    assert facts["lost"] == 0
    assert statistics.median(facts["seconds"]) < ROUND_TRIP_SECONDS


@pytest.mark.wire
def test_listed_and_unlisted_addresses_are_echoed_and_a_wrong_checksum_is_not(
    environment: dict[str, str],
) -> None:
    _assert_echoed(_run("echo", environment))


@pytest.mark.wire
def test_the_same_without_privileges(
    environment: dict[str, str], unprivileged_python: list[str]
) -> None:
    _assert_echoed(_run("echo", environment, *unprivileged_python))


@pytest.mark.wire
def test_a_foreign_source_and_a_wrong_checksum_pass_a_socket_that_leaves_them_alone(
    environment: dict[str, str],
) -> None:
    assert _run("whole", environment) == {
        "source": "2001:db8:ffff::9",
        "destination": "2001:db8::100",
        "in_as_sent": True,
        "out_as_sent": True,
        "dropped": 0,
    }


@pytest.mark.wire
def test_an_open_port_keeps_the_kernel_from_answering_for_the_tester(
    environment: dict[str, str],
) -> None:
    heard = _run("quiet", environment)
    problems = {
        name: (answer["protocol"], answer["kind"], answer["code"])
        for name, answer in heard.items()
        if answer is not None
    }
    problem = (58, PARAMETER_PROBLEM, UNRECOGNISED_NEXT_HEADER)
    assert heard["open 135"] is None
    # The module of IPv6 tunnels, where it is loaded, sends Port Unreachable (1, 4).
    assert problems.pop("open 41", (58, 1, 4)) == (58, 1, 4)
    assert problems.pop("closed 41") in (problem, (58, 1, 4))
    assert problems == dict.fromkeys(["open 200", "closed 135", "closed 200"], problem)


@pytest.mark.wire
def test_errors_name_the_place_and_the_fix(environment: dict[str, str]) -> None:
    assert _run("errors", environment) == [
        "interface none0: does not exist (one of: lo, tester0)",
        "neighbour 2001:db8::999 on tester0: does not answer Neighbor Solicitations"
        " within 0.3 s (check that it runs, and the address and the interface)",
        "packet of 3040 bytes on tester0: cannot be sent: Message too long"
        " (check that the link is up and the packet fits it)",
        "neighbour 2001:db8::100 on tester0: cannot be solicited from"
        " 2001:db8:ffff::9: Cannot assign requested address"
        " (give that address to tester0)",
        "mobility socket on 2001:db8:ffff::9: Cannot assign requested address"
        " (give the address to an interface first)",
        "message of 8 bytes from 2001:db8:ffff::9 to 2001:db8::100: cannot be sent:"
        " Invalid argument (use an own source address and at least 6 bytes)",
        "message of 4 bytes from 2001:db8::1 to 2001:db8::100: cannot be sent:"
        " Invalid argument (use an own source address and at least 6 bytes)",
        "interface tester0: cannot be received from: Network is down"
        " (bring it up and run the case again)",
    ]


def _behind(protocols: list[int], last: int, payload: bytes) -> bytes:
    """A payload behind extension headers of 8 octets each."""
    following = [*protocols[1:], last]
    headers = b"".join(bytes([number, 0]) + bytes(6) for number in following)
    chain = headers if protocols else b""
    first = protocols[0] if protocols else last
    return ipv6_packet(MAG, LMA, chain + payload, protocol=first)


@pytest.mark.parametrize(
    ("packet", "upper", "wanted"),
    [
        (_behind([], 135, bytes(8)), (135, 40), True),
        (_behind([], 135, b""), (135, 40), True),
        (_behind([60], 135, bytes(8)), (135, 48), True),
        (_behind([0, 60, 43], 41, bytes(40)), (41, 64), True),
        (_behind([], 58, b"\x04"), (58, 40), True),
        (_behind([], 58, b"\x87"), (58, 40), False),
        (_behind([0], 58, b"\x8f"), (58, 48), False),
        (_behind([], 58, b""), (58, 40), False),
        (_behind([60], 17, bytes(8)), (17, 48), False),
        (_behind([], 17, b"\2\x23\2\x23" + bytes(4)), (17, 40), True),
        (_behind([], 58, b"\x81"), (58, 40), True),
        (_behind([44], 135, bytes(8)), (135, 48), True),
        (_behind([], 44, b"\x87\0\0\x08" + bytes(4)), None, True),
        (_behind([], 60, b"\x87"), None, True),
        (_behind([], 60, b"\x87\xff" + bytes(6)), None, True),
        (bytes(39), None, True),
    ],
)
def test_the_protocol_behind_extension_headers(
    packet: bytes, upper: tuple[int, int] | None, wanted: bool
) -> None:
    assert (upper_layer(packet), is_wanted(packet)) == (upper, wanted)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (b"\x88" + bytes(7) + LMA.packed + b"\x02\x01abcdef", b"abcdef"),
        (
            b"\x88"
            + bytes(7)
            + LMA.packed
            + b"\x0e\x01"
            + bytes(6)
            + b"\x02\x01abcdef",
            b"abcdef",
        ),
        (b"\x88" + bytes(7) + MAG.packed + b"\x02\x01abcdef", None),
        (b"\x87" + bytes(7) + LMA.packed + b"\x02\x01abcdef", None),
        (b"\x88" + bytes(7) + LMA.packed, None),
        (b"\x88" + bytes(7) + LMA.packed + b"\x02\x00abcdef", None),
        (b"\x88" + bytes(7) + LMA.packed + b"\x02\x02abcdef", None),
        (b"\x88", None),
    ],
)
def test_the_address_in_an_advertisement(message: bytes, found: bytes | None) -> None:
    assert advertised_address(message, LMA) == found
