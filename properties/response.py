"""Responses: what is triggered comes to its goal, on every fair run (13 of the list).

A response is about runs without end.  It fails where such a run, which is fair, avoids the
goal from a triggered state on; properties/exploration/fair_cycles.py looks for one.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pmip6.model.domain import Element, Model
from pmip6.model.language.table import Role
from pmip6.model.language.terms import (
    FALSE,
    Op,
    Sort,
    Term,
    after,
    before,
    exists,
    substitute,
    variable,
)
from pmip6.model.lma.binding_cache import is_bound_to
from pmip6.model.lma.waiting import is_waiting
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    BindingState,
    UpdateListState,
    address,
    attached,
    bce_node,
    bce_sequence,
    bce_state,
    bule_state,
    held_gateway,
    last_accepted,
)

FAIR = (
    "what a role can do for ever it does, and time goes on; of messages that are sent again"
    " and again some arrive, before the next tick"
)


@dataclass(frozen=True)
class Case:
    """A response for chosen elements.

    Args:
        trigger: A term over a state.
        goal: A term over a state.
        step_goal: A term over a step that is as good as the goal.
    """

    trigger: Term
    goal: Term
    step_goal: Term = FALSE


@dataclass(frozen=True, eq=False)
class Response:
    """A named response.

    Args:
        name: Its name on the command line.
        sorts: The sorts of the elements for which it is claimed one by one.
        case: The case, with a variable for each of the sorts.
        requirements: The ids of the tables behind it.
        doc: One sentence.
        roles: Without whose steps it has no case.
        assumptions: What is assumed, in words.
    """

    name: str
    sorts: tuple[Sort, ...]
    case: Case
    requirements: tuple[str, ...]
    doc: str
    roles: frozenset[Role]
    assumptions: tuple[str, ...] = (FAIR,)

    def cases(self, model: Model) -> Iterator[Case]:
        """The cases of a model, one for each choice of the elements."""
        pairs = list(enumerate(self.sorts))
        for chosen in itertools.product(*(model.elements(s) for s in self.sorts)):
            values = {
                _variable(i, sort): _element(sort, e)
                for (i, sort), e in zip(pairs, chosen, strict=True)
            }
            yield Case(
                substitute(self.case.trigger, values),
                substitute(self.case.goal, values),
                substitute(self.case.step_goal, values),
            )

    def has_a_case(self, model: Model) -> bool:
        """Whether its roles take part, and facts do not rule out that it is triggered."""
        triggered = (model.decided(case.trigger) for case in self.cases(model))
        return self.roles <= model.configuration.roles and any(
            trigger is not FALSE for trigger in triggered
        )


RESPONSES: list[Response] = []
GATEWAYS = frozenset({Role.LMA, Role.MAG, Role.MN})
ANCHOR = frozenset({Role.LMA})


def _variable(place: int, sort: Sort) -> Term:
    return variable(f"case_{place}", sort)


def _element(sort: Sort, element: Element) -> Term:
    return Term.make(Op.LITERAL, (), sort, element)


def response(
    name: str,
    *sorts: Sort,
    requirement: tuple[str, ...],
    roles: frozenset[Role] = GATEWAYS,
) -> Callable[[Callable[..., Case]], Response]:
    """Record a function of elements of the sorts as a response."""

    def record(function: Callable[..., Case]) -> Response:
        variables = [_variable(i, sort) for i, sort in enumerate(sorts)]
        found = Response(
            name,
            sorts,
            function(*variables),
            requirement,
            inspect.cleandoc(function.__doc__ or ""),
            roles,
        )
        RESPONSES.append(found)
        return found

    return record


@response(
    "response.answer",
    MOBILE_NODE,
    GATEWAY,
    requirement=("5213-5.3.2-12", "5213-5.3.4-8", "5213-6.9.4-2"),
)
def a_request_is_answered(node: Term, gateway: Term) -> Case:
    """A gateway that asks for a node on its link hears whether the anchor accepts."""
    return Case(
        trigger=(bule_state[node, gateway] == UpdateListState.REGISTERING)
        & (attached[node] == gateway),
        goal=(bule_state[node, gateway] != UpdateListState.REGISTERING)
        | (attached[node] != gateway),
    )


@response(
    "response.prefix",
    MOBILE_NODE,
    GATEWAY,
    requirement=("5213-6.9.1.1-2", "5213-6.9.1.2-23"),
)
def a_node_gets_its_prefix(node: Term, gateway: Term) -> Case:
    """A node that stays on a link hears of its prefix."""
    return Case(
        trigger=attached[node] == gateway,
        goal=(address[node] != PREFIX.none) | (attached[node] != gateway),
    )


def is_released(node: Term) -> Term:
    """A request that waited is taken; its number may be the one that the session had."""
    return is_waiting(node) & (after(held_gateway[node]) == GATEWAY.none)


@response(
    "response.silence",
    ENTRY,
    requirement=("6275-6.1.7-6", "6275-10.3.1-21"),
    roles=ANCHOR,
)
def a_binding_without_requests_ends(entry: Term) -> Case:
    """A session whose lifetime nobody extends is forgotten."""
    return Case(
        trigger=bce_state[entry] == BindingState.REGISTERED,
        goal=bce_state[entry] != BindingState.REGISTERED,
        step_goal=(after(bce_sequence[entry]) != bce_sequence[entry])
        | exists(
            MOBILE_NODE,
            lambda n: (
                (bce_node[entry] == n)
                & (before(last_accepted[n], after(last_accepted[n])) | is_released(n))
            ),
        ),
    )


@response(
    "response.deletion",
    ENTRY,
    requirement=("5213-5.3.5-7", "5213-9.1-4"),
    roles=ANCHOR,
)
def a_deletion_delay_ends(entry: Term) -> Case:
    """An entry does not wait for its deletion for ever."""
    return Case(
        trigger=bce_state[entry] == BindingState.DEREGISTERED,
        goal=bce_state[entry] != BindingState.DEREGISTERED,
    )


@response(
    "response.waiting",
    MOBILE_NODE,
    requirement=("5213-5.4.1.2-9", "5213-9.1-5"),
    roles=ANCHOR,
)
def a_request_does_not_wait_for_ever(node: Term) -> Case:
    """A request that waits for the end of another session is decided, whatever follows."""
    return Case(trigger=is_waiting(node), goal=~is_waiting(node))


@response(
    "response.departure",
    MOBILE_NODE,
    ENTRY,
    requirement=("5213-5.3.5-7", "6275-10.3.1-21"),
)
def a_node_that_left_is_forgotten(node: Term, entry: Term) -> Case:
    """The session of a node that left all links, and does not come back, ends."""
    away = attached[node] == GATEWAY.none
    return Case(
        trigger=away & is_bound_to(entry, node), goal=~away | ~is_bound_to(entry, node)
    )
