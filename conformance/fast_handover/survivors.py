"""Mutants of fast handover that nothing notices and no argument covers, with the reason."""

_WHY: dict[str, tuple[str, ...]] = {
    "shows only where a gateway that fetches the context is registered meanwhile, and is "
    "then asked for the context itself; no small configuration has that": (
        "mag.give_context.update-3",
        "mag.give_context_without_forwarding.update-5",
        "mag.refuse_late_fetch.guard-4",
    ),
    "shows only where a gateway that has the context from one of three is asked for it by "
    "another; no small configuration with three has fetches": (
        "mag.refuse_late_fetch.guard-3",
    ),
    "an HI that is answered without forwarding, or whose node comes back, is not repeated "
    "before that in any small configuration": (
        "mag.give_context_without_forwarding.update-4",
        "mag.take_back.update-3",
    ),
    "no request is repeated, and not answered, where a node comes back in a handover": (
        "mag.register_transferred_prefix.update-10",
        "mag.register_returned_node.update-10",
    ),
    "no configuration has handovers and a clock that is wrong until it is set": (
        "mag.register_transferred_prefix.update-3",
        "mag.register_returned_node.update-3",
    ),
    "shows only where a fetch is refused after a prefix that an earlier context has left": (
        "mag.fall_back.update-1",
    ),
    "a context has a prefix until it is withdrawn, and then nothing is registered": (
        "mag.advertise_transferred_prefix.guard-4",
    ),
    "another prefix is advertised at once, and that RA withdraws the first one as well": (
        "mag.take_consent.update-1",
    ),
    "a packet of a tunnel that was not agreed on is dropped, or kept for nobody": (
        "mag.buffer_packet.guard-3",
    ),
    "the rules of the model look at the source again": (
        "matching.source of a handover acknowledge.removed",
    ),
    "what a gateway knows of a node beyond prefix, anchor and identifiers is its own, so no "
    "case asks for it; tests/conformance/test_handover_context.py does": (
        "initiate.IPv4 home address of a handover initiate.removed",
        "acknowledge.interface identifier of a handover acknowledge.removed",
        "acknowledge.IPv4 home address of a handover acknowledge.removed",
        "acknowledge.vendor options of a handover acknowledge.removed",
        "acknowledge.link-local address of a handover acknowledge.removed",
    ),
    "shows where the gateway's own HI is not answered when a fetch comes that it refuses, "
    "which no case and no small configuration has": (
        "mag.refuse_fetch_and_cancel.update-2",
        "mag.refuse_fetch_and_cancel.update-3",
        "mag.refuse_fetch_and_cancel.update-4",
        "mag.refuse_fetch_and_cancel.timer-1",
    ),
    "U is the sender's choice but in an HI that asks for buffering alone, which no case "
    "brings about; tests/model/test_handover_construction.py does": (
        "initiate.buffer.flipped",
    ),
    "a buffer is empty before the tester's next packet comes; "
    "tests/conformance/test_handover_order.py sends them closer together": (
        "forwarding.wait_behind_others.removed",
    ),
}
WHY_THEY_SURVIVE: dict[str, str] = {
    name: reason for reason, names in _WHY.items() for name in names
}
