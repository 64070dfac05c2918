"""The functions of properties/exploration/graph.c as ctypes declares them."""

from __future__ import annotations

import ctypes

Types = dict[str, tuple[list[object], object]]


def graph_types() -> Types:
    """Arguments and result of each function by its name."""
    pointer, number, wide = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64
    narrow, length = ctypes.c_uint32, ctypes.c_int64
    wides, narrows = ctypes.POINTER(wide), ctypes.POINTER(narrow)
    marks: list[object] = [number, number, number]  # trigger, goal, goal of a step
    return {
        "graph_draw": ([pointer, wide], number),
        "graph_free": ([pointer], None),
        "graph_steps": ([pointer], wide),
        "graph_state": ([pointer, narrow, wides], None),
        "graph_begin": ([pointer], narrow),
        "graph_target": ([pointer, wide], narrow),
        "graph_rule": ([pointer, wide], narrow),
        "graph_served": ([pointer, wide], wide),
        "graph_enabled": ([pointer, narrow], wide),
        "graph_has_mark": ([pointer, number], number),
        "graph_fair": ([pointer, *marks, wide, wide, narrows], length),
        "graph_stem": ([pointer, *marks, narrows, wides, wides], length),
        "graph_walk": (
            [pointer, number, number, narrows, narrow, narrow, narrow, number, wides],
            length,
        ),
    }
