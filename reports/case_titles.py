"""What test cases are about in a line each, with what tells them apart first."""

from collections.abc import Iterable, Mapping, Sequence

from pmip6.vectors.case_purpose import CasePurpose

Parts = tuple[Sequence[object], Sequence[object]]


def case_titles(cases: Iterable[CasePurpose]) -> dict[str, str]:
    """The line of each case by its id; two are the same only if they do the same.

    The title of a purpose begins with the rule, which many cases share; here it is last.
    Of those with the same title, the steps that not all have are told.
    """
    groups: dict[str, list[CasePurpose]] = {}
    for case in cases:
        groups.setdefault(case.title, []).append(case)
    return {
        name: line
        for title, group in groups.items()
        for name, line in _lines(title, group).items()
    }


def _lines(title: str, group: Sequence[CasePurpose]) -> Mapping[str, str]:
    rule, colon, step = title.partition(": ")
    told = {case.name: _difference(case, group) for case in group}
    if len(set(told.values())) < len(group):
        told = {case.name: _words((case.preamble, case.probes)) for case in group}
    is_step = step.startswith(str(group[0].test))
    first, last = (step, f": {rule}") if colon and is_step else (title, "")
    return {name: f"{first}{difference}{last}" for name, difference in told.items()}


def _difference(case: CasePurpose, group: Sequence[CasePurpose]) -> str:
    """The steps of a case that another one of the group lacks."""
    if len(group) == 1:
        return ""
    before = _own(case.preamble, [other.preamble for other in group])
    return _words((before, _own(case.probes, [other.probes for other in group])))


def _own(steps: Sequence[object], every: Sequence[Sequence[object]]) -> list[object]:
    """The steps that are not in each sequence."""
    return [step for step in steps if not all(step in other for other in every)]


def _words(parts: Parts) -> str:
    words = [
        f"{when} {', '.join(f'[{step}]' for step in steps)}"
        for when, steps in zip(("after", "then"), parts, strict=True)
        if steps
    ]
    return f" {' '.join(words)}" if words else ""
