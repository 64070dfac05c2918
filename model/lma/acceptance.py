"""Requirements on what follows when a request is accepted.

The rules of the anchor that accept a request cite what makes it acceptable and what then
has to be done.  An answer that rejects it breaks only the former.
"""

UPON_ACCEPTANCE = frozenset(
    {
        "5213-5.1-1",
        "5213-5.3.2-2",
        "5213-5.3.2-7",
        "5213-5.3.2-12",
        "5213-5.3.3-1",
        "5213-5.3.3-2",
        "5213-5.3.4-1",
        "5213-5.3.4-8",
        "5213-5.3.5-2",
        "5213-5.3.5-3",
        "5213-8.9-x16",
    }
)
"""Source: RFC 5213, sections 5.3.2 to 5.3.5, each from where it speaks of accepting."""


def broken_by_rejecting(requirements: tuple[str, ...]) -> tuple[str, ...]:
    """Of what a rule that accepts cites, what an answer that rejects can break.

    It is all of it where nothing else is cited.
    """
    left = tuple(name for name in requirements if name not in UPON_ACCEPTANCE)
    return left or requirements
