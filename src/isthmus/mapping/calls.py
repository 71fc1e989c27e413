"""Calls in expressions: functions, code tables and the project's hooks."""

import ast
from typing import TYPE_CHECKING

from isthmus.kit.names import nearest
from isthmus.mapping import days, texts
from isthmus.mapping.errors import NoAnswer
from isthmus.mapping.functions import FUNCTIONS, TAKEN, Function
from isthmus.mapping.hooks import Signature, fitting, signature
from isthmus.mapping.shapes import ANY, TEXT, TRUTH, Kind, Shape
from isthmus.mapping.tables import KNOWN

if TYPE_CHECKING:
    from isthmus.mapping.compiler import Compiler

Made = tuple[ast.expr, Shape]
#: At worst a pattern reads a text as often as it has steps; so many of them are one expression's share.
MOST_PATTERNS = 6
#: Which argument is a zone: it is looked up here, so that nothing is when the expression runs.
_ZONES = {"day": 1, "moment": 1, "written": 2}
#: Beside the functions of the table.
LOOKS = ("lookup", "known")


def called(compiler: "Compiler", node: ast.Call, depth: int) -> Made:
    """A function, a code table or a hook."""
    if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
        raise compiler.fail(node, "a function takes plain arguments, without names or stars")
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "hooks":
        return _hook(compiler, node, node.func.attr, depth)
    if not isinstance(node.func, ast.Name):
        raise compiler.fail(node, "only functions are called, such as upper(shipping_to.city)")
    name = node.func.id
    if name in LOOKS:
        return _lookup(compiler, node, name, depth)
    if name not in FUNCTIONS:
        raise compiler.fail(node, f"there is no function {name!r}{nearest(name, (*FUNCTIONS, *LOOKS))}")
    return _function(compiler, node, name, FUNCTIONS[name], depth)


def _function(compiler: "Compiler", node: ast.Call, name: str, function: Function, depth: int) -> Made:
    least, most = len(function.takes) - function.spare, len(function.takes)
    if len(node.args) < least or (len(node.args) > most and not function.many):
        wanted = least if least == most else f"{least} to {most}"
        raise compiler.fail(node, f"{name} takes {wanted} values: {function.example}")
    made: list[ast.expr] = []
    shapes: list[Shape] = []
    for place, argument in enumerate(node.args):
        takes = function.takes[min(place, most - 1)]
        code, shape = compiler.emit(argument, depth)
        if place in function.fixed:
            code = _fixed(compiler, argument, name, place)
        if shape.kind not in TAKEN[takes] and shape.kind not in (Kind.ANY, Kind.EMPTY):
            raise compiler.fail(argument, f"{name} takes {takes.value} there, not {shape}: {function.example}")
        made.append(compiler.bare(code) if takes is Kind.LIST else code)
        shapes.append(shape)
    gives = function.gives
    compiler.names[f"_f_{name}"] = function.run
    return compiler.call(f"_f_{name}", *made), gives(shapes) if callable(gives) else gives


def _written(compiler: "Compiler", node: ast.expr, name: str) -> str:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise compiler.fail(node, f"{name} needs this written out in quotes, so that it can be checked before it runs")
    return node.value


def _fixed(compiler: "Compiler", node: ast.expr, name: str, place: int) -> ast.expr:
    """Return the code of an argument that is looked at now: a pattern made ready, a zone that exists, a form."""
    text = _written(compiler, node, name)
    try:
        if name in ("find", "matches"):
            compiler.patterns += 1
            if compiler.patterns > MOST_PATTERNS:
                raise compiler.fail(node, f"more than {MOST_PATTERNS} patterns in one expression")
            return compiler.held(texts.compiled(text))
        if _ZONES.get(name) == place:
            days.zone_of(text)
    except NoAnswer as wrong:
        raise compiler.fail(node, str(wrong)) from None
    return ast.Constant(text)


def _lookup(compiler: "Compiler", node: ast.Call, name: str, depth: int) -> Made:
    fewest, most = 2, 3 if name == "lookup" else 2
    if not fewest <= len(node.args) <= most:
        raise compiler.fail(node, f'{name}("table", value{", otherwise" if name == "lookup" else ""})')
    table = _written(compiler, node.args[0], name)
    if table not in compiler.scope.tables.rows and table not in KNOWN:
        message = f"there is no code table {table!r}{nearest(table, compiler.scope.tables.rows)}"
        raise compiler.fail(node.args[0], f"{message}: [tables.{table}] or tables/{table}.csv")
    compiler.tables.add(table)
    own = compiler.held(compiler.scope.tables)
    made = [compiler.emit(each, depth)[0] for each in node.args[1:]]
    if name == "known":
        return compiler.call("_is_known", own, ast.Constant(table), *made), TRUTH
    return compiler.call("_looked_up", own, ast.Constant(table), *made), TEXT


def _hook(compiler: "Compiler", node: ast.Call, name: str, depth: int) -> Made:
    hooks = compiler.scope.hooks
    if name not in hooks:
        raise compiler.fail(node, f"hooks.py has no function {name!r}{nearest(name, hooks)}")
    try:
        signed = signature(name, hooks[name])
    except NoAnswer as wrong:
        raise compiler.fail(node, str(wrong)) from None
    if not signed.least <= len(node.args) <= len(signed.takes):
        raise compiler.fail(node, f"hooks.{name} takes {signed.count} values")
    compiler.hooks.add(name)
    made = [_handed(compiler, signed, place, each, depth) for place, each in enumerate(node.args)]
    function, sheet = compiler.held(hooks[name]), compiler.held(signed)
    return compiler.call("_hooked", function, sheet, *made), signed.gives


def _handed(compiler: "Compiler", signed: Signature, place: int, node: ast.expr, depth: int) -> ast.expr:
    made, shape = compiler.emit(node, depth)
    takes = signed.takes[place]
    if not fitting(takes, shape):
        raise compiler.fail(node, f"hooks.{signed.name} takes {takes} there, not {shape}")
    if shape.kind in (Kind.PART, Kind.CUSTOM) or (shape.inner or ANY).kind is Kind.PART:
        compiler.reads_all(node)
    return made
