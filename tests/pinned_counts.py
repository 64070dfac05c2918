"""What the explorer counts in small configurations: states, transitions, depth.

The tests of properties/ explore each and compare; a fault of the rules that changes one of
these numbers does not pass them.
"""

SMALL = {
    "strangers": (196, 11844, 6),
    "rejections": (40368, 2483792, 11),
    "interfaces": (105092, 35765106, 10),
    "waiting": (52881, 405072, 9),
    "waiting-in-vain": (13195, 458346, 10),
    "sequences": (617890, 83950978, 7),
    "addresses": (20908, 535804, 8),
    "prefix-sets": (6760, 199368, 9),
    "forwarding": (6902, 395510, 13),
    "late-requests": (3358, 13620, 25),
    "other-readings": (2962, 10146, 25),
    "answers": (27126, 867612, 18),
}
"""The configurations that ship, but for the two large ones."""

PAIRS = {
    "interfaces+prefix-sets": (10316, 5916578, 7),
    "interfaces+sequences": (223682, 43813089, 13),
    "interfaces+addresses": (9603, 956577, 13),
    "interfaces+forwarding": (55110, 19051152, 13),
    "interfaces+restarts": (158024, 53834988, 14),
    "interfaces+losses": (105640, 36002524, 17),
    "waiting+prefix-sets": (10436, 267258, 7),
    "waiting+sequences": (3802594, 748404529, 18),
    "waiting+addresses": (9675, 62769, 13),
    "waiting+forwarding": (56208, 1582376, 13),
    "waiting+restarts": (106204, 955140, 14),
    "waiting+losses": (53182, 520382, 13),
    "prefix-sets+sequences": (7548, 1018554, 7),
    "prefix-sets+addresses": (420, 19626, 7),
    "prefix-sets+forwarding": (484, 22998, 7),
    "prefix-sets+restarts": (1064, 42324, 9),
    "prefix-sets+losses": (760, 30188, 11),
    "sequences+addresses": (3108, 133378, 7),
    "sequences+forwarding": (1886, 137289, 7),
    "sequences+restarts": (1650, 112059, 7),
    "sequences+losses": (1650, 112059, 7),
    "addresses+forwarding": (173, 2809, 7),
    "addresses+restarts": (279, 3242, 9),
    "addresses+losses": (199, 2306, 11),
    "forwarding+restarts": (938, 31460, 10),
    "forwarding+losses": (674, 22564, 11),
}
"""Every two features of the anchor."""

RESTARTS = {
    "restart-persisted": (125876, 734484, 42),
    "restart-persisted-handoff": (213872, 1112864, 45),
    "restart-no-timestamps": (125876, 734484, 42),
    "restart-no-timestamps-handoff": (279299, 1432937, 49),
    "restart-static": (38428, 219844, 35),
    "restart-static-handoff": (39867, 198649, 30),
    "restart-lost": (99300, 571304, 37),
    "restart-lost-handoff": (169777, 861561, 44),
}
"""Anchors that restart."""

GATEWAYS = {
    "gateway-restart-kept": (103044, 625796, 34),
    "gateway-restart-kept-handoff": (483498, 3262392, 53),
    "gateway-restart-lost": (39536, 238528, 33),
    "gateway-restart-lost-handoff": (182950, 1185816, 46),
    "slow-clock": (2760, 11937, 36),
    "skewed-clocks": (46338, 188075, 39),
    "gateway-packets": (19204, 289192, 25),
    "local-routing": (32548, 489736, 25),
}
"""Gateways that restart, whose clocks differ, and that pass user packets on."""

CORNERS = {
    "waiting-numbers": (84002, 16537395, 12),
    "waiting-assigned": (18499, 1197714, 11),
    "waiting-sessions": (403777, 23613856, 14),
    "waiting-forwarding": (13550, 580960, 13),
    "waiting-addresses": (4508, 114574, 13),
    "late-interfaces": (47548, 267638, 6),
    "two-sets": (40560, 1223248, 12),
    "two-numbered": (137500, 9289800, 10),
    "short-lifetime": (828, 3214, 20),
    "no-restart": (99, 1049, 7),
}
"""What all others leave out."""
