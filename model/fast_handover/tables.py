"""The rules of fast handover, by role."""

from pmip6.model.fast_handover.access_network import (
    access_network,
    handover_faults,
    roaming,
)
from pmip6.model.fast_handover.downlink import carriage, downlink
from pmip6.model.fast_handover.new_gateway import new_gateway
from pmip6.model.fast_handover.previous_gateway import previous_gateway
from pmip6.model.fast_handover.registration import handover_registration
from pmip6.model.fast_handover.retransmission import retransmission_of_initiates
from pmip6.model.fast_handover.uplink import delivery_of_uplink, sending, uplink
from pmip6.model.language.table import RoleTable

HANDOVER_TABLES: tuple[RoleTable, ...] = (
    previous_gateway,
    new_gateway,
    retransmission_of_initiates,
    handover_registration,
    roaming,
    access_network,
    handover_faults,
    sending,
    downlink,
    uplink,
    carriage,
    delivery_of_uplink,
)
