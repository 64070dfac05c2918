"""Messages with something wrong, one after another, and what is left of the session."""

from __future__ import annotations

from pmip6.conformance.lma.answers import Answers
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.oracle import Oracle
from pmip6.conformance.lma.reception_judge import judge_acknowledgements
from pmip6.conformance.lma.requests import Prepared, RequestMaker
from pmip6.conformance.lma.script import Listen, Script, Send
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.reception import Reaction
from pmip6.model.wire.tunnel_packets import fragment
from pmip6.vectors.lma.stimuli import FLOODS, Request, Volley


class Volleys:
    """Sends the volleys of one case.

    Args:
        declaration: The implementation under test.
        oracle: What it may do.
        requests: Makes the messages.
        answers: Judges what comes back.
    """

    def __init__(
        self,
        declaration: Declaration,
        oracle: Oracle,
        requests: RequestMaker,
        answers: Answers,
    ) -> None:
        self._declared = declaration
        self._oracle = oracle
        self._requests = requests
        self._answers = answers

    def send(self, stimulus: Volley) -> Script:
        """Messages with something wrong; the session of the served node lasts."""
        shots: dict[int, Prepared] = {}
        is_flood = stimulus.malformed in FLOODS
        name = ""
        for name, prepared in self._requests.shots(stimulus.malformed, self._oracle):
            shots[prepared.sequence] = prepared
            size = len(prepared.packet)
            largest = None if size <= LEAST_MTU else LEAST_MTU
            yield Send(prepared.packet, prepared.sequence, name, largest=largest)
            whole = largest is None
            pieces = 1 if whole else len(fragment(prepared.packet, LEAST_MTU, 0))
            self._answers.evidence.packets += pieces
            if not is_flood:
                yield from self._renewal(shots, name)
        if is_flood:
            yield from self._replies(shots)
            yield from self._renewal(shots, name)
        yield from self._replies(shots)

    def _renewal(self, shots: dict[int, Prepared], name: str) -> Script:
        """The session is renewed, as if the message before had never come."""
        prepared = self._requests.prepare(Request(), self._oracle)
        assert prepared is not None
        self._answers.evidence.packets += 1
        sent_ms = yield Send(
            prepared.packet, prepared.sequence, f"renewal after {name}"
        )
        assert isinstance(sent_ms, int)
        until = sent_ms + self._declared.timers.reaction_ms
        while (arrival := (yield Listen(until))) is not None:
            assert isinstance(arrival, Arrival)
            self._answers.now_ms = max(self._answers.now_ms, arrival.time_ms)
            pba = arrival.acknowledgement
            if pba is not None and pba.sequence not in shots:
                self._requests.answered.add(prepared.sequence)
                self._answers.judge(prepared, arrival, sent_ms)
                return
            self._reply(shots, arrival)
        self._answers.now_ms = until
        self._answers.silence(
            prepared, sent_ms, f"no answer came to the renewal after {name}"
        )

    def _replies(self, shots: dict[int, Prepared]) -> Script:
        """What still comes back for the messages of a volley, until all is quiet."""
        while True:
            self._answers.now_ms += self._declared.timers.silence_ms
            arrival = yield Listen(self._answers.now_ms)
            if arrival is None:
                return
            assert isinstance(arrival, Arrival)
            self._answers.now_ms = arrival.time_ms
            self._reply(shots, arrival)

    def _reply(self, shots: dict[int, Prepared], arrival: Arrival) -> None:
        """What comes back for a message of a volley: no acknowledgement where none may.

        Its format is not judged: it may repeat what was wrong.
        """
        self._answers.evidence.packets += 1
        shot = None if arrival.sequence is None else shots.get(arrival.sequence)
        if shot is not None and shot.reception.reaction is not Reaction.PROCESS:
            packet = self._answers.evidence.packets
            self._answers.note(list(judge_acknowledgements(shot, [arrival], packet)))
