"""tshark as a judge: what it reads from IPv6 packets, as PDML."""

import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

LINKTYPE_IPV6 = 229


def dissect(
    packets: Sequence[bytes], folder: Path, preferences: Sequence[str] = ()
) -> list[ElementTree.Element]:
    """The packets as tshark reads them; the test is skipped where it is not installed.

    Args:
        packets: From their IPv6 headers on.
        folder: Where the capture goes.
        preferences: What its option -o is given.
    """
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed: nothing judges the codec but scapy")
    capture = folder / "packets.pcap"
    with capture.open("wb") as file:
        file.write(
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_IPV6)
        )
        for packet in packets:
            file.write(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
    told = [word for preference in preferences for word in ("-o", preference)]
    run = subprocess.run(
        [tshark, "-r", str(capture), "-T", "pdml", *told],
        capture_output=True,
        check=True,
    )
    read = list(ElementTree.fromstring(run.stdout).iter("packet"))
    assert len(read) == len(packets)
    return read
