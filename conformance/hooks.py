"""Commands by which an implementation under test is started, asked and started again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from tempfile import TemporaryFile
from typing import IO, Annotated

from pydantic import BaseModel, ConfigDict, Field

from pmip6.model.errors import Pmip6Error

START_SECONDS = 60.0
"""How long the hook that starts the implementation, or restarts it, may take."""
ALIVE_SECONDS = 10.0
"""How long the hook that tells whether it is alive may take."""


class Hooks(BaseModel):
    """Commands of the tester's system, as lists of words; an empty list is none.

    Attributes:
        start: Starts the implementation, or starts it again.
        alive: Exits with 0 while it is alive.
        restart: Stops it as its administrator would, and starts it with the same
            configuration; it takes packets again when the command exits.
        stop: Stops it when the campaign is over.  May be left out.
        state: Tells its state, say its binding cache, for people: what it writes before
            and after the campaign is kept with the evidence.  May be left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    start: Annotated[tuple[str, ...], Field(examples=[[]])]
    alive: Annotated[tuple[str, ...], Field(examples=[[]])]
    restart: Annotated[tuple[str, ...], Field(examples=[[]])]
    stop: Annotated[tuple[str, ...], Field(examples=[[]])] = ()
    state: Annotated[tuple[str, ...], Field(examples=[[]])] = ()


def start_by(hooks: Hooks) -> None:
    """Start the implementation, where a hook does.

    Raises:
        Pmip6Error: The hook fails.
    """
    if hooks.start:
        run_hook("start", hooks.start)


def stop_by(hooks: Hooks) -> None:
    """Stop the implementation, where a hook does.

    Raises:
        Pmip6Error: The hook fails.
    """
    if hooks.stop:
        run_hook("stop", hooks.stop)


def state_by(hooks: Hooks) -> str | None:
    """What a hook tells of the state, or why it does not; None where there is none."""
    if not hooks.state:
        return None
    try:
        return run_hook("state", hooks.state)
    except Pmip6Error as error:
        return f"{error.line()}\n"


def restart_by(hooks: Hooks) -> Callable[[], None] | None:
    """What restarts the implementation; None where no hook does."""
    if not hooks.restart:
        return None

    def restart() -> None:
        run_hook("restart", hooks.restart)

    return restart


def is_alive_by(hooks: Hooks) -> bool:
    """Whether a hook says that the implementation is alive."""
    if not hooks.alive:
        return False
    try:
        done = subprocess.run(
            hooks.alive,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ALIVE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def run_hook(name: str, command: Sequence[str]) -> str:
    """Run a hook to its end, and give what it writes.

    What it leaves in the background may go on to write: only the command is waited for.

    Raises:
        Pmip6Error: It cannot be run, fails, or takes too long.
    """
    with TemporaryFile() as written, TemporaryFile() as told:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=told,
                timeout=START_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = str(error)
        else:
            if done.returncode == 0:
                return _text_of(written)
            last = _text_of(told).strip().splitlines()[-1:]
            reason = f"exit status {done.returncode} {' '.join(last)}".rstrip()
    raise Pmip6Error(
        f"hooks.{name}: {' '.join(command)}", reason, "run it by hand", exit_code=3
    )


def _text_of(file: IO[bytes]) -> str:
    """What has been written to a file."""
    file.seek(0)
    return file.read().decode(errors="replace")
