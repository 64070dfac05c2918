"""The groups of the test purposes for gateways: the middle part of their ids."""

import enum


class Group(enum.StrEnum):
    """What a purpose is about, by section of RFC 5213; ND is Neighbor Discovery."""

    ATT = "6.9.1.1"
    ACK = "6.9.1.2"
    EXT = "6.9.1.3"
    DER = "6.9.1.4"
    ADV = "6.9.2"
    RTX = "6.9.4"
    FWD = "6.10.5"
    SEC = "4"
    ND = "RFC 4861"
    LOC = "6.10.3"
    MTU = "6.9.5"
    DHC = "6.11"
    RST = "9.2"
    TUN = "5.6.1"
    PRO = "6.2"
    REN = "6.12"
    ACC = "6.14"
