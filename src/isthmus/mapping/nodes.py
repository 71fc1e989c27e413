"""Small questions to the nodes of an expression, and small pieces of code made of them."""

import ast


def place(node: ast.expr) -> int | None:
    """Return a whole number as written, with a minus or without."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return None if (found := place(node.operand)) is None else -found
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def if_there(base: ast.expr, node: ast.Attribute) -> ast.expr:
    """Return the code of a field of a group that may not be there; what is called is called once."""
    if not any(isinstance(each, ast.Call) for each in ast.walk(base)):
        return _unless_none(base, node)
    it = ast.arguments(posonlyargs=[], args=[ast.arg(arg="_it")], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Call(ast.Lambda(it, _unless_none(ast.Name("_it", ast.Load()), node)), [base], [])


def _unless_none(base: ast.expr, node: ast.Attribute) -> ast.expr:
    found = ast.copy_location(ast.Attribute(base, node.attr, ast.Load()), node)
    return ast.IfExp(ast.Compare(base, [ast.Is()], [ast.Constant(None)]), ast.Constant(None), found)


def dotted(node: ast.Attribute) -> tuple[ast.expr, str]:
    """Return what the field is read from, and its name: of custom fields `custom.attributes.gift` is one name."""
    names, at = [node.attr], node.value
    while isinstance(at, ast.Attribute) and at.attr != "custom":
        names.append(at.attr)
        at = at.value
    if isinstance(at, ast.Attribute) or (isinstance(at, ast.Name) and at.id == "custom"):
        return at, ".".join(reversed(names))
    return node.value, node.attr


def path(node: ast.expr) -> str:
    """Return how a field is reached, such as `shipping_to.region`."""
    if isinstance(node, ast.Attribute):
        return f"{path(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return f"{path(node.value)}[]"
    return node.id if isinstance(node, ast.Name) else "()"
