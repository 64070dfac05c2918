"""The command line: commands, exit codes, and one line for each error."""

import os
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from pmip6.model.errors import Pmip6Error
from pmip6.reports.certify_command import certify
from pmip6.reports.check_command import check
from pmip6.reports.declare_command import declare
from pmip6.reports.demo_command import demo
from pmip6.reports.ics_command import ics
from pmip6.reports.model_command import model
from pmip6.reports.probe_command import probe
from pmip6.reports.recheck_command import recheck_command
from pmip6.reports.report_command import report
from pmip6.reports.requirements_command import requirements
from pmip6.reports.serve_command import serve
from pmip6.reports.start import INTERRUPTED
from pmip6.reports.vectors_command import vectors
from pmip6.reports.verify_command import verify

USAGE = 2
UNDECIDED = 3

app = typer.Typer(
    name="pmip6",
    help="Model of Proxy Mobile IPv6 (RFC 5213), and the conformance suite from it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(check)
app.command("recheck")(recheck_command)
app.add_typer(model, name="model")
app.command()(requirements)
app.add_typer(vectors, name="vectors")
app.add_typer(serve, name="serve")
app.command()(declare)
app.command()(ics)
app.command()(probe)
app.command()(certify)
app.command()(verify)
app.command()(report)
app.command()(demo)


def _say(text: str) -> None:
    """Write one line to the standard error."""
    print("pmip6: " + " ".join(text.split()), file=sys.stderr)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code; every error becomes one line.

    Args:
        arguments: Those of the process where None.
    """
    try:
        code = app(arguments, prog_name="pmip6", standalone_mode=False)
        sys.stdout.flush()
    except Pmip6Error as error:
        _say(error.line())
        return error.exit_code
    except TyperException as error:
        describe = getattr(error, "format_message", error.__str__)
        _say(f"{describe()} (see pmip6 --help)")
        return USAGE
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader of a pipe has gone, as `head` does; typer tells it by SystemExit.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # until exit
        return 0
    except OSError as error:
        _say(f"{error.filename or 'system'}: {error.strerror or error}")
        return UNDECIDED
    except Exception as error:
        _say(f"internal error, please report it: {type(error).__name__}: {error}")
        return UNDECIDED
    if code == INTERRUPTED:
        _say("interrupted")
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command line of the process."""
    sys.exit(run())
