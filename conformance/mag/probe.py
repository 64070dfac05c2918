"""Is the gateway under test still there?  And: what a case leaves behind is ended.

Both are scripts beside those of the cases, with a node of their own or of an ended case.
"""

from __future__ import annotations

from collections.abc import Callable

from pmip6.conformance.condition import ANSWERS, Condition, State, condition_by
from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.packets import Read, answer_packet
from pmip6.conformance.mag.script import Act, Listen, Script
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.vectors.mag.answers import Scene, make_answer
from pmip6.vectors.mag.discovery import SolicitationForm, router_solicitation
from pmip6.vectors.mag.stimuli import Answer, AnswerForm

PATIENCE = 5
"""How many times the reaction that cases expect a probe waits for a sign of life."""
PROBE = "probe"
DEPARTURE = "the node of an ended case leaves"


def acceptance(
    request: ProxyBindingUpdate, scene: Scene, esp: EspEnd | None
) -> Callable[[GatewayLink], None]:
    """The act that accepts a request."""
    answer = make_answer(Answer(), request, scene)
    data = answer_packet(answer, AnswerForm.ORDINARY, scene)
    if esp is not None:
        data = esp.send(data)
    return lambda link: link.send(data)


class GatewayProbe:
    """A spare node comes, solicits and leaves: anything that the gateway sends will do.

    What comes first tells how long the gateway takes.  Where nothing comes a command, if
    one is declared, tells whether it runs at all.

    Args:
        declaration: The gateway under test.
        scene: A node that no case uses.
        esp: The end of the ESP at the tester; None where there is none.
    """

    def __init__(
        self, declaration: GatewayDeclaration, scene: Scene, esp: EspEnd | None
    ) -> None:
        self._esp = esp
        self.condition: Condition | None = None
        self.scene = scene
        self._declared = declaration
        self._reaction_ms = declaration.timers.reaction_ms

    def run(self, now_ms: int) -> Script:
        """Ask until something comes; in the end no binding is left."""
        node = self.scene.link_layer
        source = self.scene.node_link_local
        asked = router_solicitation(source, node, SolicitationForm.ORDINARY)
        if self._declared.triggers.attach:
            yield from self._ask(lambda link: link.attach(node, None), now_ms)
        if self.condition is None or not self._declared.triggers.attach:
            yield from self._ask(lambda link: link.send_from_node(node, asked), now_ms)
        yield from self._ask(lambda link: link.detach(node), now_ms, ends=True)
        if self.condition is None:
            self.condition = condition_by(self._declared.hooks)

    def owns(self, came: Read) -> bool:
        """All that is its own tells so."""
        return False

    def _ask(
        self, act: Callable[[GatewayLink], None], began_ms: int, *, ends: bool = False
    ) -> Script:
        """Do something, and take what comes; a request is accepted.

        Args:
            act: It.
            began_ms: When the probe began, where the link does not tell the time.
            ends: It ends the session: the gateway has to de-register the node.
        """
        done = yield Act(act, PROBE)
        since_ms = done if isinstance(done, int) else began_ms
        while True:
            came = yield Listen(since_ms + PATIENCE * self._reaction_ms)
            if not isinstance(came, tuple):
                return
            message = came[1].message
            if isinstance(message, ProxyBindingUpdate):
                yield Act(acceptance(message, self.scene, self._esp), PROBE)
                if message.lifetime == 0 and not ends:
                    continue  # of the last probe: the gateway is slow
            self._lives(came[0] - since_ms)
            if isinstance(message, ProxyBindingUpdate) or not ends:
                return

    def _lives(self, late_ms: int) -> None:
        """It has sent something so long after it had to."""
        if self.condition is None:
            is_slow = late_ms > self._reaction_ms
            slow = Condition(State.SLOW, late_ms, self._reaction_ms)
            self.condition = slow if is_slow else ANSWERS


class Departure:
    """The node of an ended case leaves, so that the gateway has no binding for it.

    Args:
        scene: The node.
        reaction_ms: How long the gateway may take to de-register it.
        unanswered: The request that it still awaits an answer to, if the node has left.
        esp: The end of the ESP at the tester; None where there is none.
    """

    def __init__(
        self,
        scene: Scene,
        reaction_ms: int,
        unanswered: ProxyBindingUpdate | None,
        esp: EspEnd | None,
    ) -> None:
        self._esp = esp
        self.scene = scene
        self._reaction_ms = reaction_ms
        self._unanswered = unanswered

    def owns(self, came: Read) -> bool:
        """All that is its own tells so."""
        return False

    def run(self, now_ms: int) -> Script:
        """Leave, and accept the de-registration."""
        if self._unanswered is not None:
            yield Act(acceptance(self._unanswered, self.scene, self._esp), DEPARTURE)
            return
        node = self.scene.link_layer
        yield Act(lambda link: link.detach(node), DEPARTURE)
        while isinstance(came := (yield Listen(now_ms + self._reaction_ms)), tuple):
            message = came[1].message
            if isinstance(message, ProxyBindingUpdate) and message.lifetime == 0:
                yield Act(acceptance(message, self.scene, self._esp), DEPARTURE)
                return
