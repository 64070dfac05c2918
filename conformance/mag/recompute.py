"""Cases for gateways run again on what their journals and captures have.

What the tester tells a gateway by triggers is no packet, and no part of a capture: that it
was told is taken from the steps of the case alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pmip6.conformance.fast_handover.case import HandoverCase
from pmip6.conformance.journal import Journal
from pmip6.conformance.mag.case import GatewayCase
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.judge import GatewayJudge
from pmip6.conformance.mag.lane import (
    COMPANION,
    NO_NODE,
    NODE,
    new_case,
    result_of,
)
from pmip6.conformance.mag.packets import Read, read
from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.mag.scenes import scenes, special_scenes
from pmip6.conformance.mag.script import Act, Granted
from pmip6.conformance.mag.selection import AnyGatewayPurpose, reason_to_skip
from pmip6.conformance.recompute import (
    AGAIN,
    declared_in,
    own_cases,
    refuse_another,
)
from pmip6.conformance.results import CaseResult
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.esp import EspCheck, is_esp, without_esp
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes


class _Clear(EspEnd):
    """The end of an ESP whose keys are not known: packets stay in the clear."""

    def __init__(self) -> None:
        super().__init__((), ())

    def send(self, packet: bytes, fault: EspCheck | None = None) -> bytes:
        """The packet as it is."""
        return packet


class GatewayReplay:
    """The cases of a result for a gateway, with or without fast handover.

    Args:
        document: The content of `result.json`.

    Raises:
        Pmip6Error: It has no declaration of a gateway, or another one.
    """

    def __init__(self, document: Mapping[str, object]) -> None:
        self.declared = declared_in(document, GatewayDeclaration)
        handover = self.declared.fast_handover
        esp_with_other = None if handover is None else handover.esp
        self._has_esp = bool(self.declared.esp) or esp_with_other is not None
        if not self._has_esp:
            refuse_another(document, self.declared)
        shipped: tuple[AnyGatewayPurpose, ...] = (
            *gateway_purposes(),
            *handover_purposes(),
        )
        every: tuple[AnyGatewayPurpose, ...] = (
            *shipped,
            *(each for each in own_cases(document) if isinstance(each, GatewayPurpose)),
        )
        self.shipped = frozenset(purpose.name for purpose in shipped)
        self._purposes = {purpose.name: purpose for purpose in every}
        special = special_scenes(self.declared).values()
        self._scenes = {
            scene.node.decode(): scene
            for scene in itertools.chain(scenes(self.declared), *special)
        }

    def purpose(self, name: str) -> AnyGatewayPurpose | None:
        """The case of this name; None where there is none."""
        return self._purposes.get(name)

    def reasons_to_skip(self, name: str) -> tuple[str, ...]:
        """Why a case is not for what is declared; empty where it is."""
        purpose, has_hook = self._purposes[name], bool(self.declared.hooks.restart)
        reasons = (
            reason_to_skip(purpose, self.declared, can_restart=can_restart)
            for can_restart in ((True,) if has_hook else (True, False))
        )
        return tuple(filter(None, reasons))

    def lacks_nodes(
        self, name: str, reason: str, used: Collection[str], spent: int
    ) -> bool:
        """Whether a case has had no node, as is told of it."""
        if reason != NO_NODE:
            return False
        purpose = self._purposes[name]
        plain = {scene.node.decode() for scene in scenes(self.declared)} - {*used}
        kinds = special_scenes(self.declared)
        if isinstance(purpose, HandoverPurpose) or purpose.domain not in kinds:
            return len(plain) <= spent
        special = {scene.node.decode() for scene in kinds[purpose.domain]} - {*used}
        return len(special) <= spent

    def run(
        self, name: str, journal: Journal, packets: Sequence[CapturedPacket]
    ) -> tuple[CaseResult, bool]:
        """What a case concludes, and whether it comes to its end.

        Raises:
            Pmip6Error: It sends something else, or packets are left.
        """
        purpose, scene = self._purposes[name], self._scene(journal)
        esp = _Clear() if self._has_esp else None
        case, judge = new_case(purpose, self.declared, scene, journal.number, esp)
        access = self.declared.tester.access_interface
        player = _Player(case, judge, journal, packets, access, has_esp=bool(esp))
        is_whole = player.run()
        return result_of(case, packets, journal), is_whole

    def _scene(self, journal: Journal) -> Scene:
        """The nodes of a case, as they are declared."""
        scene = self._scenes[journal.nodes[NODE]]
        if COMPANION not in journal.nodes:
            return scene
        return replace(scene, other=self._scenes[journal.nodes[COMPANION]])


class _Player:
    """Gives a case what its journal says, and compares what it sends with the capture.

    Args:
        case: It.
        judge: Who judges its packets, and has to know the time of day.
        journal: What it was given.
        packets: What was sent and received.
        access: What captures call the access link.
        has_esp: The signalling was under ESP.
    """

    def __init__(
        self,
        case: GatewayCase | HandoverCase,
        judge: GatewayJudge | None,
        journal: Journal,
        packets: Sequence[CapturedPacket],
        access: str,
        *,
        has_esp: bool,
    ) -> None:
        self._case, self._judge = case, judge
        self._given = list(journal.given)
        self._packets = list(packets)
        self._access, self._has_esp = access, has_esp
        self._comment = ""

    def run(self) -> bool:
        """Run the case; whether it came to its end.

        Raises:
            Pmip6Error: What it sends is not what was sent, or packets are left.
        """
        started = self._given.pop(0) if self._given else None
        if not isinstance(started, int):
            raise self._wrong("the journal has no start")
        script = self._case.run(started)
        granted: Granted = None
        is_whole = False
        while True:
            try:
                wish = script.send(granted)
            except StopIteration:
                is_whole = True
                break
            if isinstance(wish, Act):
                self._comment = wish.comment
                wish.do(self)
            if not self._given:
                break
            granted = self._grant(is_act=isinstance(wish, Act))
        if self._packets or self._given:
            left = len(self._packets)
            raise self._wrong(f"{left} packets belong to no step of the case")
        return is_whole

    def _grant(self, *, is_act: bool) -> Granted:
        given = self._given.pop(0)
        if isinstance(given, int):
            return given
        if is_act or given is None or len(given) == 3:
            raise self._wrong("the journal is about other steps")
        time_ms, time_of_day, check, node = given
        if not self._packets or self._packets[0].outbound is not False:
            raise self._wrong("a packet that was received is not there")
        if self._judge is not None:
            self._judge.time_of_day = time_of_day
        return time_ms, self._read(self._packets.pop(0), check, node)

    def _read(self, packet: CapturedPacket, check: str, node: str) -> Read:
        data = packet.data
        if self._has_esp and not check and is_esp(data):
            data = without_esp(data)
        sent: Sent = ToNode(bytes.fromhex(node), data) if node else ToNetwork(data)
        found = read(sent)
        return replace(found, unprotected=EspCheck[check]) if check else found

    def _compare(self, packet: bytes, *, access: bool) -> None:
        """The next packet of the capture has to be what is sent."""
        if not self._packets or self._packets[0].outbound is not True:
            raise self._wrong(f"what was sent is not there: {self._comment}")
        first = self._packets.pop(0)
        data = without_esp(first.data) if self._has_esp else first.data
        if data != packet or (first.interface == self._access) is not access:
            raise self._wrong(
                f"what was sent is not what the case sends: {self._comment}"
            )

    def _wrong(self, reason: str) -> Pmip6Error:
        return Pmip6Error(self._case.purpose.name, reason, AGAIN)

    # ---- the link, as acts see it ----------------------------------------------------

    def now_ms(self) -> int:
        """No act asks for it."""
        raise self._wrong("asks for the time")

    def time_of_day(self) -> int:
        """No act asks for it."""
        raise self._wrong("asks for the time of day")

    def is_idle(self) -> bool:
        """There is no gateway."""
        return True

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        """A trigger is no packet."""

    def link_up(self, node: bytes, old_access_point: str | None) -> None:
        """A trigger is no packet."""

    def indicate_handover(self, node: bytes, access_point: str) -> None:
        """A trigger is no packet."""

    def detach(self, node: bytes) -> None:
        """A trigger is no packet."""

    def synchronise(self) -> None:
        """A trigger is no packet."""

    def restart(self) -> None:
        """It is told in the steps."""

    def send(self, packet: bytes) -> None:
        """A packet to the gateway, from the network."""
        self._compare(packet, access=False)

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """A packet of a node to the gateway."""
        self._compare(packet, access=True)

    def send_from_host(self, packet: bytes) -> None:
        """There is no link of ordinary hosts."""
        raise self._wrong("sends a packet of an ordinary host")

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """Nothing comes while something is done."""
        return None
