"""What a case cites of a request that does not come, or that nothing asks for."""

from pmip6.model.language.table import Rule
from pmip6.model.mag.configuration import backoff
from pmip6.model.mag.due_requests import (
    ADVISED_RENEWAL,
    AFTER_REJECTION,
    AGAINST_REQUEST,
    AGAINST_REQUEST_AFTER,
    AT_SLOWEST_RATE,
    BEHIND_REQUEST,
    BEHIND_REQUEST_AFTER,
    FIRST_WAIT,
    FREE_TO_DEREGISTER,
    LATER_WAIT,
    MAX_UPDATE_RATE,
    RATE_LIMIT,
    RENEWING,
    REPEATING,
)
from pmip6.model.wire.messages import ProxyBindingUpdate

WAITS = len(tuple(backoff()))
"""How many requests until the wait for an answer is the longest."""
SECOND_MS = 1000


class DueRequests:
    """Follows the rules that the model takes; times are those of the case."""

    def __init__(self) -> None:
        self._last = ""  # the rule that says whether another request may come
        self._status = 0  # of the rejection that it took, or that went before
        self._repetitions = 0
        self._follows_rejection = False  # the last rule
        self._free_ms: list[int] = []  # when requests came that nothing asks for

    @property
    def is_rejected(self) -> bool:
        """Whether the gateway may ask again after a rejection, or has been told not to."""
        return self._last in AFTER_REJECTION

    def follow(self, rule: Rule | None, status: int | None = None) -> None:
        """The model takes a rule of the gateway, on an answer with a status."""
        if rule is None:
            return
        if rule.name in (*BEHIND_REQUEST, *AGAINST_REQUEST, *AFTER_REJECTION):
            repeats = rule.name == REPEATING
            self._follows_rejection = self.is_rejected
            self._repetitions = self._repetitions + 1 if repeats else 0
            self._last = rule.name
            self._status = self._status if status is None else status

    def behind(
        self, rule: Rule | None, *, is_advised: bool = False
    ) -> tuple[str, ...] | None:
        """What asks for the request that a rule sends, the last one that was taken.

        None where nothing does: the gateway may send it.
        """
        if rule is None:
            return ()
        if self._follows_rejection and self._status not in BEHIND_REQUEST_AFTER:
            return None  # it may have given up
        if self._follows_rejection and rule.name == REPEATING:
            return BEHIND_REQUEST_AFTER[self._status]
        if rule.name == REPEATING and self._repetitions >= WAITS:
            return AT_SLOWEST_RATE
        if rule.name == RENEWING and is_advised:
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
        if self.is_rejected:
            return AGAINST_REQUEST_AFTER.get(self._status)
        if self._last in FREE_TO_DEREGISTER and request.lifetime == 0:
            return None
        if self._last in BEHIND_REQUEST:  # its request waits for an answer
            return LATER_WAIT if self._repetitions else FIRST_WAIT
        return AGAINST_REQUEST.get(self._last, ())
