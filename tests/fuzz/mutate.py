"""Change what a system really sends into what nobody should."""

import json
from random import Random
from typing import Any

#: Values that have broken programs before: limits of numbers, texts no database keeps, shapes nobody expects.
NASTY: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    -(2**63) - 1,
    10**30,
    "",
    " ",
    "\0",
    "\ud7ff",
    "\uffff",
    "🫖" * 3,
    "%s%n{0}",
    "null",
    "NaN",
    "Infinity",
    "-0",
    "1e9999",
    "1e-9999",
    "1e999999999",
    "9" * 400,
    "9" * 5000,
    "0x10",
    "²",
    "٣",
    "1_000",
    "1,5",
    "../../etc/passwd",
    "'; DROP TABLE job; --",
    "<script>alert(1)</script>",
    "gid://shopify/Order/",
    "gid://shopify/Order/1/2",
    "gid:",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30T00:00:00Z",
    "0000-00-00 00:00:00",
    "9999-12-31 23:59:59",
    "x" * 10_000,
    [],
    {},
    [[]],
    [None],
    {"": None},
    [0, "x"],
    [[1, "a"]] * 3,
)
#: Numbers as JSON writes them, past what any float holds.
NUMBERS = (
    b"1e999999999",
    b"-1e400",
    b"1e-999999999",
    b"0." + b"0" * 400 + b"1",
    b"9" * 400,
    b"9" * 6000,
    b"-0",
    b"1E5",
    b"NaN",
    b"1e",
)
HEADERS = (
    "",
    " ",
    "0",
    "-1",
    "²",
    "1e309",
    "nan",
    "inf",
    "9" * 400,
    "9" * 5000,
    "Wed, 21 Oct 2015 07:28:00 GMT",
    "yesterday",
    "\x80\xff",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Wed, 21 Oct 99999 07:28:00 GMT",
    "x" * 5000,
    "Wed, 21 Oct 2015 07:28:00 +9999",
    "Wed, 21 Oct 2015 07:28:00 +999999999999",
    "0001-01-01T00:00:00+14:00",
    "2026-11-20T10:00:00+23:59",
    ",,,",
    "10.0.0.1, ::1",
    "fe80::1%eth0",
)


def value(random: Random, found: Any, depth: int = 0) -> Any:
    """Change one place in a JSON value, mostly a leaf."""
    if isinstance(found, dict) and found and random.random() < 0.9:
        key = random.choice(list(found))
        what = random.random()
        if what < 0.08:
            return {name: each for name, each in found.items() if name != key}
        if what < 0.1:
            return {**found, str(random.choice(NASTY)): random.choice(NASTY)}
        return {**found, key: value(random, found[key], depth + 1)}
    if isinstance(found, list) and found and random.random() < 0.85:
        place = random.randrange(len(found))
        what = random.random()
        if what < 0.1:
            return found[:place] + found[place + 1 :]
        if what < 0.15:
            return found + [found[place]] * random.choice((1, 3))
        return [*found[:place], value(random, found[place], depth + 1), *found[place + 1 :]]
    if isinstance(found, str) and found and random.random() < 0.3:
        place = random.randrange(len(found))
        return (
            found[:place]
            + random.choice(("", "\0", "é", "9" * 40, "-", ".", "e", "/"))
            + found[place + random.choice((0, 1)) :]
        )
    return random.choice(NASTY)


def body(random: Random, genuine: bytes) -> bytes:
    """Change a body: mostly its content, sometimes its numbers or its bytes, seldom all of it."""
    what = random.random()
    if what < 0.75:
        try:
            found = json.loads(genuine)
            for _ in range(random.choice((1, 1, 1, 2, 4))):
                found = value(random, found)
            return json.dumps(found, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
        except ValueError:
            pass
    if what < 0.85:
        return _number(random, genuine)
    if what < 0.95:
        return flipped(random, genuine)
    return random.choice(
        (
            b"",
            b"null",
            b"[]",
            b"{}",
            b"0",
            b'""',
            b"<html>",
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b"\xff\xfe",
            b"{" + genuine,
            genuine[: len(genuine) // 2],
            b"[" * 900 + b"]" * 900,
        )
    )


def _number(random: Random, genuine: bytes) -> bytes:
    places = [at for at, letter in enumerate(genuine) if 48 <= letter <= 57 and genuine[at - 1 : at] in b": ,["]
    if not places:
        return flipped(random, genuine)
    at = end = random.choice(places)
    while end < len(genuine) and genuine[end] in b"0123456789.eE+-":
        end += 1
    return genuine[:at] + random.choice(NUMBERS) + genuine[end:]


def flipped(random: Random, genuine: bytes) -> bytes:
    changed = bytearray(genuine or b"x")
    for _ in range(random.choice((1, 2, 8, 64))):
        at = random.randrange(len(changed))
        what = random.random()
        if what < 0.5:
            changed[at] ^= 1 << random.randrange(8)
        elif what < 0.7:
            del changed[at : at + random.choice((1, 4, 100))]
        else:
            changed[at:at] = random.choice(
                (b"\0", b"\xff", b'"', b"}", b"\r\n", random.randbytes(4), bytes(changed[:50]))
            )
        changed = changed or bytearray(b"x")
    return bytes(changed)


def text(random: Random, genuine: str) -> str:
    """Change a text file, such as a project's."""
    lines = genuine.splitlines()
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(lines)) if lines else 0
        what = random.random()
        if what < 0.5 and lines and "=" in lines[at]:
            key = lines[at].partition("=")[0]
            odd = random.choice(NASTY)
            written = (
                json.dumps(odd)
                if odd is not None
                else random.choice(("", "1979-05-27", "07:32:00", "inf", "nan", "0xff"))
            )
            lines[at] = f"{key}= {written}"
        elif what < 0.6:
            lines[at : at + 1] = []
        elif what < 0.7:
            lines.insert(at, random.choice(lines or ["x"]))
        else:
            lines[at : at + 1] = [flipped(random, (lines[at] if lines else "").encode()).decode("utf-8", "replace")]
    return "\n".join(lines)


def header(random: Random, genuine: str) -> str:
    """Change what a header says."""
    if random.random() < 0.6 or not genuine:
        return random.choice(HEADERS)
    return flipped(random, genuine.encode()).decode("latin-1").translate({0: None, 10: None, 13: None})
