"""The finite domain of a reference gateway: wire values as elements of the model."""

from pmip6.conformance.mag.settings import Asked, GatewaySettings
from pmip6.model.domain import Configuration
from pmip6.model.fast_handover.state import HandoverRequest
from pmip6.model.mag.configuration import (
    HandoverConfiguration,
    backoff,
    gateway_configuration,
    with_fast_handover,
)
from pmip6.model.wire.abstraction import prefix_value
from pmip6.model.wire.numbers import LIFETIME_UNIT_SECONDS


def configuration_of(settings: GatewaySettings) -> Configuration:
    """The configuration of the model that these settings describe."""
    listed = settings.interfaces
    lifetime = settings.lifetime_units * LIFETIME_UNIT_SECONDS * 1000
    waits = settings.initial_bindack_timeout_ms, settings.max_bindack_timeout_ms
    configuration = gateway_configuration(
        settings.proxy_coa,
        listed,
        known={
            n: prefix_value(node.home_network_prefixes)
            for n, node in listed.items()
            if node.home_network_prefixes
        },
        refused=[n for n, node in listed.items() if not node.authorised],
        is_numbered=not settings.timestamp_based_approach_in_use,
        lifetime_ms=lifetime,
        renewal_ms=lifetime * settings.renew_after_percent // 100,
        backoff_ms=tuple(backoff(*waits)),
    )
    handover = settings.fast_handover
    if handover is None:
        return configuration
    first = handover.initiate_timeout_ms
    return with_fast_handover(
        configuration,
        HandoverConfiguration(
            gateways=handover.gateways,
            may_refuse=handover.buffer_packets == 0,
            may_fail_to_forward=not handover.forwards,
            requests=(
                OFFERS[handover.offers],
                FETCHES[handover.fetches],
                *([] if handover.asks is None else [ASKS[handover.asks]]),
            ),
            initiate_ms=tuple(first << n for n in range(1 + handover.initiate_retries)),
            forwarding_ms=handover.forwarding_lifetime_ms,
            context_ms=handover.context_lifetime_ms,
        ),
    )


OFFERS = {
    Asked.CONTEXT: HandoverRequest.OFFER,
    Asked.BUFFERING: HandoverRequest.OFFER_AND_BUFFER,
    Asked.FORWARDING: HandoverRequest.OFFER_AND_FORWARD,
}
FETCHES = {
    Asked.CONTEXT: HandoverRequest.FETCH,
    Asked.BUFFERING: HandoverRequest.FETCH_AND_BUFFER,
    Asked.FORWARDING: HandoverRequest.FETCH_AND_FORWARD,
}
ASKS = {
    Asked.BUFFERING: HandoverRequest.ASK_TO_BUFFER,
    Asked.FORWARDING: HandoverRequest.ASK_TO_FORWARD,
}
