"""The finite domain of a reference gateway: wire values as elements of the model."""

from pmip6.conformance.gateway_settings import GatewaySettings
from pmip6.model.abstraction import prefix_value
from pmip6.model.domain import Configuration
from pmip6.model.gateway_configuration import backoff, gateway_configuration
from pmip6.model.numbers import LIFETIME_UNIT_SECONDS


def configuration_of(settings: GatewaySettings) -> Configuration:
    """The configuration of the model that these settings describe."""
    listed = {node.identifier.encode(): node for node in settings.nodes}
    lifetime = settings.lifetime_units * LIFETIME_UNIT_SECONDS * 1000
    waits = settings.initial_bindack_timeout_ms, settings.max_bindack_timeout_ms
    return gateway_configuration(
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
