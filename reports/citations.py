"""All that cites requirements, gathered for the catalogue."""

from collections.abc import Iterator

from pmip6.model.acknowledgement import (
    ADDRESS_RULES,
    EXCHANGE_RULES,
    FIELD_RULES,
)
from pmip6.model.catalogue import (
    Citation,
    CitationKind,
    Row,
    build_catalogue,
    citations_of,
)
from pmip6.model.domain import shipped_rules
from pmip6.model.error_replies import REPLY_RULES
from pmip6.model.format_rules import FORMAT_RULES
from pmip6.model.ipv6 import PACKET_RULES
from pmip6.properties import protocol
from pmip6.properties.property import PROPERTIES, Property
from pmip6.vectors.purposes import purposes


def recorded_properties() -> list[Property]:
    """The properties of the protocol, recorded when their module is imported."""
    assert protocol.__name__
    return PROPERTIES


def citations() -> Iterator[tuple[str, Citation]]:
    """Pairs of requirement id and citation for every check of the project."""
    yield from citations_of(CitationKind.RULE, shipped_rules())
    yield from citations_of(CitationKind.PROPERTY, recorded_properties())
    yield from citations_of(CitationKind.FORMAT_RULE, (*FORMAT_RULES, *PACKET_RULES))
    yield from citations_of(CitationKind.EXCHANGE_RULE, EXCHANGE_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, FIELD_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, ADDRESS_RULES)
    yield from citations_of(CitationKind.EXCHANGE_RULE, REPLY_RULES)
    yield from citations_of(CitationKind.TEST_PURPOSE, purposes())


def catalogue() -> list[Row]:
    """The catalogue with all that the project checks."""
    return build_catalogue(citations())
