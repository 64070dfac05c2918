"""The octets of a stimulus: what each form of a request does to the encoding.

The requests themselves come from `pmip6.model.wire.abstraction`; here are the options that
the model does not read and what is wrong with the encoding on purpose.
"""

import itertools
from dataclasses import replace
from ipaddress import IPv6Address

from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import (
    AccessTechnologyType,
    HandoffIndicator,
    MobilityOptionType,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    AlternateCareOfAddress,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Pad1,
    UnknownOption,
)
from pmip6.vectors.lma.stimuli import Form, LinkLocal, Request

UNKNOWN_OPTION_TYPE = 200
UNKNOWN_HEADER_TYPE = 200
IPPROTO_NOT_NONE = 58
ALL_RESERVED_FLAGS = 0x01FF  # the bits of a Binding Update that have no meaning
LONGEST_LIFETIME = 0xFFFF  # in units of 4 s: some three days
ALL_ZERO = IPv6Address(0)
ALL_NODES = IPv6Address("ff02::1")
VENDOR = (32473).to_bytes(4)  # the number for examples (RFC 5612)
TECHNOLOGIES: dict[Form, AccessTechnologyType] = {
    Form[technology.name]: technology
    for technology in AccessTechnologyType
    if technology is not AccessTechnologyType.RESERVED
}
"""The forms that are of another access technology than the one that is declared."""

HANDOFFS: dict[Form, HandoffIndicator] = {
    Form[f"HANDOFF_{indicator.value}"]: indicator
    for indicator in HandoffIndicator
    if indicator is not HandoffIndicator.RESERVED
}
"""The forms that have a handoff indicator of their own."""

UNASSIGNED_HANDOFF = 200
"""A number that neither RFC 5213 nor a later RFC gives a meaning."""

FROM_NOBODY = (Form.FROM_NOBODY, Form.UNKNOWN_TYPE_FROM_NOBODY)


def handoff_of(request: Request) -> int:
    """The handoff indicator of a request as its octet has it."""
    if request.form is Form.HANDOFF_UNASSIGNED:
        return UNASSIGNED_HANDOFF
    return HANDOFFS.get(request.form, request.indicator).value


def further_options(
    request: Request, link_local: IPv6Address, other_gateway: IPv6Address
) -> tuple[MobilityOption, ...]:
    """The options of a request that no rule of the model reads.

    Args:
        request: The stimulus.
        link_local: The address that a NON_ZERO Link-local Address option proposes.
        other_gateway: The address that an Alternate Care-of Address option names.
    """
    options: list[MobilityOption] = []
    if request.link_local is not LinkLocal.ABSENT:
        is_zero = request.link_local is LinkLocal.ALL_ZERO
        options.append(LinkLocalAddress(ALL_ZERO if is_zero else link_local))
    if request.form is Form.UNKNOWN_OPTION:
        options.append(UnknownOption(UNKNOWN_OPTION_TYPE, b"pmip6"))
    if request.form is Form.VENDOR_SPECIFIC:
        options += vendor_options()
    if request.form is Form.WRONG_ALTERNATE:
        options.append(AlternateCareOfAddress(ALL_NODES))
    if request.form is Form.ALTERNATE:
        options.append(AlternateCareOfAddress(other_gateway))
    return tuple(options)


def vendor_options() -> tuple[MobilityOption, ...]:
    """Two options that mean something to a vendor only."""
    kind = int(MobilityOptionType.VENDOR_SPECIFIC)
    return tuple(UnknownOption(kind, VENDOR + bytes((n, 0x52))) for n in (1, 2))


def source_of(form: Form, address: IPv6Address) -> IPv6Address:
    """Where a request in one of the forms comes from, by the gateway's address."""
    return ALL_NODES if form in FROM_NOBODY else address


def encode_form(
    form: Form, message: ProxyBindingUpdate, source: IPv6Address, lmaa: IPv6Address
) -> bytes:
    """The Mobility Header of a request in one of the forms.

    Args:
        message: The request as it is in ordinary form.
        source: Proxy-CoA, for the checksum; lmaa: the anchor's address.
    """
    if form is Form.NO_ANSWER_ASKED:
        message = replace(message, acknowledge=False)
    if form is Form.LONGEST_LIFETIME:
        message = replace(message, lifetime=LONGEST_LIFETIME)
    if form is Form.DIRECT:
        message = replace(message, proxy=False)
    if form in TECHNOLOGIES:
        message = _with(message, AccessTechnologyTypeOption(TECHNOLOGIES[form]))
    if form is Form.TWO_PREFIXES:
        options = itertools.chain.from_iterable(map(_and_half, message.options))
        message = replace(message, options=tuple(options))
    if form in HANDOFFS:
        message = _with(message, HandoffIndicatorOption(HANDOFFS[form]))
    if form is Form.HANDOFF_UNASSIGNED:
        message = _with(message, HandoffIndicatorOption(UNASSIGNED_HANDOFF))
    if form is Form.REVERSED:
        message = replace(message, options=message.options[::-1])
    if form is Form.ODD_OCTETS:
        message = replace(message, options=_at_odd_octets(message.options))
    if form is Form.OPTION_RESERVED_SET:
        message = replace(message, options=tuple(map(_reserved_set, message.options)))
    return encode(message, source, lmaa, lies=lies_of(form, message))


def _with(message: ProxyBindingUpdate, told: MobilityOption) -> ProxyBindingUpdate:
    """The request with an option in the place of that of its class."""
    options = (told if type(o) is type(told) else o for o in message.options)
    return replace(message, options=tuple(options))


def _and_half(option: MobilityOption) -> tuple[MobilityOption, ...]:
    """The option; behind a prefix also the lower half of it."""
    if not isinstance(option, HomeNetworkPrefix):
        return (option,)
    return option, replace(option, prefix_length=option.prefix_length + 1)


def _at_odd_octets(options: tuple[MobilityOption, ...]) -> tuple[MobilityOption, ...]:
    """The options that need no alignment first, behind one octet of padding."""
    unaligned = (HandoffIndicatorOption, AccessTechnologyTypeOption)
    return (
        Pad1(),
        *(option for option in options if isinstance(option, unaligned)),
        *(option for option in options if not isinstance(option, unaligned)),
    )


def _reserved_set(option: MobilityOption) -> MobilityOption:
    """The option with every bit set that it reserves."""
    match option:
        case (
            HomeNetworkPrefix()
            | HandoffIndicatorOption()
            | AccessTechnologyTypeOption()
        ):
            return replace(option, reserved=0xFF)
        case MobileNodeLinkLayerIdentifier():
            return replace(option, reserved=0xFFFF)
        case _:
            return option


def lies_of(form: Form, message: ProxyBindingUpdate) -> Lies | None:
    """What the encoder gets wrong for a form; None where nothing is."""
    match form:
        case Form.RESERVED_SET:
            return Lies(reserved=0xFF, message_reserved=ALL_RESERVED_FLAGS)
        case Form.PAD1_ONLY:
            return Lies(padding=PaddingStyle.PAD1_ONLY)
        case Form.BAD_CHECKSUM:
            return Lies(corrupt_checksum=True)
        case Form.UNKNOWN_TYPE | Form.UNKNOWN_TYPE_FROM_NOBODY:
            return Lies(mh_type=UNKNOWN_HEADER_TYPE)
        case Form.WRONG_PROTO:
            return Lies(payload_proto=IPPROTO_NOT_NONE)
        case Form.TOO_SHORT:
            return Lies(header_len=0, truncate_to_header_len=True)
        case Form.CUT_OPTION:
            return Lies(option_lengths=((len(message.options) - 1, 0xFF),))
        case Form.PADN_FILLED:
            return Lies(padn_content=0xFF)
        case _:
            return None
