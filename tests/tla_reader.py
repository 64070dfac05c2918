"""A module of TLA+ evaluated: the states that its `Next` reaches, told apart by its `View`.

The syntax tree is that of the grammar of the TLA+ community (tree-sitter-tlaplus), which
knows nothing of pmip6.  What the trees mean is our own reading of TLA+, made from the
printed text alone: neither the terms of the model nor their printer are used here.  Only
the operators that exported modules have are known; any other stops with an error.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import tree_sitter_tlaplus
from tree_sitter import Language, Node, Parser

Value = Any  # str, int, bool, tuple, frozenset or Function: the values of TLA+
Env = dict[str, Value]
Meaning = Callable[[Env], Value]
NOW, NEXT = "$now", "$next"


class TlaError(Exception):
    """The module is wrong, or has what this reader does not know."""


class Function(dict[Value, Value]):
    """A function or a record; two with the same values are one."""

    def __hash__(self) -> int:  # type: ignore[override]  # never changed once made
        return hash(frozenset(self.items()))


@dataclass(frozen=True)
class Reached:
    """What a search found; `broken` names invariants and properties that fail."""

    states: int
    transitions: int
    depth: int
    broken: frozenset[str]


INFIX: dict[str, Callable[[Value, Value], Value]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "gt": lambda a, b: a > b,
    "leq": lambda a, b: a <= b,
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "cup": lambda a, b: a | b,
    "setminus": lambda a, b: a - b,
    "dots_2": lambda a, b: frozenset(range(a, b + 1)),
}


class Module:
    """A module by its definitions."""

    def __init__(self, text: str) -> None:
        tree = Parser(Language(_grammar())).parse(text.encode())
        if tree.root_node.has_error:
            raise TlaError(f"is no TLA+: {_first_error(tree.root_node)}")
        (module,) = (n for n in tree.root_node.named_children if n.type == "module")
        self.variables: list[str] = []
        self.definitions: dict[str, tuple[tuple[str, ...], Node]] = {}
        self._known: dict[int, Meaning] = {}
        self._nodes: list[Node] = []  # keeps the nodes, whose ids are keys
        for part in module.named_children:
            if part.type == "variable_declaration":
                self.variables += [_text(n) for n in part.named_children]
            elif part.type == "operator_definition":
                self._define(part)
        for params, body in self.definitions.values():
            self._no_name_twice(body, frozenset(params))

    def _define(self, part: Node) -> None:
        name = _text(_field(part, "name"))
        if name in self.definitions or name in self.variables:
            raise TlaError(f"{name} is defined twice")
        params = tuple(_text(n) for n in _fields(part, "parameter"))
        self.definitions[name] = (params, _field(part, "definition"))

    def _no_name_twice(self, node: Node, taken: frozenset[str]) -> None:
        """A name has one meaning in TLA+, unlike in other languages."""
        for name in taken:
            if name in self.definitions or name in self.variables:
                raise TlaError(f"{name} is bound, and has a definition")
        inner = taken
        for child in node.named_children:
            if child.type == "quantifier_bound":
                names = [_text(n) for n in _fields(child, "intro")]
                if inner & set(names):
                    raise TlaError(f"{names} are bound twice")
                inner |= set(names)
        for child in node.named_children:
            self._no_name_twice(child, inner)

    # ---- values ----------------------------------------------------------------------

    def meaning(self, node: Node) -> Meaning:
        """The value of an expression, of what its names stand for."""
        found = self._known.get(node.id)
        if found is None:
            found = self._known[node.id] = self._make(node)
            self._nodes.append(node)
        return found

    def _make(self, node: Node) -> Meaning:  # a case for each kind
        parts = _parts(node)
        match node.type:
            case "string":
                text = _text(node)[1:-1]
                return lambda e: text
            case "nat_number":
                number = int(_text(node))
                return lambda e: number
            case "boolean":
                truth = _text(node) == "TRUE"
                return lambda e: truth
            case "boolean_set":
                return lambda e: frozenset({False, True})
            case "parentheses":
                return self.meaning(parts[0])
            case "identifier_ref" | "bound_op":
                return self._name(node)
            case "conj_list" | "disj_list":
                of = [self.meaning(_parts(i)[-1]) for i in parts]
                if node.type == "conj_list":
                    return lambda e: all(f(e) for f in of)
                return lambda e: any(f(e) for f in of)
            case "bound_infix_op":
                return self._infix(node)
            case "bound_prefix_op":
                inner = self.meaning(_field(node, "rhs"))
                symbol = _field(node, "symbol").type
                if symbol == "lnot":
                    return lambda e: not inner(e)
                if symbol == "unchanged":
                    return lambda e: inner(e) == inner({**e, NOW: e[NEXT]})
                raise TlaError(f"the operator {symbol} is not known")
            case "bound_postfix_op":
                inner = self.meaning(_field(node, "lhs"))
                return lambda e: inner({**e, NOW: e[NEXT]})
            case "if_then_else":
                test, then, other = (
                    self.meaning(_field(node, n)) for n in ("if", "then", "else")
                )
                return lambda e: then(e) if test(e) else other(e)
            case "case":
                return self._case(parts)
            case "finite_set_literal":
                of = [self.meaning(p) for p in parts]
                return lambda e: frozenset(f(e) for f in of)
            case "tuple_literal":
                of = [self.meaning(p) for p in parts if "bracket" not in p.type]
                return lambda e: tuple(f(e) for f in of)
            case "record_literal":
                pairs = self._pairs(parts)
                return lambda e: Function({n: f(e) for n, f in pairs})
            case "record_value":
                record, name = self.meaning(parts[0]), _text(parts[1])
                return lambda e: record(e)[name]
            case "function_evaluation":
                return self._application(parts)
            case "function_literal":
                *bounds, body = (p for p in parts if p.type != "all_map_to")
                value = self.meaning(body)
                over = self._bounds(bounds)
                return lambda e: Function({key: value(inner) for key, inner in over(e)})
            case "except":
                return self._except(node)
            case "set_filter":
                over = self._bounds([_field(node, "generator")])
                keep = self.meaning(_field(node, "filter"))
                return lambda e: frozenset(k for k, inner in over(e) if keep(inner))
            case "set_map":
                over = self._bounds(_fields(node, "generator"))
                value = self.meaning(_field(node, "map"))
                return lambda e: frozenset(value(inner) for _, inner in over(e))
            case "bounded_quantification":
                over = self._bounds(_fields(node, "bound"))
                body = self.meaning(_field(node, "expression"))
                if _field(node, "quantifier").type == "forall":
                    return lambda e: all(body(inner) for _, inner in over(e))
                return lambda e: any(body(inner) for _, inner in over(e))
            case "choose":
                name = _text(_field(node, "intro"))
                among = self.meaning(_field(node, "set"))
                body = self.meaning(_field(node, "expression"))

                def chosen(e: Env) -> Value:
                    (one,) = (x for x in among(e) if body({**e, name: x}))
                    return one

                return chosen
            case kind:
                raise TlaError(f"{kind} is not known: {_text(node)[:60]}")

    def _infix(self, node: Node) -> Meaning:
        symbol = _field(node, "symbol").type
        left = self.meaning(_field(node, "lhs"))
        if symbol == "in":
            member = self._membership(_field(node, "rhs"))
            return lambda e: member(left(e), e)
        right = self.meaning(_field(node, "rhs"))
        if symbol == "land":
            return lambda e: left(e) and right(e)
        if symbol == "lor":
            return lambda e: left(e) or right(e)
        if symbol == "implies":
            return lambda e: not left(e) or right(e)
        if symbol not in INFIX:
            raise TlaError(f"the operator {symbol} is not known")
        operator = INFIX[symbol]
        return lambda e: operator(left(e), right(e))

    def _membership(self, node: Node) -> Callable[[Value, Env], bool]:
        """Whether a value is in a set, which may be too large to be written down."""
        parts = list(node.named_children)
        match node.type:
            case "boolean_set":
                return lambda x, e: isinstance(x, bool)
            case "nat_number_set":
                return lambda x, e: isinstance(x, int) and x >= 0
            case "bound_infix_op" if _field(node, "symbol").type in ("cup", "times"):
                sides = [self._membership(_field(node, n)) for n in ("lhs", "rhs")]
                if _field(node, "symbol").type == "cup":
                    return lambda x, e: any(s(x, e) for s in sides)
                raise TlaError("a product stands in a set of functions only")
            case "set_of_functions":
                domain, values = self._product(parts[0]), self._membership(parts[2])
                return lambda x, e: (
                    set(x) == domain(e) and all(values(v, e) for v in x.values())
                )
            case "set_of_records":
                names = [_text(p) for p in parts[::2]]
                sets = [self._membership(p) for p in parts[1::2]]
                return lambda x, e: (
                    sorted(x) == sorted(names)
                    and all(s(x[n], e) for n, s in zip(names, sets, strict=True))
                )
            case _:
                among = self.meaning(node)
                return lambda x, e: x in among(e)

    def _product(self, node: Node) -> Meaning:
        """The elements of a product of sets."""
        factors: list[Meaning] = []
        while node.type == "bound_infix_op" and _field(node, "symbol").type == "times":
            factors.insert(0, self.meaning(_field(node, "rhs")))
            node = _field(node, "lhs")
        factors.insert(0, self.meaning(node))
        if len(factors) == 1:
            return factors[0]

        def product(e: Env) -> Value:
            tuples: list[tuple[Value, ...]] = [()]
            for factor in factors:
                tuples = [(*t, x) for t in tuples for x in factor(e)]
            return set(tuples)

        return product

    def _name(self, node: Node) -> Meaning:
        if node.type == "identifier_ref":
            name, given = _text(node), list[Meaning]()
        else:
            name = _text(_field(node, "name"))
            given = [self.meaning(n) for n in _fields(node, "parameter")]
        if name == "Cardinality":
            return lambda e: len(given[0](e))
        if name in self.variables:
            return lambda e: e[NOW][name]
        if name not in self.definitions:
            return lambda e: e[name]
        params, body = self.definitions[name]
        if len(params) != len(given):
            raise TlaError(f"{name} takes {len(params)} arguments")
        made: list[Meaning] = []

        def value(e: Env) -> Value:
            made[:] = made or [self.meaning(body)]
            inner = {NOW: e[NOW], NEXT: e.get(NEXT)}
            inner |= {p: g(e) for p, g in zip(params, given, strict=True)}
            return made[0](inner)

        return value

    def _case(self, arms: list[Node]) -> Meaning:
        tests = [
            (self.meaning(a.named_children[0]), self.meaning(a.named_children[2]))
            for a in arms
            if a.type == "case_arm"
        ]

        def value(e: Env) -> Value:
            for test, then in tests:
                if test(e):
                    return then(e)
            raise TlaError("no case of a CASE holds")

        return value

    def _pairs(self, parts: list[Node]) -> list[tuple[str, Meaning]]:
        left = [p for p in parts if p.type != "all_map_to"]
        pairs = zip(left[::2], left[1::2], strict=True)
        return [(_text(name), self.meaning(value)) for name, value in pairs]

    def _application(self, parts: list[Node]) -> Meaning:
        function, *args = (self.meaning(p) for p in parts)

        def value(e: Env) -> Value:
            where = [a(e) for a in args]
            of: Value = function(e)
            if type(of) is tuple:
                parts = cast("tuple[Value, ...]", of)
                return parts[where[0] - 1]
            return of[_place(where)]

        return value

    def _except(self, node: Node) -> Meaning:
        old = self.meaning(_field(node, "expr_to_update"))
        changes: list[tuple[list[Meaning] | str, Meaning]] = []
        for update in node.named_children:
            if update.type != "except_update":
                continue
            (place,) = _field(update, "update_specifier").named_children
            value = self.meaning(_field(update, "new_val"))
            if place.type == "except_update_record_field":
                changes.append((_text(place.named_children[0]), value))
            else:
                changes.append(([self.meaning(p) for p in place.named_children], value))

        def changed(e: Env) -> Value:
            new = Function(old(e))
            for place, value in changes:
                key: Value = place
                if not isinstance(place, str):
                    key = _place([p(e) for p in place])
                if key not in new:
                    raise TlaError(f"EXCEPT at {key}, where there is no value")
                new[key] = value(e)
            return new

        return changed

    def _bounds(
        self, bounds: list[Node]
    ) -> Callable[[Env], Iterator[tuple[Value, Env]]]:
        names = [_text(n) for b in bounds for n in _fields(b, "intro")]
        sets = [self.meaning(_field(b, "set")) for b in bounds]
        if len(names) != len(sets):
            raise TlaError("a bound has one name")

        def over(e: Env) -> Iterator[tuple[Value, Env]]:
            keys: list[tuple[Value, ...]] = [()]
            for among in sets:
                keys = [(*k, x) for k in keys for x in among(e)]
            for key in keys:
                inner = {**e, **dict(zip(names, key, strict=True))}
                yield _place(key), inner

        return over

    # ---- steps -----------------------------------------------------------------------

    def steps(self, node: Node, e: Env) -> Iterator[Mapping[str, Value]]:
        """The values of the variables after each way in which an action can be taken."""
        parts = _parts(node)
        match node.type:
            case "parentheses":
                yield from self.steps(parts[0], e)
            case "disj_list":
                for item in parts:
                    yield from self.steps(_parts(item)[-1], e)
            case "conj_list":
                yield from self._all([_parts(i)[-1] for i in parts], e)
            case "bounded_quantification" if (
                _field(node, "quantifier").type == "exists"
            ):
                over = self._bounds(_fields(node, "bound"))
                for _, inner in over(e):
                    yield from self.steps(_field(node, "expression"), inner)
            case "identifier_ref" | "bound_op" if self._is_action(node):
                name = _text(node if not parts else _field(node, "name"))
                params, body = self.definitions[name]
                given = _fields(node, "parameter")
                values = {
                    p: self.meaning(g)(e) for p, g in zip(params, given, strict=True)
                }
                yield from self.steps(body, {NOW: e[NOW], NEXT: e[NEXT], **values})
            case "bound_infix_op" if _field(node, "lhs").type == "bound_postfix_op":
                name = _text(_field(_field(node, "lhs"), "lhs"))
                if name in e[NEXT] or _field(node, "symbol").type != "eq":
                    raise TlaError(f"{name}' has a value before: {_text(node)[:60]}")
                yield {**e[NEXT], name: self.meaning(_field(node, "rhs"))(e)}
            case "bound_prefix_op" if _field(node, "symbol").type == "unchanged":
                names = [_text(n) for n in _field(node, "rhs").named_children]
                same = {n: e[NOW][n] for n in names if n in self.variables}
                yield {**e[NEXT], **same}
            case _:
                if self.meaning(node)(e):
                    yield e[NEXT]

    def _all(self, items: list[Node], e: Env) -> Iterator[Mapping[str, Value]]:
        if not items:
            yield e[NEXT]
            return
        for following in self.steps(items[0], e):
            yield from self._all(items[1:], {**e, NEXT: following})

    def _is_action(self, node: Node) -> bool:
        """The name of a definition that speaks of the state after a step."""
        name = _text(node if node.type == "identifier_ref" else _field(node, "name"))
        return name in self.definitions and "'" in _text(self.definitions[name][1])

    def reach(
        self, invariants: list[str], properties: list[str], most: int = 10**6
    ) -> Reached:
        """Search all states, breadth first, and decide invariants and properties."""
        (first,) = self._first()
        view = self.meaning(self.definitions["View"][1])
        nxt = self.definitions["Next"][1]
        claims = {n: self.meaning(self.definitions[n][1]) for n in invariants}
        boxed = {n: self.meaning(_boxed(self.definitions[n][1])) for n in properties}
        seen = {view({NOW: first})}
        layer, depth, transitions = [first], 0, 0
        broken: set[str] = set()
        while layer:
            following: list[Mapping[str, Value]] = []
            for state in layer:
                broken |= {n for n, f in claims.items() if not f({NOW: state})}
                for after in self.steps(nxt, {NOW: state, NEXT: {}}):
                    if set(after) != set(self.variables):
                        raise TlaError("a step leaves a variable without a value")
                    transitions += 1
                    both = {NOW: state, NEXT: after}
                    broken |= {n for n, f in boxed.items() if not f(both)}
                    shown = view({NOW: after})
                    if shown not in seen:
                        seen.add(shown)
                        following.append(after)
            if len(seen) > most:
                raise TlaError(f"there are more than {most} states")
            layer = following
            depth += bool(layer)
        return Reached(len(seen), transitions, depth, frozenset(broken))

    def _first(self) -> Iterator[Mapping[str, Value]]:
        found: dict[str, Value] = {}
        for item in _parts(self.definitions["Init"][1]):
            equation = _parts(item)[-1]
            value = self.meaning(_field(equation, "rhs"))({NOW: {}})
            found[_text(_field(equation, "lhs"))] = value
        yield found


def _place(args: Sequence[Value]) -> Value:
    """Where a function of these arguments has its value: of several, at their tuple."""
    return tuple(args) if len(args) > 1 else args[0]


def _grammar() -> object:
    """The grammar as a capsule: its package hands out the bare address, the old form."""
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype = ctypes.py_object
    capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    made: object = capsule(
        tree_sitter_tlaplus.language(), b"tree_sitter.Language", None
    )
    return made


def _boxed(node: Node) -> Node:
    """The action in `[][action]_vars`."""
    box = next(n for n in (node, *node.named_children) if "stutter" in n.type)
    return box.named_children[0]


def _field(node: Node, name: str) -> Node:
    found = _fields(node, name)
    if not found:
        raise TlaError(f"{node.type} has no {name}")
    return found[0]


def _parts(node: Node) -> list[Node]:
    return [c for c in node.named_children if "comment" not in c.type]


def _fields(node: Node, name: str) -> list[Node]:
    return [n for n in node.children_by_field_name(name) if n.is_named]


def _text(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


def _first_error(node: Node) -> str:
    todo = [node]
    while todo:
        one = todo.pop()
        if one.type == "ERROR" or one.is_missing:
            return f"line {one.start_point[0] + 1}: {_text(one)[:60]}"
        todo.extend(one.children)
    return "unknown"
