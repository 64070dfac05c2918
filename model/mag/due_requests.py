"""Why a gateway has to send a request, and what one breaks that nothing asks for.

A rule cites all that its step obeys, the form of its message included.  Here stands what
says whether there is a message at all, which is often less than a MUST.
"""

from collections.abc import Mapping

from pmip6.model.wire.numbers import BindingAckStatus

BEHIND_REQUEST: Mapping[str, tuple[str, ...]] = {
    "request_allocation": ("5213-6.9.1.1-2",),
    "propose_prefix": ("5213-6.9.1.1-2",),
    "register_after_synchronisation": ("5213-6.9.1.2-13",),
    "accept_and_upload_address": ("5213-6.9.1.2-26",),
    "end_registration": ("5213-6.9.1.1-2",),  # for a node that is still there
    "renew": ("6275-11.7.3-8",),
    "retransmit": ("5213-6.9.4-2", "6275-11.8-3"),
    "notice_detachment": ("5213-6.9.1.4-1", "5213-6.13-3"),
}
"""By rule: what asks for the request that it sends, or that follows at once."""
ADVISED_RENEWAL = ("6275-11.7.3-14",)
"""What asks for a renewal as soon as the anchor advises."""
AT_SLOWEST_RATE = ("5213-6.9.4-5", "6275-11.8-5")
"""What a repetition follows once a wait of MAX_BINDACK_TIMEOUT has passed."""
FIRST_WAIT = ("5213-6.9.4-x1", "6275-12-x2")
"""What a repetition breaks that comes before INITIAL_BINDACK_TIMEOUT has passed."""
LATER_WAIT = ("5213-6.9.4-4", "6275-11.8-4")
"""What one breaks that comes before a longer wait has passed."""
RATE_LIMIT = ("6275-11.8-7",)
"""What requests break that come more often than MAX_UPDATE_RATE."""
MAX_UPDATE_RATE = 3
"""Messages in a second (RFC 6275, section 12)."""

AGAINST_REQUEST: Mapping[str, tuple[str, ...]] = {
    "accept": ("6275-11.7.3-6",),
    "finish_deregistration": ("6275-11.7.3-6",),
    "await_synchronisation": ("5213-6.9.1.2-13",),
    "ignore_altered_acknowledgement": ("5213-6.9.1.2-9",),
    "lapse_instead_of_retransmission": ("5213-6.9.4-3",),
    "lapse_instead_of_renewal": ("5213-6.13-1", "5213-6.13-2"),
    "abandon_deregistration": ("5213-6.9.4-3",),
    "forget_refused_node": ("5213-6.9.4-3",),
}
"""By rule: what a request for the node breaks that follows its step."""
AGAINST_REQUEST_AFTER: Mapping[int, tuple[str, ...]] = {
    BindingAckStatus.PROXY_REG_NOT_ENABLED: ("5213-6.9.1.2-10",),
    BindingAckStatus.TIMESTAMP_MISMATCH: ("5213-6.9.1.2-13",),
}
"""By status of a rejection: the same; after any other one the gateway may ask again."""
BEHIND_REQUEST_AFTER: Mapping[int, tuple[str, ...]] = {
    BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED: ("5213-6.9.1.2-12",),
}
"""By status of a rejection: what asks for another request; after others nothing does."""
AFTER_REJECTION = frozenset({"accept_refusal", "try_again_later"})
"""Rules after which the status of the rejection decides, by the two tables above."""
REPEATING = "retransmit"
"""The rule that repeats a request; after a rejection it sends the other one."""
RENEWING = "renew"
FREE_TO_DEREGISTER = frozenset(
    {
        "abandon_deregistration",  # docs/findings.md, Retransmission of de-registrations
        "forget_refused_node",
        "lapse_instead_of_retransmission",
        "lapse_instead_of_renewal",
    }
)
"""Rules after which a de-registration breaks nothing."""
