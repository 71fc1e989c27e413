"""What a working process wrote and when it had it on disk, seen at the border to the kernel.

`strace` tells each write with its bytes, and each wait for the disk; nothing of Isthmus is changed or replaced.
"""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = "pwrite64,write,writev,sendto,sendmsg,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,openat"
_LINE = re.compile(
    rb"^(?P<at>\d+\.\d+) (?P<call>\w+)\((?P<said>.*)\) += (?P<result>-?\d+)\S*(?: .*?)?<(?P<took>[\d.]+)>$"
)
_FD = re.compile(rb"^(?:\d+|AT_FDCWD)(?:<(?P<path>.*?)>)?(?=[,)]|$)")
_TEXT = re.compile(rb'"(?P<text>(?:\\x[0-9a-f]{2})*)"(?P<cut>\.\.\.)?')
REFERENCE = "client_order_ref"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a process did to a file of the folder, or a create it sent; times are seconds of the wall clock."""

    kind: str  # write, truncate, sync, create (of a file), remove, sent
    began: float
    ended: float
    name: str = ""  # the file's, empty for the folder itself; what was created, for `sent`
    offset: int = 0
    body: bytes = b""


def strace(prefix: Path) -> Sequence[str]:
    """Return what to put before a command so that each of its threads is recorded in a file of its own."""
    return ["strace", "-ff", "-ttt", "-T", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(prefix)]


def usable() -> bool:
    """Tell whether this machine has it."""
    return shutil.which("strace") is not None


def events(prefix: Path, folder: Path) -> list[Event]:
    """Return what was done, in order."""
    found = [event for file in prefix.parent.glob(f"{prefix.name}.*") for event in _of_thread(file, folder)]
    # A wait for the disk counts from its end, and only for what was written before it began.
    return sorted(found, key=lambda event: event.ended if event.kind == "sync" else event.began)


def _of_thread(file: Path, folder: Path) -> Iterator[Event]:
    with file.open("rb") as lines:
        for line in lines:
            if (match := _LINE.match(line.rstrip())) and int(match["result"]) >= 0:
                yield from _read(match, str(folder).encode())


def _read(match: re.Match[bytes], folder: bytes) -> Iterator[Event]:
    call, said, result = match["call"].decode(), match["said"], int(match["result"])
    began = float(match["at"])
    when = (began, began + float(match["took"]))
    if call in ("unlink", "unlinkat", "rename"):
        texts = [_bytes(each["text"]) for each in _TEXT.finditer(said)]
        assert call != "rename" or not texts[0].startswith(folder), "a rename in the database's folder is not known"
        if texts[0].startswith(folder + b"/"):
            yield Event("remove", *when, texts[0].rpartition(b"/")[2].decode())
        return
    if call == "openat":
        path = _bytes(_TEXT.search(said)["text"])  # type: ignore[index]
        if b"O_CREAT" in said and path.startswith(folder + b"/"):
            yield Event("create", *when, path.rpartition(b"/")[2].decode())
        return
    fd = _FD.match(said)
    path = _path(fd["path"]) if fd and fd["path"] else b""
    if path.startswith((b"socket:", b"TCP:")):
        yield from (Event("sent", *when, name) for name in _creates(said))
    elif path == folder and call in ("fsync", "fdatasync"):
        yield Event("sync", *when)
    elif path.startswith(folder + b"/"):
        yield _on_file(call, said, result, path.rpartition(b"/")[2].decode(), when)


def _on_file(call: str, said: bytes, result: int, name: str, when: tuple[float, float]) -> Event:
    if call in ("fsync", "fdatasync"):
        return Event("sync", *when, name)
    if call == "ftruncate":
        return Event("truncate", *when, name, int(said.rpartition(b", ")[2]))
    assert call in ("pwrite64", "write"), f"{call} to {name} is not known"
    text = _TEXT.search(said)
    assert text is not None
    assert not text["cut"], "strace left something out"
    offset = int(said.rpartition(b", ")[2]) if call == "pwrite64" else 0
    return Event("write", *when, name, offset, _bytes(text["text"])[:result])


def _creates(said: bytes) -> list[str]:
    """Return the references of the orders a request creates: a `load` names its columns apart from its rows."""
    body = b"".join(_bytes(each["text"]) for each in _TEXT.finditer(said))
    try:
        told = json.loads(body[body.find(b"{") : body.rfind(b"}") + 1] or b"{}")
    except ValueError:
        return []
    if not isinstance(told, dict) or REFERENCE not in told.get("fields", ()):
        return []
    return [row[told["fields"].index(REFERENCE)] for row in told.get("data", ())]


def _bytes(text: bytes) -> bytes:
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


def _path(text: bytes) -> bytes:
    return _bytes(text) if text.startswith(b"\\x") else text
