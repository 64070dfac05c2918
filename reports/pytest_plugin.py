"""`pytest --iut FILE.toml`: the cases of `pmip6 certify` as items of pytest.

All selected cases run in one campaign, side by side, when the first of them is asked for;
so -k, -m, --collect-only and --junitxml work as ever.  Marks are the role and the kind.
What counts once for all cases, and a loss that no case brings about, are failures beside
those of the items; the exit status is that of `pmip6 certify`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.case_purpose import CasePurpose

OPTION = "--iut"
MARKS = {
    "lma": "a case for anchors",
    "mag": "a case for gateways",
    "fmag": "a case for gateways with fast handover",
    "BV": "valid behaviour",
    "BI": "invalid behaviour",
    "BO": "inopportune behaviour",
    "TI": "timers",
}
_RESULT = pytest.StashKey[CampaignResult]()


class CaseFailed(Exception):
    """A case was not passed; the message has its findings."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("pmip6").addoption(
        OPTION,
        type=Path,
        metavar="FILE.toml",
        help="Judge the implementation that this file declares, as pmip6 certify does.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect the declaration in place of the files that pytest would take by itself."""
    declared: Path | None = config.getoption(OPTION)
    if declared is None:
        return
    for mark, text in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {text}")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = []
    config.args.append(str(declared))


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    """Take the declaration."""
    declared: Path | None = parent.config.getoption(OPTION)
    if declared is None or file_path != declared.absolute():
        return None
    return IutFile.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType]  # pytest does not type its keywords


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail what is of no case alone, and take the exit status of the campaign."""
    declared: Path | None = session.config.getoption(OPTION)
    result = session.config.stash.get(_RESULT, None)
    if declared is None or result is None:
        return
    for name, text in _of_no_case(result):
        place = (str(declared), None, name)
        report = pytest.TestReport(
            f"{declared.name}::{name}", place, {}, "failed", text, "call"
        )
        session.config.hook.pytest_runtest_logreport(report=report)
    ends = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if session.exitstatus in ends:  # what was interrupted stays so
        session.exitstatus = result.exit_code() or session.exitstatus


def _of_no_case(result: CampaignResult) -> Iterator[tuple[str, str]]:
    """A name and a line for each failure that the verdicts of the cases leave out."""
    from pmip6.conformance.evidence import repeated_line
    from pmip6.conformance.losses import loss_lines, unexplained
    from pmip6.conformance.verdict import Verdict

    for number, repeated in enumerate(result.repeated, 1):
        if repeated.verdict is Verdict.FAIL:
            yield f"{repeated.finding.layer} {number}", repeated_line(repeated)
    for number, line in enumerate(loss_lines(unexplained(result.losses)), 1):
        yield f"loss {number}", line


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell what counts once for all cases, and what the campaign tells at its end."""
    from pmip6.conformance.evidence import repeated_line
    from pmip6.reports.verdicts import summary

    result = config.stash.get(_RESULT, None)
    if result is None:
        return
    terminalreporter.section("pmip6 certify")
    for repeated in result.repeated:
        terminalreporter.line(f"{repeated.verdict.name}: {repeated_line(repeated)}")
    terminalreporter.line(summary(result))


class IutFile(pytest.File):
    """A declaration; its items are the cases for it."""

    def collect(self) -> Iterable[pytest.Item]:
        """The cases in the order of their ids."""
        # only here, so that no other use of pytest loads sockets
        from pmip6.conformance.declarations import load_any
        from pmip6.reports.case_choice import anchor_cases, gateway_cases, role_of

        try:
            role = load_any(self.path).role
        except Pmip6Error as error:
            raise self.CollectError(error.line()) from error
        chosen: Iterable[CasePurpose] = (
            anchor_cases(None) if role == "lma" else gateway_cases(None)
        )
        for purpose in chosen:
            item = CaseItem.from_parent(  # pyright: ignore[reportUnknownMemberType]  # likewise
                self, name=purpose.name, purpose=purpose
            )
            item.add_marker(role_of(purpose.name))
            item.add_marker(purpose.kind.name)
            yield item


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, purpose: CasePurpose, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # those of pytest
        self.purpose = purpose

    def runtest(self) -> None:
        """Run the campaign if none has run yet, and tell the verdict of this case."""
        from pmip6.conformance.evidence import finding_line
        from pmip6.conformance.verdict import Verdict

        case = _case(self)
        lines = [
            f"{case.verdict.name}: {case.reason}",
            *map(finding_line, case.findings),
        ]
        match case.verdict:
            case Verdict.SKIP:
                pytest.skip(case.reason)
            case Verdict.PASS:
                return
            case Verdict.WARN:
                self.add_report_section("call", "findings", "\n".join(lines))
            case Verdict.FAIL | Verdict.INCONC | Verdict.ERROR:
                raise CaseFailed("\n".join(lines))

    def repr_failure(  # type: ignore[override]  # a text will do
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> str:
        """The findings, without a traceback."""
        if isinstance(excinfo.value, Pmip6Error):
            return excinfo.value.line()
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it is, and its name."""
        return self.path, None, f"{self.name}: {self.purpose.title}"


def _case(item: CaseItem) -> CaseResult:
    """The result of a case, of the one campaign for all that are selected."""
    stash = item.config.stash
    if _RESULT not in stash:
        from pmip6.conformance.declarations import load_any
        from pmip6.reports.certify_command import run

        names = [i.name for i in item.session.items if isinstance(i, CaseItem)]
        stash[_RESULT] = run(load_any(item.path), names, None)
    return next(
        case for case in stash[_RESULT].cases if case.purpose.name == item.purpose.name
    )
