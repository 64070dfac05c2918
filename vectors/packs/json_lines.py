"""An implementation that is a process of its own and speaks JSON lines (docs/vectors.md)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from pydantic import TypeAdapter, ValidationError

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.replay import Came, Unsupported
from pmip6.vectors.packs.scenario_group import Event, PackRole, Strict

FIX = "see the protocol in docs/vectors.md"
PROTOCOL = "pmip6-harness/1"
PATIENCE_SECONDS = 60.0
"""How long an answer may take, beside the time that has to pass for it."""
LONGEST_LINE = 1 << 24
"""Octets of an answer at most."""
SHOWN = 60
GRACE_SECONDS = 5
"""How long a process may take to end when its input does."""


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
        patience: Seconds that an answer may take, beside the time that has to pass.

    Raises:
        Pmip6Error: It cannot be started, ends, or answers otherwise than it has to.
    """

    def __init__(
        self, command: Sequence[str], patience: float = PATIENCE_SECONDS
    ) -> None:
        self._name = command[0]
        self._patience = patience
        self._now_ms = 0
        self._is_overdue = False
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",  # what is no UTF-8 is no JSON either
                start_new_session=True,  # to end what it has started, too
            )
        except OSError as error:
            reason = f"cannot be started: {error.strerror}"
            raise Pmip6Error(self._name, reason, "name a program after --") from error

    def _ask(self, passing_ms: int = 0, **told: object) -> Fields:
        """Send an object, and read one; meanwhile so much time may have to pass."""
        asked = {name: value for name, value in told.items() if value is not None}
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None and pipe_out is not None
        watch = threading.Timer(self._patience + passing_ms / 1000, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            pipe_in.write(json.dumps(asked) + "\n")
            pipe_in.flush()
            line = pipe_out.readline(LONGEST_LINE)
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        what = str(asked["do"])
        if not line or self._is_overdue:
            raise Pmip6Error(self._name, f"{self._ended()} at {what}", FIX)
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = f"answers {what} with what is no JSON: {line[:SHOWN]!r}"
            raise Pmip6Error(self._name, reason, FIX) from error
        if not isinstance(found, dict):
            raise Pmip6Error(self._name, f"answers {what} with no object", FIX)
        return cast("Fields", found)

    def _give_up(self) -> None:
        """It has not answered: end it, so that nobody waits for it any more."""
        self._is_overdue = True
        self._kill()

    def _kill(self) -> None:
        if os.name == "posix":
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return  # it and all that it has started have ended
        else:
            self._process.kill()

    def _ended(self) -> str:
        """Why nothing comes any more."""
        if self._is_overdue:
            return f"has not answered within {self._patience:g} s"
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "has closed its output"
        return f"has ended with code {code}"

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
        self._now_ms = 0
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
        passing_ms, self._now_ms = to_ms - self._now_ms, to_ms
        return self._sent(self._ask(passing_ms, do="advance", to_ms=to_ms))

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
        with suppress(BrokenPipeError):  # it reads no more
            self._process.stdin.close()
        try:
            self._process.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
