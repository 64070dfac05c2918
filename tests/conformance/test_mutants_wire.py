"""Faulty anchors over the wire: a named case fails on each of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "mutants_on_wire.py"
KILLED_BY = {
    "lma.reject_unauthorised_gateway.removed": "TP_LMA_CHK_BI_03",
    "lma.allocate.update-3": "TP_LMA_REG_BV_01",
    "lma.hand_off.update-1": "TP_LMA_HO_BV_01",
    "lma.hand_off.guard-14": "TP_LMA_DER_BO_01",
    "lma.extend.guard-14": "TP_LMA_CHK_BI_06",
    "lma.extend.send-0": "TP_LMA_EXT_BV_01",
    "lma.repeat_deregistration.send-0": "TP_LMA_DER_BV_03",
    "lma.deregister.timer-1": "TP_LMA_DER_BV_01",
    "lma.expire.removed": "TP_LMA_EXT_TI_01",
    "encoder.timestamp.zero": "TP_LMA_ACK_BV_01",
    "encoder.home-network-prefix.left-out": "TP_LMA_ACK_BV_01",
    "encoder.sequence.zero": "TP_LMA_ACK_BV_01",
    "encoder.lifetime.zero": "TP_LMA_ACK_BV_01",
    "encoder.mobile-node-identifier.zero": "TP_LMA_ACK_BV_01",
}


@pytest.mark.wire
def test_each_faulty_anchor_fails_its_case(environment: dict[str, str]) -> None:
    arguments = [word for pair in KILLED_BY.items() for word in pair]
    run = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    verdicts = dict(zip(KILLED_BY, json.loads(run.stdout), strict=True))
    assert verdicts == dict.fromkeys(KILLED_BY, "FAIL")
