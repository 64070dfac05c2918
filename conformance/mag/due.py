"""What a case cites of a request that does not come, or that nothing asks for."""

from pmip6.model.language.table import Rule
from pmip6.model.mag.configuration import backoff
from pmip6.model.mag.due_requests import (
    ADVISED_RENEWAL,
    AGAINST_REQUEST,
    AGAINST_REQUEST_AFTER,
    AT_SLOWEST_RATE,
    BEHIND_REQUEST,
    FIRST_WAIT,
    FREE_TO_DEREGISTER,
    LATER_WAIT,
    MAX_UPDATE_RATE,
    RATE_LIMIT,
)
from pmip6.model.wire.messages import ProxyBindingUpdate

WAITS = len(tuple(backoff()))
"""How many requests until the wait for an answer is the longest."""
SECOND_MS = 1000


class DueRequests:
    """Follows the rules that the model takes; times are those of the case."""

    def __init__(self) -> None:
        self._last = ""  # the rule that says whether another request may come
        self._status: int | None = None  # of the rejection that it took
        self._repetitions = 0
        self._free_ms: list[int] = []  # when requests came that nothing asks for

    def follow(self, rule: Rule | None, status: int | None = None) -> None:
        """The model takes a rule of the gateway, on an answer with a status."""
        if rule is None:
            return
        decides = rule.name in (*BEHIND_REQUEST, *AGAINST_REQUEST)
        if decides or rule.name in ("accept_refusal", "try_again_later"):
            repeats = rule.name == "retransmit"
            self._repetitions = self._repetitions + 1 if repeats else 0
            self._last, self._status = rule.name, status

    def behind(self, rule: Rule | None, *, is_advised: bool = False) -> tuple[str, ...]:
        """What asks for the request that a rule sends, the last one that was taken."""
        if rule is None:
            return ()
        if rule.name == "retransmit" and self._repetitions >= WAITS:
            return AT_SLOWEST_RATE
        if rule.name == "renew" and is_advised:
            return ADVISED_RENEWAL
        return BEHIND_REQUEST.get(rule.name, rule.requirements)

    def against(
        self, request: ProxyBindingUpdate, now_ms: int
    ) -> tuple[str, ...] | None:
        """What a request breaks that nothing asks for; None where it may come.

        Empty where no table says it: that is what the case is about.
        """
        self._free_ms = [t for t in self._free_ms if now_ms - t < SECOND_MS] + [now_ms]
        if len(self._free_ms) > MAX_UPDATE_RATE:
            return RATE_LIMIT
        if self._last == "accept_refusal":
            return AGAINST_REQUEST_AFTER.get(self._status or 0)
        if self._last in FREE_TO_DEREGISTER and request.lifetime == 0:
            return None
        if self._last in BEHIND_REQUEST:  # its request waits for an answer
            return LATER_WAIT if self._repetitions else FIRST_WAIT
        return AGAINST_REQUEST.get(self._last, ())
