"""The diagrams of fault-free handovers have the messages of RFC 5949, figures 2 and 3."""

import re

import pytest

from pmip6.reports.cli import run
from pmip6.reports.handover_figures import FIGURES, diagram

ARROW = re.compile(r"^    (\S+)->>(\S+): \((\w+)\) (.+)$", re.MULTILINE)

# Read off the figures: (letter, sender, receiver, text), in order.
FIGURE_2 = [
    ("a", "MN", "P-AN", "Report"),
    ("b", "P-AN", "PMAG", "Handover indication"),
    ("c", "PMAG", "NMAG", "HI"),
    ("d", "NMAG", "PMAG", "HAck"),
    ("e", "NMAG", "PMAG", "HI"),
    ("e", "PMAG", "NMAG", "HAck"),
    ("f", "LMA", "PMAG", "DL data"),
    ("f", "PMAG", "NMAG", "DL data"),
    ("g", "PMAG", "P-AN", "Handover command"),
    ("g", "P-AN", "MN", "Handover command"),
    ("h", "MN", "N-AN", "MN-AN connection"),
    ("h", "N-AN", "NMAG", "AN-MAG connection"),
    ("i", "NMAG", "MN", "DL data"),
    ("j", "MN", "NMAG", "UL data"),
    ("j", "NMAG", "PMAG", "UL data"),
    ("j", "PMAG", "LMA", "UL data"),
    ("k", "NMAG", "LMA", "PBU"),
    ("l", "LMA", "NMAG", "PBA"),
    ("DL", "LMA", "NMAG", "DL data"),
    ("DL", "NMAG", "MN", "DL data"),
    ("UL", "MN", "NMAG", "UL data"),
    ("UL", "NMAG", "LMA", "UL data"),
]
FIGURE_3 = [
    ("b", "MN", "N-AN", "MN-AN connection"),
    ("b", "N-AN", "NMAG", "AN-MAG connection"),
    ("c", "NMAG", "PMAG", "HI"),
    ("d", "PMAG", "NMAG", "HAck"),
    ("e", "LMA", "PMAG", "DL data"),
    ("e", "PMAG", "NMAG", "DL data"),
    ("e", "NMAG", "MN", "DL data"),
    ("f", "MN", "NMAG", "UL data"),
    ("f", "NMAG", "PMAG", "UL data"),
    ("f", "PMAG", "LMA", "UL data"),
    ("g", "NMAG", "LMA", "PBU"),
    ("h", "LMA", "NMAG", "PBA"),
    ("DL", "LMA", "NMAG", "DL data"),
    ("DL", "NMAG", "MN", "DL data"),
    ("UL", "MN", "NMAG", "UL data"),
    ("UL", "NMAG", "LMA", "UL data"),
]


@pytest.mark.parametrize(
    ("name", "expected"), [("predictive", FIGURE_2), ("reactive", FIGURE_3)]
)
def test_the_diagram_has_the_messages_of_the_figure_in_order(
    name: str, expected: list[tuple[str, str, str, str]]
) -> None:
    found = [(m[3], m[1], m[2], m[4]) for m in ARROW.finditer(diagram(FIGURES[name]))]
    assert found == expected


@pytest.mark.parametrize(("name", "steps"), [("predictive", 14), ("reactive", 10)])
def test_every_step_of_the_figure_is_taken(name: str, steps: int) -> None:
    """The lettered steps, and the data that flow when the registration is complete."""
    assert len(dict.fromkeys(letter for letter, _ in FIGURES[name].steps)) == steps


def test_the_command_prints_the_diagram(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["model", "handover", "reactive"]) == 0
    assert capsys.readouterr().out == diagram(FIGURES["reactive"])
    assert run(["model", "handover", "proactive"]) == 2
    assert "is not a mode of fast handover" in capsys.readouterr().err
