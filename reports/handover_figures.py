"""The fault-free handovers of RFC 5949, figures 2 and 3, as sequence diagrams of the model.

A figure is a list of its steps, each with the rules that take it; a run of the model has
to take them in this order.  Who sends what to whom is read off the steps of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pmip6.model.domain import Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.fast_handover.configurations import (
    PREDICTIVE,
    REACTIVE,
    sent,
    with_packets,
)
from pmip6.model.fast_handover.state import HandoverRequest
from pmip6.model.language.interpreter import Interpreter, State, Transition

Step = tuple[
    str, str
]  # its letter in the figure (or what follows the last), and a rule
BEFORE = ("attach", "request_allocation", "allocate", "accept", "advertise")


@dataclass(frozen=True)
class Figure:
    """One figure: what it shows, where it is run, and its steps in order."""

    title: str
    configuration: Configuration
    steps: tuple[Step, ...]


PREDICTIVE_FIGURE = Figure(
    "Predictive fast handover (RFC 5949, figure 2)",
    with_packets(
        PREDICTIVE.changed(
            facts={
                **PREDICTIVE.facts,
                "is_sent": sent(HandoverRequest.OFFER, HandoverRequest.ASK_TO_FORWARD),
            }
        ),
        down=2,
        up=2,
    ),
    (
        ("a", "report_handover"),
        ("b", "indicate_handover"),
        ("c", "initiate_handover"),
        ("d", "accept_offer"),
        ("d", "take_agreement"),
        ("e", "ask_previous_gateway"),
        ("e", "follow_request"),
        ("e", "take_consent"),
        ("f", "send_downlink"),
        ("f", "forward_to_new_gateway"),
        ("f", "buffer_packet"),
        ("g", "command_handover"),
        ("g", "obey_command"),
        ("h", "attach"),
        ("h", "advertise_transferred_prefix"),
        ("i", "drain_to_node"),
        ("j", "send_uplink_to_previous_gateway"),
        ("j", "relay_uplink"),
        ("j", "reach_correspondent"),
        ("k", "register_transferred_prefix"),
        ("l", "hand_off"),
        ("l", "accept"),
        ("DL", "send_downlink"),
        ("DL", "deliver_packet"),
        ("UL", "send_uplink"),
        ("UL", "reach_correspondent"),
    ),
)

REACTIVE_FIGURE = Figure(
    "Reactive fast handover (RFC 5949, figure 3)",
    with_packets(
        REACTIVE.changed(
            facts={**REACTIVE.facts, "is_sent": sent(HandoverRequest.FETCH_AND_FORWARD)}
        ),
        down=2,
        up=2,
    ),
    (
        ("a", "detach"),
        ("b", "attach"),
        ("c", "fetch_context"),
        ("d", "give_context"),
        ("d", "take_context"),
        ("e", "send_downlink"),
        ("e", "forward_to_new_gateway"),
        ("e", "deliver_packet"),
        ("f", "advertise_transferred_prefix"),
        ("f", "send_uplink_to_previous_gateway"),
        ("f", "relay_uplink"),
        ("f", "reach_correspondent"),
        ("g", "register_transferred_prefix"),
        ("h", "hand_off"),
        ("h", "accept"),
        ("DL", "send_downlink"),
        ("DL", "deliver_packet"),
        ("UL", "send_uplink"),
        ("UL", "reach_correspondent"),
    ),
)
FIGURES = {"predictive": PREDICTIVE_FIGURE, "reactive": REACTIVE_FIGURE}


def run_of(figure: Figure) -> list[tuple[str, Transition]]:
    """A run of the model that takes the steps of the figure in order, by their letters.

    Raises:
        Pmip6Error: The model has none.
    """
    interpreter = Interpreter(Model(figure.configuration))
    wanted = (*(("", rule) for rule in BEFORE), *figure.steps)
    found = _search(interpreter, interpreter.initial(), wanted)
    if found is None:
        raise Pmip6Error(figure.title, "is no run of the model")
    return [(letter, step) for (letter, _), step in zip(wanted, found, strict=True)]


def _search(
    interpreter: Interpreter, state: State, wanted: tuple[Step, ...]
) -> list[Transition] | None:
    """The steps with these names from a state on, whatever their indices."""
    if not wanted:
        return []
    (_, name), *rest = wanted
    for step in interpreter.transitions(state):
        if step.name == name:
            found = _search(interpreter, step.target, tuple(rest))
            if found is not None:
                return [step, *found]
    return None


# ---- the diagram ---------------------------------------------------------------------------

NODE, OLD_AN, NEW_AN, PREVIOUS, NEW, ANCHOR = (
    "MN",
    "P-AN",
    "N-AN",
    "PMAG",
    "NMAG",
    "LMA",
)
TEXTS = {
    "handover_initiate": "HI",
    "handover_acknowledge": "HAck",
    "pbu": "PBU",
    "pba": "PBA",
    "handover_command": "Handover command",
    "handover_report": "Report",
    "handover_indication": "Handover indication",
}


def diagram(figure: Figure) -> str:
    """The figure as a Mermaid sequence diagram, made from a run of the model."""
    lines = ["sequenceDiagram", f"    title {figure.title}"]
    for who in (NODE, OLD_AN, NEW_AN, PREVIOUS, NEW, ANCHOR):
        lines.append(f"    participant {who}")
    run = run_of(figure)
    (first,) = {str(s.environment["gateway"]) for _, s in run[:1]}
    for letter, step in run:
        for sender, receiver, text in _arrows(step, first) if letter else ():
            lines.append(f"    {sender}->>{receiver}: ({letter}) {text}")
    return "\n".join(lines) + "\n"


def _arrows(step: Transition, first: str) -> Iterator[tuple[str, str, str]]:
    """What a step sends, with the roles of the gateways; `first` is the previous one."""

    def role(gateway: object) -> str:
        return PREVIOUS if str(gateway) == first else NEW

    own = role(step.environment.get("gateway"))
    match step.name:
        case "attach":
            yield NODE, NEW_AN, "MN-AN connection"
            yield NEW_AN, own, "AN-MAG connection"
        case "send_downlink":
            yield ANCHOR, own, "DL data"
        case "forward_to_new_gateway" | "drain_to_new_gateway":
            yield own, role(step.environment["target"]), "DL data"
        case "deliver_packet" | "drain_to_node":
            yield own, NODE, "DL data"
        case "send_uplink":
            yield NODE, own, "UL data"
        case "send_uplink_to_previous_gateway":
            yield NODE, own, "UL data"
            yield own, role(step.environment["target"]), "UL data"
        case "reach_correspondent":
            yield own, ANCHOR, "UL data"
        case _:
            pass
    for channel, message in step.sent:
        names = [name for name, _ in channel.fields]
        values = dict(zip(names, message, strict=True))
        text = TEXTS[channel.name]
        match channel.name:
            case "handover_initiate" | "handover_acknowledge":
                yield role(values["source"]), role(values["destination"]), text
            case "handover_report":
                yield NODE, OLD_AN, text
            case "handover_indication":
                yield OLD_AN, role(values["gateway"]), text
            case "handover_command":
                yield role(values["gateway"]), OLD_AN, text
                yield OLD_AN, NODE, text
            case "pbu":
                yield role(values["gateway"]), ANCHOR, text
            case _:
                yield ANCHOR, role(values["gateway"]), text
