"""An implementation that is a process of its own and speaks JSON lines (docs/vectors.md)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import cast

from pydantic import TypeAdapter, ValidationError

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.replay import Came, Unsupported
from pmip6.vectors.packs.scenario_group import Event, PackRole, Strict

FIX = "see the protocol in docs/vectors.md"
PROTOCOL = "pmip6-harness/1"


class Sent(Strict):
    """A packet that the implementation has sent."""

    at_ms: int
    to: str
    hex: str


_SENT = TypeAdapter(list[Sent])
_STATE = TypeAdapter(list[dict[str, object]] | None)


class Harness:
    """A process that plays an implementation; it is ended with `close`.

    Args:
        command: The program and its arguments.

    Raises:
        Pmip6Error: It cannot be started, ends, or answers otherwise than it has to.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._name = command[0]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        except OSError as error:
            reason = f"cannot be started: {error.strerror}"
            raise Pmip6Error(self._name, reason, "name a program after --") from error

    def _ask(self, **told: object) -> Fields:
        asked = {name: value for name, value in told.items() if value is not None}
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None and pipe_out is not None
        try:
            pipe_in.write(json.dumps(asked) + "\n")
            pipe_in.flush()
            line = pipe_out.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Pmip6Error(self._name, f"has ended at {asked['do']}", FIX)
        try:
            found = json.loads(line)
        except ValueError as error:
            reason = f"answers {told['do']} with what is no JSON: {line[:60]!r}"
            raise Pmip6Error(self._name, reason, FIX) from error
        if not isinstance(found, dict):
            raise Pmip6Error(self._name, f"answers {told['do']} with no object", FIX)
        return cast("Fields", found)

    def start(
        self,
        role: PackRole,
        settings: Fields,
        time_of_day: int,
        readings: Sequence[str],
    ) -> None:
        """Begin anew.

        Raises:
            Unsupported: It says that it cannot be configured like that.
        """
        found = self._ask(
            do="start",
            protocol=PROTOCOL,
            role=str(role),
            settings=settings,
            time_of_day=time_of_day,
            readings=list(readings),
        )
        if "unsupported" in found:
            raise Unsupported(str(found["unsupported"]))

    def apply(self, event: Event, data: bytes) -> Sequence[Came]:
        """Let an event happen."""
        told = event.model_dump(exclude={"insert", "checksum_at", "hex"})
        return self._sent(self._ask(do="apply", **told, hex=data.hex() or None))

    def advance(self, to_ms: int) -> Sequence[Came]:
        """Let time pass."""
        return self._sent(self._ask(do="advance", to_ms=to_ms))

    def _sent(self, found: Fields) -> list[Came]:
        try:
            told = _SENT.validate_python(found.get("sent"))
            return [Came(s.at_ms, s.to, bytes.fromhex(s.hex)) for s in told]
        except (ValidationError, ValueError) as error:
            reason = f'"sent" of its answer is no list of packets: {found}'
            raise Pmip6Error(self._name, reason[:200], FIX) from error

    def observe(self) -> list[Fields] | None:
        """The bindings, if it tells them."""
        found = self._ask(do="observe")
        try:
            return _STATE.validate_python(found.get("state"))
        except ValidationError as error:
            reason = f'"state" of its answer is no list: {found}'
            raise Pmip6Error(self._name, reason[:200], FIX) from error

    def stop(self) -> None:
        """The scenario has ended; one whose process is gone has ended, too."""
        if self._process.poll() is None:
            self._ask(do="stop")

    def close(self) -> None:
        """End the process: its input ends, and it has to follow."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
