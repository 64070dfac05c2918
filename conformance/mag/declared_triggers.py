"""How the tester tells a declared gateway which nodes are on its access link.

Gateways are told in ways of their own (RFC 5213, sections 6.6, 6.9.1.1 and 6.13): by a
command, or by a datagram, which may be a line for a syslog daemon; both are declared as
words, in which `{node}`, `{identifier}`, `{handoff}` and `{access_point}` are replaced.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pmip6.conformance.mag.access_triggers import (
    AboutToMove,
    Attached,
    ClockSet,
    Detached,
    Trigger,
)
from pmip6.conformance.settings_rules import inconsistent
from pmip6.model.errors import Pmip6Error

PLACEHOLDERS = ("node", "identifier", "handoff", "access_point")
WORDS = (
    "attach",
    "attach_with_handoff",
    "detach",
    "clock",
    "attach_from",
    "handover",
)

Words = tuple[str, ...]


class TriggerSettings(BaseModel):
    """How a gateway is told of nodes.

    Attributes:
        by: By a command of the tester's system, or by a datagram with the words as a line.
        address: Where the datagrams go to.
        port: UDP port there.
        attach: Tells that a node came; without words a gateway knows it by the Router
            Solicitation that the node then sends.
        attach_with_handoff: The same with the kind of handoff for certain; without words
            a gateway is never told, and the cases that need it are skipped.
        detach: Tells that a node left.
        attach_from: Tells that a node came from an access point of another gateway.
        handover: Tells that a node will move to an access point of another gateway.
            Both are for fast handover: without words the cases that need them are
            skipped.
        clock: Tells to follow the common time source again; without words the cases
            that need it are skipped.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    by: Annotated[Literal["command", "datagram"], Field(examples=["datagram"])]
    address: Annotated[IPv6Address, Field(examples=["2001:db8:1::11"])]
    port: Annotated[int, Field(examples=[5213], ge=1, le=0xFFFF)]
    attach: Annotated[Words, Field(examples=[["attach", "{node}"]])]
    attach_with_handoff: Annotated[
        Words, Field(examples=[["attach", "{node}", "{handoff}"]])
    ]
    detach: Annotated[Words, Field(examples=[["detach", "{node}"]], min_length=1)]
    clock: Annotated[Words, Field(examples=[["clock"]])]
    attach_from: Annotated[
        Words, Field(examples=[["attach", "{node}", "from", "{access_point}"]])
    ] = ()
    handover: Annotated[
        Words, Field(examples=[["handover", "{node}", "{access_point}"]])
    ] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        known = {name: "" for name in PLACEHOLDERS}
        known_words = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        for key in WORDS:
            for word in getattr(self, key):
                try:
                    word.format(**known)
                except (KeyError, IndexError, ValueError) as error:
                    raise inconsistent(
                        key,
                        f"{word} has a brace that stands for nothing known",
                        f"write one of {known_words}; {{{{ for a brace",
                    ) from error
        return self


class DeclaredTriggers:
    """Tells a declared gateway.

    A command is not waited for, so that other cases go on; that it has failed is told
    with the next one.

    Args:
        told: What is declared.
        identifiers: The identifier of each node, by its link-layer address.
    """

    def __init__(self, told: TriggerSettings, identifiers: Mapping[bytes, str]) -> None:
        self._told = told
        self._identifiers = identifiers
        self._running: list[tuple[list[str], subprocess.Popen[bytes]]] = []
        self._socket: socket.socket | None = None
        if told.by == "datagram":
            self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self._socket.connect((str(told.address), told.port))

    def tell(self, trigger: Trigger) -> None:
        """Tell of one.

        Raises:
            Pmip6Error: Its command is not there, or an earlier one has failed.
        """
        match trigger:
            case Attached(node, _, str(point)):
                words = self._words(self._told.attach_from, node, access_point=point)
            case Attached(node, None):
                words = self._words(self._told.attach, node)
            case Attached(node, handoff):
                words = self._words(
                    self._told.attach_with_handoff, node, f"{handoff:d}"
                )
            case Detached(node):
                words = self._words(self._told.detach, node)
            case ClockSet():
                words = self._words(self._told.clock, b"")
            case AboutToMove(node, point):
                words = self._words(self._told.handover, node, access_point=point)
        if self._socket is not None:
            self._send(self._socket, " ".join(words))
        else:
            self._start(words)

    def _words(
        self,
        template: Words,
        node: bytes,
        handoff: str = "",
        access_point: str = "",
    ) -> list[str]:
        known = {
            "node": node.hex(":"),
            "identifier": self._identifiers.get(node, ""),
            "handoff": handoff,
            "access_point": access_point,
        }
        return [word.format(**known) for word in template]

    def _send(self, opened: socket.socket, line: str) -> None:
        for _ in range(2):  # the first may tell an error of the datagram before
            try:
                opened.send(f"{line}\n".encode())
            except ConnectionRefusedError:
                continue
            except OSError as error:
                raise Pmip6Error(
                    f"triggers: datagram to {self._told.address}",
                    f"cannot be sent: {error.strerror}",
                    "check the address, and the route to it",
                    exit_code=3,
                ) from error
            return

    def _start(self, words: list[str]) -> None:
        self._reap()
        try:
            started = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise _failed(words, str(error.strerror)) from error
        self._running.append((words, started))

    def _reap(self) -> None:
        """Look at the commands that have ended."""
        ended = [each for each in self._running if each[1].poll() is not None]
        self._running = [each for each in self._running if each not in ended]
        for words, process in ended:
            if process.returncode != 0:
                raise _failed(words, f"exit status {process.returncode}")

    def close(self) -> None:
        """Closes the socket, and ends the commands that run still."""
        if self._socket is not None:
            self._socket.close()
        for _, process in self._running:
            process.kill()
            process.wait()
        self._running = []


def _failed(words: list[str], reason: str) -> Pmip6Error:
    place = f"triggers: {' '.join(words)}"
    return Pmip6Error(place, reason, "run it by hand", exit_code=3)
