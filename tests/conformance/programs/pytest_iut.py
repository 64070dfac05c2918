"""Runs pytest on a declaration, against the reference LMA in a network of its own."""

import sys
from pathlib import Path

import pytest

from pmip6.conformance.lma.demonstration import start_anchor
from pmip6.conformance.lma.in_memory import anchor_settings, reference_declaration
from pmip6.conformance.toml_files import as_toml
from pmip6.conformance.wire.namespaces import Network, enter_private_network, link

FEW = 20
"""Nodes: an anchor that knows more takes longer to answer its first request."""


def main(folder: Path, arguments: list[str]) -> int:
    """Give the exit code of pytest."""
    every = reference_declaration()
    few = every.nodes.model_copy(update={"count": FEW})
    declared = every.model_copy(update={"nodes": few})
    values = declared.model_dump(mode="json")
    iut = folder / "iut.toml"
    iut.write_text("".join(f"{k} = {as_toml(v)}\n" for k, v in values.items()))
    tester = declared.tester
    enter_private_network()
    with Network() as network:
        here = (*tester.proxy_coas, tester.unlisted_proxy_coa)
        there = (declared.lma_address,)
        link(network, here=here, there=there, here_interface=tester.interface)
        names = declared.nodes.identifiers()
        start_anchor(network, anchor_settings(declared, names))
        return int(pytest.main([f"--iut={iut}", f"--rootdir={folder}", *arguments]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
