"""Units of fairness: the steps of which one has to come, if they can be taken for ever.

| unit | steps |
|---|---|
| a tick | time goes on; it waits for that as long as a real timer runs |
| each timer | its expiry; a timer that is started again or stopped has had its turn |
| each channel, node and gateway | a message of the gateway, or to it, is received and matters |
| the same | such a message is received and ignored |
| each act of a gateway of its own accord | that act, for this node at this gateway |

What nodes do, a faulty peer, the channels and a restart is nobody's duty.  Where a configuration
says that restarts end, a run without end has some of gateways, and then none.
"""

from __future__ import annotations

from dataclasses import dataclass

from pmip6.model.domain import CHANNELS
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Channel, Role, Rule, Timer
from pmip6.model.language.terms import SortKind
from pmip6.model.state import GATEWAY
from pmip6.properties.exploration.instances import Instance
from pmip6.properties.exploration.printer import Expression, Printer

MOST_UNITS = 62  # bits of a 64-bit set; 0 is none
SELDOM = 63  # the bit of a step that no run takes for ever, as in graph.c
ROLES = (Role.LMA, Role.MAG)
RESTARTS = frozenset({"restart_with_update_list", "restart_without_update_list"})
OPTIONAL = frozenset({"fail_authentication"})  # the network need not refuse a node

Key = tuple[object, ...]


@dataclass(frozen=True)
class Fairness:
    """Which units get their turn.

    Args:
        weak: The set of units that get one if they have a step for ever.
        strong: The set of those that get one if they have a step again and again.
    """

    weak: int
    strong: int


class Units:
    """The units of one model, by their numbers from 1."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._numbers: dict[Key, int] = {}
        layout = printer.layout
        model = layout.model
        expiring = {rule.on for rule in model.rules if isinstance(rule.on, Timer)}
        names = {timer.name for timer in expiring}
        self.tick = self.number(("tick",))
        self._timers = [0] * max(1, layout.timer_base[""])
        for (name, args), (place, _) in zip(model.timers, layout.timers, strict=True):
            if name in names:
                self._timers[place] = self.number((name, *args))
        self._queues: dict[tuple[str, int, bool], int] = {}
        for channel in CHANNELS:
            if not any(self._is_duty(r) and r.on == channel for r in model.rules):
                continue
            for n, node in enumerate(layout.nodes, 1):
                for acts in (True, False):
                    numbers = [
                        self.number((channel.name, node, gateway, acts))
                        for gateway in model.elements(GATEWAY)
                    ]
                    self._queues[channel.name, n, acts] = min(numbers)

    @staticmethod
    def _is_duty(rule: Rule) -> bool:
        acts_alone = rule.on is None
        return (
            rule.role in ROLES
            and rule.name not in OPTIONAL | RESTARTS
            and not (acts_alone and rule.role is Role.LMA)
        )

    def number(self, key: Key) -> int:
        """The number of a unit."""
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def name(self, number: int) -> str:
        """A unit in words."""
        key = next(k for k, n in self._numbers.items() if n == number)
        return ", ".join(map(str, key))

    def timer_table(self) -> str:
        """The unit of each timer, as C."""
        numbers = ", ".join(map(str, self._timers))
        return f"static const u8 unit_of_timer[{len(self._timers)}] = {{{numbers}}};"

    def of(self, instance: Instance) -> tuple[Expression, str]:
        """The unit of the steps of an instance (0: none), and the set that it serves."""
        unit = self._own(instance)
        base = self._printer.layout.timer_base
        changed = {
            f"1ull << unit_of_timer[{base[a.name]} + {a.place}]"
            for a in instance.assignments
            if a.is_timer
        }
        if self._comes_seldom(instance.rule):
            changed.add(f"1ull << {SELDOM}")
        return unit, " | ".join([f"1ull << ({unit})", *sorted(changed)])

    def _comes_seldom(self, rule: Rule) -> bool:
        configuration = self._printer.layout.model.configuration
        return configuration.restarts_end and rule.name in RESTARTS

    def _own(self, instance: Instance) -> Expression:
        rule, names = instance.rule, instance.names
        if not self._is_duty(rule):
            return 0
        if isinstance(rule.on, Channel):
            acts = bool(rule.updates or rule.sends)
            first = self._queues[rule.on.name, int(names["message.node"]), acts]
            own = "gateway" if "message.gateway" in names else "destination"
            gateway = names[f"message.{own}"]
            return f"{first - 1} + {gateway}" if self._is_held(gateway) else first
        if isinstance(rule.on, Timer):
            args = [self._printer.print(a, names) for a in rule.expiry_args]
            place = self._printer.place(rule.on.index, args)
            base = self._printer.layout.timer_base[rule.on.name]
            return f"unit_of_timer[{base} + {place}]"
        chosen = (names[n] for n, s in rule.indices if s.kind is SortKind.OPEN)
        return self.number((rule.name, *chosen))

    @staticmethod
    def _is_held(gateway: Expression) -> bool:
        return isinstance(gateway, int) or gateway.startswith("m_")

    def fairness(self, strong: bool = True) -> Fairness:
        """Weak for all units, and strong, unless told otherwise, for what is received.

        Raises:
            Pmip6Error: There are too many of them.
        """
        if len(self._numbers) > MOST_UNITS:
            raise Pmip6Error(
                f"configuration {self._printer.model.configuration.name}",
                f"has more than {MOST_UNITS} units of fairness",
                "make it smaller",
            )
        received = {c.name for c in CHANNELS}
        every = sum(1 << n for n in self._numbers.values())
        of_channels = sum(1 << n for k, n in self._numbers.items() if k[0] in received)
        return Fairness(every, of_channels if strong else 0)
