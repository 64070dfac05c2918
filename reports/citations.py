"""All that cites requirements, gathered for the catalogue."""

from collections.abc import Iterator

from pmip6.conformance.domain.judge import DOMAIN_RULES, GATEWAY_ROWS
from pmip6.conformance.fast_handover.permitted import PERMITTED
from pmip6.conformance.lma.permitted_variants import permitted_variants
from pmip6.conformance.mag.permitted_gateways import AS_REFERENCE, permitted_gateways
from pmip6.model.discovery.rules import DISCOVERY_RULES
from pmip6.model.domain import Model, shipped_rules
from pmip6.model.fast_handover.acknowledge import (
    ACKNOWLEDGE_FIELDS,
    ACKNOWLEDGE_RULES,
    ONE_NODE_RULES,
)
from pmip6.model.fast_handover.forwarding import HANDOVER_FORWARDING, TUNNEL_FORMS
from pmip6.model.fast_handover.initiate import INITIATE_FIELDS, INITIATE_RULES
from pmip6.model.fast_handover.reception import HANDOVER_MATCHING, INITIATE_REFUSALS
from pmip6.model.lma.acknowledgement import (
    ADDRESS_RULES,
    EXCHANGE_RULES,
    FIELD_RULES,
)
from pmip6.model.mag.advertisement_rules import ADVERTISEMENT_RULES
from pmip6.model.mag.dhcp_relay import RELAY_RULES
from pmip6.model.mag.path_mtu import PATH_RULES
from pmip6.model.mag.request_construction import (
    CONSTRUCTION_RULES,
    REQUEST_ADDRESSES,
    REQUEST_FIELDS,
)
from pmip6.model.mag.request_rules import REQUEST_RULES
from pmip6.model.requirements.catalogue import (
    IN_MEMORY,
    Citation,
    CitationKind,
    Citing,
    Row,
    build_catalogue,
    citations_of,
)
from pmip6.model.shipped.named import TELLING
from pmip6.model.wire.error_replies import REPLY_RULES
from pmip6.model.wire.format_rules import FORMAT_RULES
from pmip6.model.wire.icmp_errors import REPORT_RULES
from pmip6.model.wire.ipv6 import PACKET_RULES
from pmip6.properties import protocol
from pmip6.properties.property import PROPERTIES, Property
from pmip6.properties.response import RESPONSES
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.lma.purposes import purposes
from pmip6.vectors.mag.purposes import gateway_purposes

HANDOVER_TABLES: tuple[Citing, ...] = (
    *INITIATE_RULES,
    *INITIATE_FIELDS,
    *ACKNOWLEDGE_RULES,
    *ACKNOWLEDGE_FIELDS,
    *ONE_NODE_RULES,
    *INITIATE_REFUSALS,
    *HANDOVER_MATCHING,
    *HANDOVER_FORWARDING,
    *TUNNEL_FORMS,
)
"""The tables of fast handover that cases for it are judged by."""


def recorded_properties() -> list[Property]:
    """The properties of the protocol, recorded when their module is imported."""
    assert protocol.__name__
    return PROPERTIES


def rule_citations() -> Iterator[tuple[str, Citation]]:
    """Pairs of requirement id and rule of the model, with where the rule is enabled."""
    models = [Model(configuration) for configuration in TELLING.values()]
    for rule in shipped_rules():
        enabled = [m.configuration.name for m in models if m.has_rule(rule.name)]
        note = f"in {', '.join(enabled)}" if enabled else "in no shipped configuration"
        citation = Citation(CitationKind.RULE, rule.name, note)
        for requirement in rule.requirements:
            yield requirement, citation


def citations() -> Iterator[tuple[str, Citation]]:
    """Pairs of requirement id and citation for every check of the project."""
    yield from rule_citations()
    yield from citations_of(CitationKind.PROPERTY, recorded_properties())
    yield from citations_of(CitationKind.PROPERTY, RESPONSES)
    yield from citations_of(
        CitationKind.FORMAT_RULE, (*FORMAT_RULES, *PACKET_RULES, *DISCOVERY_RULES)
    )
    yield from citations_of(CitationKind.EXCHANGE_RULE, EXCHANGE_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, FIELD_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, ADDRESS_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, REPLY_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, REQUEST_RULES)
    yield from citations_of(CitationKind.DOMAIN_RULE, (*DOMAIN_RULES, *GATEWAY_ROWS))
    yield from citations_of(CitationKind.EXCHANGE_RULE, CONSTRUCTION_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, REQUEST_FIELDS)
    yield from citations_of(CitationKind.EXCHANGE_RULE, REQUEST_ADDRESSES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, ADVERTISEMENT_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, PATH_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, HANDOVER_TABLES)
    yield from citations_of(CitationKind.TEST_PURPOSE, purposes())
    for purpose in gateway_purposes():  # an ordinary host has no link to a real gateway
        note = IN_MEMORY if purpose.needs_hosts else ""
        yield from citations_of(CitationKind.TEST_PURPOSE, (purpose,), note)
    yield from citations_of(CitationKind.TEST_PURPOSE, handover_purposes())
    yield from citations_of(CitationKind.EXCHANGE_RULE, RELAY_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, REPORT_RULES)
    variants = permitted_variants().values()
    yield from citations_of(CitationKind.PERMITTED_VARIANT, variants)
    gateways = (AS_REFERENCE, *permitted_gateways().values())
    yield from citations_of(CitationKind.PERMITTED_VARIANT, gateways)
    yield from citations_of(CitationKind.PERMITTED_VARIANT, PERMITTED)


def catalogue() -> list[Row]:
    """The catalogue with all that the project checks."""
    return build_catalogue(citations())
