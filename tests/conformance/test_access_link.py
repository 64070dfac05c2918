"""A Linux host on the access link of a gateway: its kernel alone, our codec and port."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "access_link.py"


@pytest.mark.wire
def test_a_host_gets_its_address_from_an_advertisement_to_it_alone(
    environment: dict[str, str],
) -> None:
    """RFC 5213, sections 6.7 and 6.8, with RFC 4861 and 4862 as Linux has them."""
    run = subprocess.run(
        [sys.executable, str(PROGRAM)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    facts = json.loads(run.stdout)
    assert facts["carrier"] == [False, True, False]
    assert facts["senders"] == ["02:00:00:00:01:01"]
    assert facts["kinds"][0] == "NeighborSolicitation", "it detects duplicates first"
    assert facts["kinds"][-1] == "RouterSolicitation"
    assert facts["findings"] == 0, "the kernel's messages break no format rule"
    own = "2001:db8:100:1:0:ff:fe00:101"
    assert facts["addresses"] == [own], "none from the frame for another node"
    assert facts["routers"] == ["fe80::200:5eff:fe00:5213"]
    assert facts["mtu"] == 1460
    assert facts["kept"] == [own], "the carrier went, the address stays"
