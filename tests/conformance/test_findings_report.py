"""The page of findings: by requirement, the most severe first, each with what repeats it."""

import re
from dataclasses import replace

from pmip6.conformance.findings_report import findings_report
from pmip6.conformance.grouping import grouped
from pmip6.conformance.lma.in_memory import reference_declaration, run_in_memory
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Finding, Layer
from pmip6.model.lma.rules import lma
from pmip6.model.requirements.tables import Level, load_entries

CASES = ["TP_LMA_EXT_BV_01", "TP_LMA_REG_BV_01", "TP_LMA_DER_BO_01"]
AGAIN = "pmip6 certify iut.toml"


def _mute() -> CampaignResult:
    rules = [r.changed(sends=()) if r.name == "extend" else r for r in lma.rules]
    return run_in_memory(rules, cases=CASES)


def test_a_finding_says_what_was_sent_what_came_and_what_is_wanted() -> None:
    text = findings_report(_mute(), AGAIN)
    assert "# Findings: reference anchor" in text
    (head,) = re.findall(r"^## (.*)$", text, flags=re.M)
    assert head.startswith("MUST: 5213-5.3.1-17 (RFC 5213, section 5.3.1)")
    assert load_entries()["5213-5.3.3-1"].paraphrase in text
    assert "**TP_LMA_EXT_BV_01**, packet 3 of TP_LMA_EXT_BV_01.pcapng:" in text
    assert "    sent:  registration of served from mag1" in text
    assert "    came:  nothing\n" in text
    assert f"    again: {AGAIN} --case TP_LMA_EXT_BV_01" in text


def test_the_most_severe_stand_first_and_those_of_many_cases() -> None:
    result = _mute()
    should = "6275-9.2-7"
    mild = Finding((should,), Level.SHOULD, "a pointer", 1, Layer.EXCHANGE)
    must = Finding(("5213-5.3.6-1",), Level.MUST, "a flag", 1, Layer.EXCHANGE)
    first, *rest = result.cases

    def with_more(case: CaseResult) -> CaseResult:
        return replace(case, findings=(mild, must, *case.findings))

    text = findings_report(replace(result, cases=(first, *map(with_more, rest))))
    heads = re.findall(r"^## (\w+): (\S+)", text, flags=re.M)
    assert [level for level, _ in heads] == ["MUST", "MUST", "SHOULD"]
    assert heads[0][1] == "5213-5.3.6-1"  # two cases have it
    assert heads[-1][1] == should
    assert re.search(r"Also in TP_LMA_\w+\.", text)


def test_what_all_packets_have_is_told_once_with_the_count() -> None:
    wrong = Finding(("6275-6.1.1-3",), Level.MUST, "bits", 1, Layer.FORMAT, "reserved")
    result = run_in_memory(cases=CASES)
    cases = tuple(replace(c, findings=(wrong, wrong)) for c in result.cases)
    text = findings_report(grouped(replace(result, cases=cases)))
    assert text.count("bits") == 1 and "in 6 packets" in text


def test_without_findings_it_says_so() -> None:
    result = run_in_memory(cases=CASES)
    assert result.declaration.name == reference_declaration().name
    assert findings_report(result).endswith("None in 3 cases.\n")
