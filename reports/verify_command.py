"""`pmip6 verify`: is the result of a campaign as it was made?"""

from pathlib import Path
from typing import Annotated

import typer


def verify(
    folder: Annotated[
        Path, typer.Argument(metavar="RESULT", help="Folder of certify --out.")
    ],
) -> int:
    """Check a result: 0 whole and unchanged, 1 something is gone or changed, 2 no result."""
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.seal import faults_of

    faults = faults_of(folder)
    for fault in faults:
        print(fault)
    print(f"{folder}: {len(faults) or 'no'} fault{'' if len(faults) == 1 else 's'}")
    return 1 if faults else 0
