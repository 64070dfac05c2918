"""Anchors that are made again and again from the same settings: what is made once.

Most of what an anchor in memory costs is its model and the machine that is made of it.
"""

from __future__ import annotations

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.domain import configuration_of
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.packs.walk import Walk, WalkingMachine, Watches
from pmip6.model.domain import Model
from pmip6.model.language.interpreter import living
from pmip6.model.language.table import Role
from pmip6.model.machines import LmaMachine
from pmip6.model.state import several_prefixes


class KeptAnchors:
    """Models of anchors and their machines, for one anchor after the other.

    Nothing is kept of an anchor whose sessions have several prefixes: which of them a set
    that is not listed has in common with others is in its model, and changes.
    """

    def __init__(self) -> None:
        self._models: dict[str, Model] = {}
        self._machines: dict[Model, LmaMachine] = {}
        self._walking: dict[Model, WalkingMachine] = {}
        self._watches = Watches()

    def model(self, told: AnchorSettings) -> Model | None:
        """The model of an anchor that is told this; None where it is its own."""
        if several_prefixes.name in told.features:
            return None
        key = told.model_dump_json()
        if key not in self._models:
            self._models[key] = Model(configuration_of(told))
        return self._models[key]

    def anchor(self, told: AnchorSettings) -> ReferenceAnchor:
        """An anchor that is told this; the one before it is over."""
        return ReferenceAnchor(told, machine=self._living, model=self.model(told))

    def _living(self, model: Model) -> LmaMachine:
        known = self._machines.get(model)
        if known is not None:
            known.resume(living(known.interpreter.initial()))
            return known
        made = LmaMachine(model, lives=True)
        if model in self._models.values():
            self._machines[model] = made
        return made

    def walking(self, model: Model, walk: Walk) -> WalkingMachine:
        """A machine that notes what it does; the one before it is over."""
        known = self._walking.get(model)
        if known is not None:
            known.begin(walk)
            return known
        if model not in self._models.values():
            watch = Watches().over(model, Role.LMA, "")
            return WalkingMachine(model, walk, watch)
        key = str(len(self._walking))
        watch = self._watches.over(model, Role.LMA, key)
        self._walking[model] = WalkingMachine(model, walk, watch)
        return self._walking[model]
