"""`pmip6 verify`: is the result of a campaign as it was made, and does it follow?"""

from pathlib import Path
from typing import Annotated

import typer


def verify(
    folder: Annotated[
        Path, typer.Argument(metavar="RESULT", help="Folder of certify --out.")
    ],
) -> int:
    """Check that a result is as it was made.

    Exit codes: 0 whole, and its findings follow from its packets; 1 not so; 2 no result.
    """
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.evidence import RESULT_FILE
    from pmip6.conformance.lma.recompute import AnchorReplay
    from pmip6.conformance.mag.recompute import GatewayReplay
    from pmip6.conformance.recompute import declared_role, recomputed
    from pmip6.conformance.seal import faults_of, load_result
    from pmip6.reports.campaign_page import page_faults

    faults = faults_of(folder)
    told = "not judged again"
    if not faults:
        document = load_result(folder / RESULT_FILE)
        is_anchor = declared_role(document) == "lma"
        replay = AnchorReplay(document) if is_anchor else GatewayReplay(document)
        found = recomputed(document, folder, replay)
        faults += found.faults
        if not found.faults:
            faults += page_faults(folder)
        told = f"{found.count} case{'' if found.count == 1 else 's'} judged again"
        if found.left_out:
            held = found.shipped - found.left_out
            told += f"; a selection, {held} of the {found.shipped} cases that ship"
    for fault in faults:
        print(fault)
    number = f"{len(faults) or 'no'} fault{'' if len(faults) == 1 else 's'}"
    print(f"{folder}: {number}; {told}")
    return 1 if faults else 0
