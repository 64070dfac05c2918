"""Mermaid state diagrams of the roles, from the edges of the rule tables."""

from pmip6.model.language.edges import CONTROLS, Edge, edges, trigger_of
from pmip6.model.language.table import Role, Rule


def mermaid(role: Role) -> str:
    """The state diagram of a role: one arrow for each pair of states and trigger.

    Rules that leave every state as it is, whatever it is, stand in one note.
    """
    control = CONTROLS[role]
    arrows: dict[tuple[str, str, str], list[str]] = {}
    everywhere: list[Rule] = []
    found = edges(control)
    for edge in found:
        if _is_everywhere(edge, found, len(control.states)):
            if edge.rule not in everywhere:
                everywhere.append(edge.rule)
            continue
        trigger = "" if edge.rule.on is None else _words(edge.rule)
        key = (edge.source, edge.target, trigger)
        arrows.setdefault(key, []).append(edge.rule.name)
    lines = ["stateDiagram-v2", f"    [*] --> {control.states[0]}"]
    for (source, target, trigger), names in arrows.items():
        label = ", ".join(names)  # Mermaid takes no second colon
        text = f"{trigger} ({label})" if trigger else label
        lines.append(f"    {source} --> {target} : {text}")
    if everywhere:
        lines.append(f"    note left of {control.states[0]}")
        lines.append("        in every state, which stays as it is")
        lines += (f"        {_words(r)} ({r.name})" for r in everywhere)
        lines.append("    end note")
    return "\n".join(lines) + "\n"


def _is_everywhere(edge: Edge, every: list[Edge], states: int) -> bool:
    """Whether the rule is internal in all states."""
    same = [e for e in every if e.rule is edge.rule]
    return len(same) == states and all(e.internal for e in same)


def _words(rule: Rule) -> str:
    """The trigger of a rule in words."""
    return (
        trigger_of(rule).replace("receive_", "receives ").replace("expire_", "end of ")
    )
