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

ROUTERS = {
    "named-routers": (5456, 18104, 33),
    "named-routers-anchor-restart": (12806, 53894, 34),
    "named-routers-gateway-restart": (9872, 53624, 33),
    "routers-named-again": (5104, 17072, 33),
}
"""Anchors that name the link-local address of gateways."""

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
    "forgotten-timestamps": (841, 3302, 19),
    "no-restart": (99, 1049, 7),
}
"""What all others leave out."""

OVERTAKING = {
    "late-waiting": (102537, 519720, 9),
    "late-prefix-sets": (524, 2318, 6),
    "late-forwarding": (5660, 73060, 13),
    "late-interfaces+prefix-sets": (137324, 966158, 6),
    "late-interfaces+addresses": (29859, 157905, 10),
    "late-interfaces+forwarding": (824972, 15098568, 16),
    "late-interfaces+restarts": (268952, 1944924, 11),
    "late-interfaces+losses": (158640, 1184024, 10),
    "late-waiting+prefix-sets": (137564, 966742, 6),
    "late-waiting+addresses": (30003, 158265, 10),
    "late-waiting+forwarding": (831840, 15165478, 16),
    "late-waiting+restarts": (269424, 1946576, 11),
    "late-waiting+losses": (158876, 1184850, 10),
    "late-prefix-sets+addresses": (2820, 14786, 6),
    "late-prefix-sets+forwarding": (10478, 175820, 13),
    "late-prefix-sets+restarts": (52616, 446100, 9),
    "late-prefix-sets+losses": (30136, 271820, 9),
    "late-addresses+forwarding": (2125, 25189, 13),
    "late-addresses+restarts": (3439, 24374, 9),
    "late-addresses+losses": (2015, 14286, 9),
    "late-forwarding+restarts": (40520, 761422, 14),
    "late-forwarding+losses": (24856, 463206, 13),
}
"""Features of the anchor, alone and in pairs, with requests that overtake each other."""

GATEWAY_CORNERS = {
    "slow-answers": (6892, 145270, 18),
    "lost-backoff": (1884, 31242, 14),
    "handover-answers": (318964, 10905605, 37),
    "doubled-requests": (28802, 151486, 37),
    "no-gateway-restart": (5007, 25253, 29),
    "packets-end-to-end": (158, 884, 13),
    "slow-handovers": (10662, 40841, 37),
    "handovers-lost": (300735, 2126748, 47),
    "handovers-lost-lists-kept": (360977, 2539146, 45),
}
"""What all other gateways leave out."""

HANDOVER_CORNERS = {
    "two-handovers": (34160, 192989, 37),
    "two-later-handovers": (219745, 1301880, 43),
    "unexpected-packets": (101774, 460162, 40),
    "uplink-order": (667124, 3289758, 66),
    "early-commands": (195981, 795662, 74),
    "doubled-handovers": (1186226, 8357044, 52),
    "handovers-in-turn": (236276, 1565028, 48),
    "handover-backoff": (117727, 617598, 54),
    "handover-routes": (520587, 3125344, 46),
    "endless-handovers": (56091, 321821, 44),
}
"""What all other fast handovers leave out."""

GATEWAY_PAIRS = {
    "hints+altered-answers": (5008, 156499, 14),
    "hints+collisions": (2991, 59550, 12),
    "hints+clock": (1960, 37587, 13),
    "hints+numbers": (2081, 40566, 13),
    "hints+lifetimes": (2277, 42983, 13),
    "hints+solicitations": (1921, 37702, 13),
    "hints+spaced": (2120, 40994, 14),
    "hints+packets": (2551, 71102, 13),
    "hints+restarts": (10451, 64876, 32),
    "hints+losses": (7140, 44579, 29),
    "hints+slow-clock": (117078, 522708, 38),
    "altered-answers+collisions": (2840, 91583, 12),
    "altered-answers+clock": (1936, 60007, 14),
    "altered-answers+numbers": (2036, 63933, 14),
    "altered-answers+lifetimes": (2134, 64573, 14),
    "altered-answers+solicitations": (1916, 60233, 14),
    "altered-answers+spaced": (2056, 64234, 15),
    "altered-answers+packets": (2248, 86407, 14),
    "altered-answers+restarts": (1144, 28404, 12),
    "altered-answers+losses": (719, 17085, 10),
    "collisions+clock": (1160, 22636, 12),
    "collisions+numbers": (1220, 24112, 12),
    "collisions+lifetimes": (1258, 24502, 11),
    "collisions+solicitations": (1140, 22816, 12),
    "collisions+spaced": (1240, 24333, 12),
    "collisions+packets": (1424, 38480, 13),
    "collisions+restarts": (610, 9622, 11),
    "collisions+losses": (405, 6167, 8),
    "clock+numbers": (804, 15302, 13),
    "clock+lifetimes": (850, 15648, 13),
    "clock+solicitations": (740, 14130, 13),
    "clock+spaced": (816, 15433, 14),
    "clock+packets": (992, 25726, 13),
    "clock+restarts": (430, 6424, 11),
    "clock+losses": (294, 4217, 9),
    "numbers+lifetimes": (902, 16872, 13),
    "numbers+solicitations": (792, 15354, 13),
    "numbers+spaced": (804, 15305, 14),
    "numbers+packets": (1060, 27998, 13),
    "numbers+restarts": (424, 6379, 11),
    "numbers+losses": (309, 4554, 9),
    "lifetimes+solicitations": (838, 15700, 13),
    "lifetimes+spaced": (914, 17003, 14),
    "lifetimes+packets": (1106, 28860, 13),
    "lifetimes+restarts": (4346, 24459, 32),
    "lifetimes+losses": (2858, 16129, 29),
    "lifetimes+slow-clock": (59916, 261655, 44),
    "solicitations+spaced": (804, 15485, 14),
    "solicitations+packets": (964, 25450, 13),
    "solicitations+restarts": (4002, 22621, 32),
    "solicitations+losses": (2858, 16047, 29),
    "solicitations+slow-clock": (36070, 153867, 38),
    "spaced+packets": (1088, 28533, 14),
    "spaced+restarts": (4002, 22349, 32),
    "spaced+losses": (2858, 15883, 29),
    "spaced+slow-clock": (47310, 185758, 46),
    "packets+restarts": (810, 8246, 18),
    "packets+losses": (560, 5882, 18),
    "packets+slow-clock": (42291, 561673, 40),
    "restarts+slow-clock": (153242, 928884, 41),
    "losses+slow-clock": (89568, 540392, 45),
}
"""Every two features of gateways."""

GATEWAY_RESPONSES = {
    "responses+hints": (74087, 321294, 35),
    "responses+solicitations": (23104, 97108, 35),
    "responses+spaced": (23104, 90008, 35),
    "responses+restarts": (120080, 770557, 42),
    "responses+losses": (37548, 226450, 35),
    "responses+hints+solicitations": (74087, 349694, 35),
    "responses+hints+spaced": (74087, 321294, 35),
    "responses+hints+restarts": (379866, 2588253, 42),
    "responses+hints+losses": (110697, 719922, 35),
    "responses+solicitations+spaced": (23104, 97108, 35),
    "responses+solicitations+restarts": (120080, 802745, 42),
    "responses+solicitations+losses": (37548, 235482, 35),
    "responses+spaced+restarts": (120080, 770557, 42),
    "responses+spaced+losses": (37548, 226450, 35),
}
"""Features of gateways in runs without end, alone and in pairs."""

FAST_HANDOVERS = {
    "predictive": (62789, 257622, 57),
    "reactive": (620911, 2756218, 58),
    "small-buffers": (60957, 246058, 62),
    "handover-losses": (1231283, 8066962, 49),
    "handover-clocks": (400903, 2443556, 53),
    "early-advertisement": (206430, 923884, 48),
    "own-ways": (270520, 1331384, 48),
    "handover-restarts": (206145, 1374386, 47),
    "access-networks": (5445, 24335, 39),
    "pfmipv6": (5212997, 44176612, 65),
    "three-mags": (4897776, 42762591, 52),
}
"""Fast handover."""
