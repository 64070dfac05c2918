"""A peer that sends every Mobility Header message back; run by exchange.py.

It tells on its standard output that it listens; a message of type `REPORT` is
answered with the count of messages that the kernel dropped before it.
"""

from pmip6.conformance.wire.sockets import MobilityDatagram, MobilitySocket

REPORT = 250
MESSAGE = 251


def answer(got: MobilityDatagram, dropped: int) -> bytes:
    """The data to send back; the kernel fills in the checksum."""
    return got.data[:6] + bytes([dropped, 0]) if got.data[2] == REPORT else got.data


def main() -> None:
    """Serves until it is ended."""
    with MobilitySocket() as mobility:
        print("listening", flush=True)
        while True:
            got = mobility.receive(60.0)
            if got is not None:
                mobility.send(
                    answer(got, mobility.dropped),
                    source=got.destination,
                    destination=got.source,
                )


if __name__ == "__main__":
    main()
