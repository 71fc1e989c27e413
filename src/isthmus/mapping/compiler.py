"""From the text of an expression to a function: read, looked at node by node, and only then made code.

The text is Python's own syntax, of which a short list is allowed; what is not on it is refused before anything is
compiled. The code that comes out is built here from the nodes: it holds no name but the ones below and the parameters,
no attribute but fields of canonical records, and no built-in function.
"""

import ast
import itertools
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from isthmus.kit.names import nearest
from isthmus.mapping import numbers
from isthmus.mapping.agreeing import GROUPS, WITHIN, amounts, either, incomparable
from isthmus.mapping.calls import LOOKS, called
from isthmus.mapping.errors import CannotRead, Where
from isthmus.mapping.functions import FUNCTIONS
from isthmus.mapping.nodes import dotted, if_there, path, place
from isthmus.mapping.running import BASE, FREE
from isthmus.mapping.scope import Scope
from isthmus.mapping.shapes import ANY, EMPTY, NUMBER, TEXT, TRUTH, Kind, Shape, fields_of

#: No rule a person can read is longer; time and memory of an expression follow from these.
LONGEST, MOST_NODES, MOST_LISTS, DEEPEST = 2_000, 300, 4, 30
_MATH: dict[type[ast.operator], str] = {
    ast.Add: "_plus", ast.Sub: "_minus", ast.Mult: "_times", ast.Div: "_divided", ast.FloorDiv: "_whole",
    ast.Mod: "_rest",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compiled:
    """A function of a scope's records, the shape of what it gives, and what it reads: fields, tables and hooks."""

    run: Callable[..., Any]
    shape: Shape
    fields: frozenset[str]
    tables: frozenset[str]
    hooks: frozenset[str]
    #: The code itself and what its names mean: sections are made of it.
    body: ast.expr
    names: Mapping[str, Any]


@dataclass(slots=True)
class Compiler:
    """Turns one text into code, once."""

    scope: Scope
    where: Where
    text: str
    #: How many characters of the row stand before the text.
    lead: int = 0
    nodes: int = 0
    lists: int = 0
    patterns: int = 0
    #: Whether the list that is being read has work in it that grows with texts.
    metered: bool = False
    locals: dict[str, Shape] = field(default_factory=dict[str, Shape])
    fields: set[str] = field(default_factory=set[str])
    tables: set[str] = field(default_factory=set[str])
    hooks: set[str] = field(default_factory=set[str])
    names: dict[str, Any] = field(default_factory=lambda: dict(BASE))

    def compile(self) -> Compiled:
        """Return the function. Raises `CannotRead` with the column."""
        tree = self._parsed()
        made, shape = self.emit(tree.body, 0)
        parameters = [ast.arg(arg=name) for name in self.scope.names]
        body = ast.Lambda(
            args=ast.arguments(posonlyargs=[], args=parameters, kwonlyargs=[], kw_defaults=[], defaults=[]), body=made
        )
        code = compile(ast.fix_missing_locations(ast.Expression(body)), FILE, "eval", dont_inherit=True)
        run = eval(code, {"__builtins__": {}, **self.names})  # noqa: S307 - only nodes made below
        reads = frozenset(self.fields), frozenset(self.tables), frozenset(self.hooks)
        return Compiled(run, shape, *reads, made, self.names)

    def _parsed(self) -> ast.Expression:
        text = self.text
        if len(text) > LONGEST:
            message = f"longer than {LONGEST} characters"
            raise self.where.unreadable(message)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # such as `\d` in a pattern: what is meant is clear
                tree = ast.parse(text, FILE, "eval")
        except SyntaxError as wrong:
            message = f"not an expression: {wrong.msg}"
            # What ends too early is told of the line after the last.
            column = wrong.offset if wrong.offset and wrong.lineno == 1 else len(text) + 1
            raise self.where.at(self.lead + column).unreadable(message) from None
        except (RecursionError, MemoryError, ValueError):
            message = "not an expression"
            raise self.where.unreadable(message) from None
        return tree

    def fail(self, node: ast.AST, says: str) -> CannotRead:
        """Return an error that points at a node."""
        return CannotRead(says, self.where.at(self.lead + column_of(self.text, getattr(node, "col_offset", 0))))

    def emit(self, node: ast.expr, depth: int) -> tuple[ast.expr, Shape]:
        """Return the code of a node, with its place in the text, and its shape."""
        self.nodes += 1
        if self.nodes > MOST_NODES or depth > DEEPEST:
            raise self.fail(node, "too long to be understood: put a part of it into a row of its own, or into a hook")
        emitter = _EMITTERS.get(type(node))
        if emitter is None:
            raise self.fail(node, f"{type(node).__name__} has no place in an expression")
        made, shape = emitter(self, node, depth + 1)
        return ast.copy_location(made, node), shape

    def call(self, name: str, *arguments: ast.expr) -> ast.expr:
        """Return a call of one of our own names. Within a list its work is counted, if it grows with its values."""
        if self.locals and name not in FREE:
            self.metered = True
            return self.call("_spent", ast.Name("_meter", ast.Load()), ast.Name(name, ast.Load()), *arguments)
        return ast.Call(func=ast.Name(name, ast.Load()), args=list(arguments), keywords=[])

    def held(self, value: Any) -> ast.expr:
        """Return the code of a value that is made now, such as a number or a pattern."""
        name = f"_n{next(_NUMBERS)}"
        self.names[name] = value
        return ast.Name(name, ast.Load())

    def bare(self, code: ast.expr) -> ast.expr:
        """Return a list as it is gone through: for a function it need not be made one that never changes."""
        is_list = isinstance(code, ast.Call) and isinstance(code.func, ast.Name) and code.func.id == "_tuple"
        return code.args[0] if is_list and isinstance(code, ast.Call) else code

    # --- What stands for a value --------------------------------------------------------------------------------------

    def constant(self, node: ast.Constant, _depth: int) -> tuple[ast.expr, Shape]:
        """Text, number, true, false or none, as written."""
        value = node.value
        if value is None:
            return ast.Constant(None), EMPTY
        if isinstance(value, bool):
            return ast.Constant(value), TRUTH
        if isinstance(value, str):
            return self._said(node, value), Shape(Kind.TEXT, options=(value,))
        if isinstance(value, int | float):
            return self._number(node)
        raise self.fail(node, f"{type(value).__name__} has no place in an expression")

    def _said(self, node: ast.AST, text: str) -> ast.expr:
        if not text.isprintable() and any(not _sayable(each) for each in text):
            raise self.fail(node, "a text with control characters")
        return ast.Constant(text)

    def _number(self, node: ast.Constant) -> tuple[ast.expr, Shape]:
        written = ast.get_source_segment(self.text, node) or ""
        try:
            number = numbers.held(Decimal(written.replace("_", "")))
        except (InvalidOperation, ValueError):
            raise self.fail(node, "a number is written like 12 or 12.50") from None
        return self.held(number), NUMBER

    def name(self, node: ast.Name, _depth: int) -> tuple[ast.expr, Shape]:
        """A field of the record itself, a record, or an item of the list that is gone through."""
        if node.id in self.locals:
            return ast.Name(f"v_{node.id}", ast.Load()), self.locals[node.id]
        if node.id == "value":
            return ast.Name("value", ast.Load()), self.scope.value
        if node.id in self.scope.roots:
            return ast.Name(node.id, ast.Load()), Shape(Kind.PART, part=self.scope.roots[node.id])
        own = self.scope.roots[self.scope.own]
        if node.id in fields_of(own):
            self.fields.add(f"{self.scope.own}.{node.id}")
            return ast.Attribute(ast.Name(self.scope.own, ast.Load()), node.id, ast.Load()), fields_of(own)[node.id]
        known = [*self.locals, *self.scope.roots, *fields_of(own)]
        if node.id in FUNCTIONS:
            raise self.fail(node, f"{node.id} is a function: {FUNCTIONS[node.id].example}")
        raise self.fail(node, f"nothing is called {node.id!r} here{nearest(node.id, known)}")

    def attribute(self, node: ast.Attribute, depth: int) -> tuple[ast.expr, Shape]:
        """A field of a group, nothing where the group is not there; of custom fields also one with dots in its name."""
        holder, name = dotted(node)
        base, shape = self.emit(holder, depth)
        if shape.kind is Kind.CUSTOM:
            return self._custom(base, name, path(holder))
        if holder is not node.value:
            base, shape = self.emit(node.value, depth)
        if shape.kind not in GROUPS or shape.part is None:
            raise self.fail(node, f"{shape} has no fields: {node.attr!r} cannot be read from it")
        known = fields_of(shape.part)
        if node.attr not in known:
            raise self.fail(node, f"{shape.part.__name__} has no field {node.attr!r}{nearest(node.attr, known)}")
        self._reads(node)
        inner = known[node.attr]
        if not shape.optional:
            return ast.Attribute(base, node.attr, ast.Load()), inner
        return if_there(base, node), Shape(inner.kind, inner.inner, inner.part, optional=True, options=inner.options)

    def subscript(self, node: ast.Subscript, depth: int) -> tuple[ast.expr, Shape]:
        """A custom field by its name, or an item of a list by its place."""
        base, shape = self.emit(node.value, depth)
        inside = node.slice
        if shape.kind is Kind.CUSTOM and isinstance(inside, ast.Constant) and isinstance(inside.value, str):
            return self._custom(base, inside.value, path(node.value))
        if shape.kind is Kind.LIST and (number := place(inside)) is not None:
            inner = shape.inner or ANY
            taken = self.call("_item", base, ast.Constant(number))
            return taken, Shape(inner.kind, inner.inner, inner.part, optional=True, options=inner.options)
        raise self.fail(node, 'brackets take the name of a custom field, custom["..."], or a place in a list, lines[0]')

    def _custom(self, base: ast.expr, name: str, path: str) -> tuple[ast.expr, Shape]:
        self.fields.add(f"{self._rooted(path)}.{name}")
        return self.call("_custom", base, ast.Constant(name)), Shape(Kind.ANY, optional=True)

    def reads_all(self, node: ast.expr) -> None:
        """Note that something is handed over whole."""
        self.fields.add(self._rooted(path(node)))

    def _reads(self, node: ast.Attribute) -> None:
        self.fields.add(self._rooted(path(node)))

    def _rooted(self, path: str) -> str:
        head = path.partition(".")[0]
        return path if head in self.scope.roots or head in self.locals else f"{self.scope.own}.{path}"

    # --- What is made of values ---------------------------------------------------------------------------------------

    def binary(self, node: ast.BinOp, depth: int) -> tuple[ast.expr, Shape]:
        """Two values reckoned with."""
        name = _MATH.get(type(node.op))
        if name is None:
            raise self.fail(node, f"{type(node.op).__name__} has no place in an expression")
        left, one = self.emit(node.left, depth)
        right, other = self.emit(node.right, depth)
        kinds = {one.kind, other.kind}
        if kinds == {Kind.NUMBER}:
            return self.call(name, left, right), NUMBER
        if kinds == {Kind.TEXT} and name == "_plus":
            return self.call("_added", left, right), TEXT
        if not kinds <= {Kind.ANY, Kind.NUMBER, Kind.TEXT, Kind.MONEY, Kind.QUANTITY}:
            raise self.fail(node, f"{one} and {other} cannot be reckoned with")
        if Kind.TEXT in kinds and (name != "_plus" or not kinds <= {Kind.TEXT, Kind.ANY}):
            raise self.fail(node, f"{one} and {other} do not go together: text(...) makes a text, number(...) a number")
        if kinds & {Kind.MONEY, Kind.QUANTITY} and not amounts(name, one, other):
            raise self.fail(node, f"{one} and {other} do not go together: .amount or .value is the number")
        shape = one if one.kind in GROUPS else ANY
        return self.call("_math", ast.Constant(name), left, right), shape

    def unary(self, node: ast.UnaryOp, depth: int) -> tuple[ast.expr, Shape]:
        """`not`, or a minus."""
        inner, shape = self.emit(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return ast.UnaryOp(ast.Not(), inner), TRUTH
        if isinstance(node.op, ast.USub) and shape.kind is Kind.NUMBER:
            return self.call("_minus", ast.Name("_zero", ast.Load()), inner), NUMBER
        if isinstance(node.op, ast.USub) and shape.kind is Kind.ANY:
            return self.call("_math", ast.Constant("_minus"), ast.Name("_zero", ast.Load()), inner), NUMBER
        raise self.fail(node, f"no such sign before {shape}")

    def logic(self, node: ast.BoolOp, depth: int) -> tuple[ast.expr, Shape]:
        """`and` and `or`, as Python has them."""
        made = [self.emit(each, depth) for each in node.values]
        return ast.BoolOp(node.op, [each for each, _shape in made]), either([shape for _made, shape in made])

    def choice(self, node: ast.IfExp, depth: int) -> tuple[ast.expr, Shape]:
        """One value or the other."""
        test, _shape = self.emit(node.test, depth)
        body, one = self.emit(node.body, depth)
        otherwise, other = self.emit(node.orelse, depth)
        return ast.IfExp(test, body, otherwise), either([one, other])

    def compare(self, node: ast.Compare, depth: int) -> tuple[ast.expr, Shape]:
        """Values compared, one after the other."""
        left, shape = self.emit(node.left, depth)
        rights: list[ast.expr] = []
        for operator, each in zip(node.ops, node.comparators, strict=True):
            right, other = self.emit(each, depth)
            if says := incomparable(operator, shape, other):
                raise self.fail(each, says)
            if isinstance(operator, WITHIN):
                right = self.call("_within", right)
            rights.append(right)
            shape = other
        return ast.Compare(left, node.ops, rights), TRUTH

    def listing(self, node: ast.List | ast.Tuple, depth: int) -> tuple[ast.expr, Shape]:
        """A list as written."""
        made = [self.emit(each, depth) for each in node.elts]
        shapes = [shape for _made, shape in made]
        inner = either(shapes) if shapes else ANY
        return ast.Tuple([each for each, _shape in made], ast.Load()), Shape(Kind.LIST, inner)

    def mapped(self, node: ast.ListComp | ast.GeneratorExp, depth: int) -> tuple[ast.expr, Shape]:
        """Something of each item of a list."""
        self.lists += 1
        (generator, *more) = node.generators
        if more or generator.is_async or not isinstance(generator.target, ast.Name) or self.locals:
            raise self.fail(node, "one list at a time: for line in lines")
        if self.lists > MOST_LISTS:
            raise self.fail(node, f"more than {MOST_LISTS} lists in one expression")
        source, shape = self.emit(generator.iter, depth)
        if shape.kind not in (Kind.LIST, Kind.ANY):
            raise self.fail(generator.iter, f"{shape} is not a list")
        name = generator.target.id
        if name in _RESERVED or name in self.scope.names or name.startswith("_"):
            raise self.fail(generator.target, f"{name!r} means something else here: choose another name")
        self.locals[name], self.metered = shape.inner or ANY, False
        try:
            element, inner = self.emit(node.elt, depth)
            tests = [self.emit(each, depth)[0] for each in generator.ifs]
        finally:
            del self.locals[name]
        target = ast.Name(f"v_{name}", ast.Store())
        parts = [ast.comprehension(target, self.call("_items", self.bare(source)), tests, 0)]
        if self.metered:
            parts.insert(0, ast.comprehension(ast.Name("_meter", ast.Store()), self.call("_meters"), [], 0))
        made = ast.copy_location(ast.ListComp(element, parts), node)
        return self.call("_tuple", made), Shape(Kind.LIST, inner)

    def woven(self, node: ast.JoinedStr, depth: int) -> tuple[ast.expr, Shape]:
        """A text with values in it."""
        parts: list[ast.expr] = []
        sure = len(node.values) <= _FEW
        for each in node.values:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                parts.append(self._said(node, each.value))
            elif isinstance(each, ast.FormattedValue) and each.conversion == -1 and each.format_spec is None:
                made, shape = self.emit(each.value, depth)
                parts.append(made)
                sure = sure and shape.kind is Kind.TEXT and not shape.optional and not shape.options
            else:
                raise self.fail(node, "in braces stands a value alone: written(...) and round(...) give it a form")
        if not sure:
            return self.call("_glued", *parts), TEXT
        # All of them texts: Python puts them together itself, in a quarter of the time.
        woven: list[ast.expr] = [
            each if isinstance(each, ast.Constant) else ast.FormattedValue(each, -1) for each in parts
        ]
        return self.call("_held", ast.JoinedStr(woven)), TEXT


#: Names of what is made before an expression runs, each given once: expressions are put together in one function.
_NUMBERS = itertools.count()
#: So many texts are put together before it is looked how long they are.
_FEW = 8
#: What tracebacks call the code of expressions.
FILE = "<expression>"


#: Names with a meaning of their own, which no item of a list may take.
_RESERVED = frozenset({*FUNCTIONS, *LOOKS, "hooks", "value"})
#: Letters that turn the direction of writing: a reader would see another text than the one that runs.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def column_of(text: str, bytes_before: int) -> int:
    """Return the column of a place in a text, counted from 1 in characters, as Python tells it in bytes."""
    return len(text.encode("utf-8", "replace")[:bytes_before].decode("utf-8", "ignore")) + 1


def _sayable(letter: str) -> bool:
    return letter in "\n\r\t" or (unicodedata.category(letter) not in ("Cc", "Cs") and letter not in _TURNING)


_EMITTERS: dict[type[ast.expr], Callable[[Any, Any, int], tuple[ast.expr, Shape]]] = {
    ast.Constant: Compiler.constant, ast.Name: Compiler.name, ast.Attribute: Compiler.attribute,
    ast.Subscript: Compiler.subscript, ast.BinOp: Compiler.binary, ast.UnaryOp: Compiler.unary,
    ast.BoolOp: Compiler.logic, ast.IfExp: Compiler.choice, ast.Compare: Compiler.compare,
    ast.List: Compiler.listing, ast.Tuple: Compiler.listing, ast.ListComp: Compiler.mapped,
    ast.GeneratorExp: Compiler.mapped, ast.JoinedStr: Compiler.woven, ast.Call: called,
}  # fmt: skip
