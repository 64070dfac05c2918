"""Proofs for any size that several tests share: each is made once."""

from __future__ import annotations

import pytest

from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.prove_any_size import SETTINGS


@pytest.fixture(scope="session")
def plain() -> AnySize:
    """Proofs without features; those of rules that a mutant leaves alone are made once."""
    return AnySize()


@pytest.fixture(scope="session")
def largest() -> AnySize:
    """Likewise with the most features of RFC 5213."""
    return AnySize(dict.fromkeys(SETTINGS["several interfaces"], True))


@pytest.fixture(scope="session")
def handovers() -> AnySize:
    """Likewise with fast handover."""
    return AnySize(dict.fromkeys(SETTINGS["fast handover"], True))
