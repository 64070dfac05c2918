"""The variables of a domain that an anchor acts on, and anchors of other domains."""

import pytest

from pmip6.conformance.lma.declaration import Domain
from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.verdict import Verdict
from pmip6.vectors.lma.purposes import Purpose, purposes

BY_NODES = reference_declaration().model_copy(
    update={"domain": Domain(mobile_node_generated_timestamp_in_use=True)}
)
OUT_OF_WINDOW = [p for p in purposes() if "5213-9.3-6" in p.requirements]


@pytest.mark.parametrize("purpose", OUT_OF_WINDOW, ids=lambda purpose: purpose.name)
def test_timestamps_of_nodes_are_compared_with_no_clock(purpose: Purpose) -> None:
    assert run_case_in_memory(purpose, BY_NODES).verdict is Verdict.PASS


@pytest.mark.parametrize("in_use", [True, False])
@pytest.mark.parametrize("purpose", OUT_OF_WINDOW, ids=lambda purpose: purpose.name)
def test_an_anchor_of_another_domain_is_found_out(
    purpose: Purpose, in_use: bool
) -> None:
    """Timestamps are compared where nodes make them, or not compared where they do not."""
    result = run_case_in_memory(
        purpose,
        BY_NODES if in_use else reference_declaration(),
        settings=lambda told: told.model_copy(
            update={"mobile_node_generated_timestamp_in_use": not in_use}
        ),
    )
    assert result.verdict is Verdict.FAIL
