"""Which test cases a command line names, of whatever role."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.case_file import OwnCase, read_case
from pmip6.vectors.case_purpose import CasePurpose
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.lma.purposes import Purpose, purposes
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes
from pmip6.vectors.packs.case_list import cases_of, every_purpose

ROLES = ("lma", "mag", "fmag")
"""What a test case may be for: an anchor, a gateway, or one with fast handover."""
IMPLEMENTATIONS = {"lma": "anchors", "mag": "gateways", "fmag": "gateways"}


def role_of(name: str) -> str:
    """The role that a case is for, by its id: TP_LMA_..., TP_MAG_... or TP_FMAG_..."""
    return next((role for role in ROLES if f"_{role.upper()}_" in name), "")


def anchor_cases(
    names: Sequence[str] | None,
    pack: Path | None = None,
    files: Sequence[Path] = (),
) -> tuple[Purpose, ...]:
    """The cases for anchors of these ids, each once.

    Without names these are the cases of the files, or where there are none all of a pack.

    Args:
        names: The ids.
        pack: The folder of the pack; the one that ships where None.
        files: Files that have a case each.

    Raises:
        Pmip6Error: There is no such case, or it is for another role; the pack is broken
            or of another version; a file is none of a case, or two have the same one.
    """
    own = {
        name: case
        for name, case in _cases_of_files(files, "lma").items()
        if isinstance(case, Purpose)
    }
    if own and not names:
        return tuple(own.values())
    listed = cases_of(pack)
    known = {purpose.name: purpose for purpose in purposes()}
    every = {name: known[name] for name in listed if name in known} | own
    return tuple(every[name] for name in _chosen(names, "lma", list(every)))


def _cases_of_files(files: Sequence[Path], role: str) -> dict[str, OwnCase]:
    """The cases of files, by their ids, each of which has to be for a role."""
    own: dict[str, OwnCase] = {}
    for path in files:
        case = read_case(path)
        other = role_of(case.name)
        if other != role:
            raise _for_others(str(path), other, role)
        if case.name in own:
            raise Pmip6Error(
                str(path), f"{case.name} has come already", "name each file once"
            )
        own[case.name] = case
    return own


def gateway_cases(
    names: Sequence[str] | None,
    pack: Path | None = None,
    files: Sequence[Path] = (),
) -> tuple[GatewayPurpose | HandoverPurpose, ...]:
    """The same for gateways, those for fast handover among them."""
    own = {
        name: case
        for name, case in _cases_of_files(files, "mag").items()
        if isinstance(case, GatewayPurpose)
    }
    if own and not names:
        return tuple(own.values())
    known: dict[str, GatewayPurpose | HandoverPurpose] = {
        purpose.name: purpose for purpose in gateway_purposes()
    }
    known |= {purpose.name: purpose for purpose in handover_purposes()}
    every = {name: known[name] for name in cases_of(pack) if name in known} | own
    return tuple(every[name] for name in _chosen(names, "mag", list(every)))


def all_cases(names: Sequence[str] | None) -> tuple[CasePurpose, ...]:
    """The cases of all roles of these ids; all of the pack that ships without names.

    Raises:
        Pmip6Error: There is no such case.
    """
    known = every_purpose()
    every = {name: known[name] for name in cases_of(None)}
    for name in names or ():
        if name not in every:
            raise _unknown(name, list(every))
    return tuple(every[name] for name in dict.fromkeys(names or every))


def _chosen(names: Sequence[str] | None, role: str, every: list[str]) -> list[str]:
    wanted = list(dict.fromkeys(names or every))
    if not wanted:
        fix = "name a pack that was generated for all roles"
        raise Pmip6Error("pack", f"has no case for {IMPLEMENTATIONS[role]}", fix)
    for name in wanted:
        if name not in every:
            other = role_of(name)
            if other and other != role and name in {p.name for p in all_cases(None)}:
                raise _for_others(name, other, role)
            raise _unknown(name, every)
    return wanted


def _for_others(place: str, other: str, role: str) -> Pmip6Error:
    return Pmip6Error(
        place,
        f"is a case for {IMPLEMENTATIONS[other]}",
        f'the declaration has role = "{role}"',
    )


def _unknown(name: str, every: list[str]) -> Pmip6Error:
    near = difflib.get_close_matches(name, every, 1)
    asked = f"did you mean {near[0]}? " if near else ""
    return Pmip6Error(name, "is no test case", f"{asked}--list lists them")
