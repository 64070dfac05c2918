"""Mutants of fast handover that nothing notices and no argument covers, with the reason."""

WHY_THEY_SURVIVE: dict[str, str] = {}
