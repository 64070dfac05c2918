"""Why a gateway has to send what it sends in a fast handover.

A rule cites all that its step obeys, the form of its message included.  Here stands what
says whether there is a message at all, which is often less than a MUST.  What asks for a
Proxy Binding Update is in model/mag/due_requests.py, too.
Source: RFC 5949, sections 4.1 and 4.2; RFC 5568, section 6.2.1.
"""

from collections.abc import Mapping

from pmip6.model.mag.due_requests import BEHIND_REQUEST

REPEATS = ("5568-6.2.1.1-10",)
"""What asks for an HI once more, where no answer has come."""
BEHIND_INITIATE: Mapping[str, tuple[str, ...]] = {
    "initiate_handover": ("5949-4.1-4",),
    "start_forwarding": ("5949-4.2-10",),
    "complete_forwarding": ("5949-4.1-12",),
    "take_back": ("5949-4.1-12",),
    "fetch_context": ("5949-4.1-13",),
    "ask_previous_gateway": ("5949-4.1-6",),
    "retransmit_handover_initiate": REPEATS,
}
"""By rule: what asks for the HI that it sends; of a MAY nobody misses one."""
BEHIND_ACKNOWLEDGE = ("5568-6.2.1.2-1",)
"""What asks for the answer to an HI."""
BEHIND_HANDOVER_REQUEST: Mapping[str, tuple[str, ...]] = {
    **BEHIND_REQUEST,
    "register_transferred_prefix": ("5213-6.9.1.1-2",),
    "register_returned_node": ("5213-6.9.1.1-2",),
}
"""By rule: what asks for the Proxy Binding Update that it sends."""

REPEATED_OFTENER = ("5568-6.2.1.1-11",)
"""What an HI breaks that comes once more before its time, or too often."""
ANSWER_TO_NONE = ("5568-6.2.1.2-x4", "5949-6.1.2-x5")
"""What a HAck breaks whose number is that of no HI which waits for its answer."""
