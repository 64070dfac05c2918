"""What the LMA is configured with: RFC 5213, section 9.1, and its local policies."""

from __future__ import annotations

import fnmatch
import tomllib
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

SUBTYPE_NAI = 1


@dataclass(frozen=True)
class NodePolicy:
    """What a mobile node may do: if it is served, by which gateways, with which prefixes."""

    enabled: bool = True
    mags: frozenset[IPv6Address] | None = None  # None: every listed gateway
    prefixes: frozenset[IPv6Network] = frozenset()  # its own
    from_pool: int = 1  # how many prefixes a session gets when it has none of its own


@dataclass(frozen=True)
class Settings:
    """Section 9.1 and local policies; times in seconds, lifetimes in units of 4 s."""

    address: IPv6Address
    mags: frozenset[IPv6Address]
    pool: tuple[IPv6Network, ...]
    nodes: tuple[tuple[str, NodePolicy], ...]
    max_lifetime: int = 0xFFFF
    min_delay_before_bce_delete: float = 10.0
    timestamp_validity_window: float = 0.3
    mobile_node_generated_timestamp: bool = False
    errors_per_second: int = 10

    def policy_of(self, mn_identifier: bytes) -> NodePolicy | None:
        """The policy of a node by its identifier; None for a node that is not known, or no NAI."""
        name = mn_identifier[1:].decode("utf-8", "replace")
        if mn_identifier[0] != SUBTYPE_NAI or not name:
            return None
        for pattern, policy in self.nodes:
            if fnmatch.fnmatchcase(name, pattern):
                return policy
        return None


def read_settings(path: Path) -> Settings:
    """The settings in a TOML file; a key that is missing has the default of section 9.1."""
    raw = tomllib.loads(path.read_text())
    nodes: list[tuple[str, NodePolicy]] = []
    for pattern, node in raw["nodes"].items():
        mags = frozenset(map(IPv6Address, node["mags"])) if "mags" in node else None
        prefixes = frozenset(map(IPv6Network, node.get("prefixes", [])))
        policy = NodePolicy(
            node.get("enabled", True), mags, prefixes, node.get("from_pool", 1)
        )
        nodes.append((pattern, policy))
    owned = IPv6Network(raw["prefixes"]["owned"])
    aggregate = IPv6Network(raw["prefixes"]["pool"])
    pool = tuple(aggregate.subnets(new_prefix=raw["prefixes"]["length"]))
    for prefix in (*pool, *(p for _, policy in nodes for p in policy.prefixes)):
        if not prefix.subnet_of(owned):
            raise ValueError(
                f"{path}: prefix {prefix} is not in {owned}; correct [prefixes]"
            )
    return Settings(
        IPv6Address(raw["address"]),
        frozenset(map(IPv6Address, raw["mags"])),
        pool,
        tuple(nodes),
        **raw.get("limits", {}),
    )
