"""The reference anchor, and the case, oracle and judge of anchors."""
