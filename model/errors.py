"""The one root error of pmip6."""


class Pmip6Error(Exception):
    """Bad input, told in one line: the place, the reason and the fix.

    Args:
        place: File, line, key or argument that is wrong, as the user wrote it.
        reason: What is wrong there.
        fix: What to do about it.
        exit_code: Exit code of the command line that meets it: 2 for usage and
            declarations, 3 for what could not be decided.
    """

    def __init__(
        self, place: str, reason: str, fix: str = "", *, exit_code: int = 2
    ) -> None:
        self.place = place
        self.reason = reason
        self.fix = fix
        self.exit_code = exit_code
        super().__init__(self.line())

    def line(self) -> str:
        """The error as one line."""
        fix = f" ({self.fix})" if self.fix else ""
        return f"{self.place}: {self.reason}{fix}"
