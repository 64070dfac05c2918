"""The explorer against Spin on the same model: states per second, and their ratio.

Spin runs with the options of properties/spin/run.py: a verifier compiled for safety without
reduction (which would count fewer states) and a hash table that fits.  Neither checks a
property.  The times are of the search alone; the explorer uses all processors, then one.
"""

import os

from pmip6.model.domain import Model
from pmip6.model.shipped.configurations import ONE_NODE
from pmip6.properties.exploration.compiled import NoCompiler, compiler
from pmip6.properties.exploration.explore import explore
from pmip6.properties.spin.run import PAN_OPTIONS, SPIN_OPTIONS, is_installed, spin

MODEL = ONE_NODE.changed(prefixes=("p1",), entries=("bce1",))  # a part of one-node


def main() -> None:
    """Print the table."""
    try:
        compiler()
    except NoCompiler as missing:
        print(f"{missing.line()}: nothing is measured")
        return
    model = Model(MODEL)
    explore(model, [], limit=1)  # the model is compiled
    rates: dict[str, float] = {}
    octets: dict[str, float] = {}
    states: set[int | None] = set()
    for threads in sorted({1, os.cpu_count() or 1}):
        run = explore(model, [], threads=threads)
        states.add(run.states)
        name = f"explorer, {threads} thread(s)"
        rates[name] = (run.states or 0) / run.seconds
        octets[name] = (run.memory or 0) / (run.states or 1)
    if is_installed():
        found = spin(model)
        states.add(found.states)
        rates["spin"] = found.states / found.seconds
        print(f"spin {' '.join(SPIN_OPTIONS)}; cc {' '.join(PAN_OPTIONS)}")
    else:
        print("spin is not installed: only the explorer is measured")
    print(f"{model.configuration.name}, one prefix: {sorted(states, key=str)} states")
    for name, rate in rates.items():
        ratio = f"{rate / rates['spin']:8.1f} x spin" if "spin" in rates else ""
        size = f"{octets[name]:8.0f} octets/state" if name in octets else ""
        print(f"{name:24}{rate:14,.0f} states/s{ratio}{size}")


if __name__ == "__main__":
    main()
