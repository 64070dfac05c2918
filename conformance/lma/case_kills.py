"""Which faulty anchor each test case finds: a case that finds none would be of no use.

A case is tried on anchors without one of the rules that it makes the anchor take, first
that which it is about; where those pass, as another rule does the same, on anchors that see
less than they have to: that answer what they must discard, tell nobody of errors, pass on
what they must drop or drop what they must pass on, check less of ESP; last on other mutants
of these rules, and on such with a fault of the encoder.  `make kill-matrix` prints it.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pmip6.conformance.kills import FOUND, ON_THE_LINK, REMOVED, Kill, report
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.faulty_peers import (
    FaultyPeer,
    anchor_mutants,
    encoder_mutants,
    faulty_peer,
)
from pmip6.conformance.lma.in_memory import (
    reference_declaration,
    reference_esp,
    run_case_in_memory,
    waiting_declaration,
)
from pmip6.conformance.wire.arrivals import MARK, read_arrival
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.domain import Element, Model
from pmip6.model.language.interpreter import Message, Transition
from pmip6.model.language.table import Channel, Timer
from pmip6.model.machines import LmaMachine
from pmip6.model.state import waits_for_deregistration
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.esp import ALL_CHECKS, EspCheck
from pmip6.model.wire.ipv6 import decode_ipv6, encode_ipv6
from pmip6.model.wire.messages import ProxyBindingAcknowledgement
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.vectors.lma.purposes import ESP, Purpose, purposes


class _Eager(VirtualLink):
    """An anchor that acknowledges what it has to discard."""

    def send(self, packet: bytes) -> None:
        """Answer what is not answered."""
        before = len(self._waiting)
        super().send(packet)
        header = decode_ipv6(packet)
        if len(self._waiting) > before or header is None or MARK in packet:
            return
        source, destination = header.destination, header.source
        octets = encode(
            ProxyBindingAcknowledgement(BindingAckStatus.ACCEPTED, 0, 1, ()),
            source,
            destination,
        )
        answer = encode_ipv6(source, destination, octets)
        self._waiting.append((self.now_ms(), answer))


class _Mute(VirtualLink):
    """An anchor that tells nobody of errors."""

    def send(self, packet: bytes) -> None:
        """Lose every report."""
        super().send(packet)
        kept = [(t, p) for t, p in self._waiting if not _is_report(p)]
        self._waiting.clear()
        self._waiting.extend(kept)


class _Dropping(VirtualLink):
    """An anchor that passes no user packet on."""

    def send(self, packet: bytes) -> None:
        """Lose every packet that has been passed on."""
        super().send(packet)
        kept = [(t, p) for t, p in self._waiting if MARK not in p]
        self._waiting.clear()
        self._waiting.extend(kept)


class _Leaking(VirtualLink):
    """An anchor that passes every user packet on, and reports none."""

    def send(self, packet: bytes) -> None:
        """Pass on what is dropped."""
        super().send(packet)
        passed = [(t, p) for t, p in self._waiting if not _is_report(p)]
        if MARK in packet and not passed:
            self._waiting.clear()
            self._waiting.append((self.now_ms(), packet))


def _is_report(packet: bytes) -> bool:
    read = read_arrival(packet, 0, 0)
    return read.icmpv6 is not None or read.binding_error is not None


LINKS: dict[str, type[VirtualLink]] = {
    "answers what it must discard": _Eager,
    "tells nobody of errors": _Mute,
    "drops user packets": _Dropping,
    "passes on what it must drop": _Leaking,
}
"""Anchors that see less than they have to, by what they do."""


class _Listening(LmaMachine):
    """A machine that tells which rules it takes."""

    def __init__(self, model: Model, taken: list[str]) -> None:
        super().__init__(model)
        self._taken = taken

    def receive(
        self,
        channel: Channel,
        message: Message,
        durations: Mapping[str, int] | None = None,
        *,
        preferred: Collection[str] = (),
    ) -> Transition | None:
        """Take a step on a message."""
        return self._told(
            super().receive(channel, message, durations, preferred=preferred)
        )

    def expire(
        self,
        timer: Timer,
        args: tuple[Element, ...],
        durations: Mapping[str, int] | None = None,
    ) -> Transition | None:
        """Take a step on a timer."""
        return self._told(super().expire(timer, args, durations))

    def _told(self, step: Transition | None) -> Transition | None:
        if step is not None and step.rule is not None:
            self._taken.append(step.rule.name)
        return step


def declaration_for(purpose: Purpose) -> Declaration:
    """The declaration of an anchor that has what a case needs."""
    waits = waits_for_deregistration.name in purpose.needs
    declared = waiting_declaration() if waits else reference_declaration()
    needs_esp = ESP in purpose.needs
    return (
        declared.model_copy(update={"esp": reference_esp()}) if needs_esp else declared
    )


def kill(purpose: Purpose) -> Kill:
    """The first mutant that a case finds."""
    declared = declaration_for(purpose)
    taken: list[str] = []
    run_case_in_memory(
        purpose, declared, machine=lambda model: _Listening(model, taken)
    )
    about = purpose.key.split(" / ")
    rules = sorted(dict.fromkeys(reversed(taken)), key=lambda rule: rule not in about)
    return (
        _by_peer(purpose, declared, _without_one(rules))
        or _by_link(purpose, declared)
        or _by_esp(purpose, declared)
        or _by_peer(purpose, declared, _changed(rules))
        or _by_peer(purpose, declared, encoder_mutants().values())
        or Kill(purpose.name)
    )


def _by_peer(
    purpose: Purpose, declared: Declaration, peers: Iterable[FaultyPeer]
) -> Kill | None:
    for peer in peers:
        result = run_case_in_memory(
            purpose,
            declared,
            rules=peer.rules,
            exchange_rules=peer.exchange_rules,
            field_rules=peer.field_rules,
        )
        if result.verdict in FOUND:
            return Kill(purpose.name, peer.name, peer.kind)
    return None


def _by_link(purpose: Purpose, declared: Declaration) -> Kill | None:
    for name, link in LINKS.items():
        result = run_case_in_memory(purpose, declared, link_to=link)
        if result.verdict in FOUND:
            return Kill(purpose.name, name, ON_THE_LINK)
    return None


def _by_esp(purpose: Purpose, declared: Declaration) -> Kill | None:
    for check in EspCheck if ESP in purpose.needs else ():
        checks = ALL_CHECKS - {check}
        result = run_case_in_memory(purpose, declared, esp_checks=checks)
        if result.verdict in FOUND:
            return Kill(purpose.name, f"does not see that {check.value}", ESP)
    return None


def _without_one(taken: Sequence[str]) -> Iterator[FaultyPeer]:
    """Anchors without one of these rules."""
    every = set(anchor_mutants())
    names = (f"lma.{rule}.{REMOVED}" for rule in taken)
    return (faulty_peer(name) for name in names if name in every)


def _changed(taken: Sequence[str]) -> Iterator[FaultyPeer]:
    """Anchors in which one of these rules is another one."""
    every = anchor_mutants()
    for rule in taken:
        of_rule = (n for n in every if n.startswith(f"lma.{rule}."))
        yield from (faulty_peer(n) for n in of_rule if not n.endswith(REMOVED))


def kills(chosen: Iterable[Purpose] = ()) -> list[Kill]:
    """What each case finds, of all cases where none are chosen."""
    return [kill(purpose) for purpose in chosen or purposes()]


def main() -> int:
    """Print the report; 1 where a case finds none."""
    found = kills()
    print(report(found, "a faulty anchor"))
    return int(any(not each.mutant for each in found))


if __name__ == "__main__":
    sys.exit(main())
