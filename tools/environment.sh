#!/bin/sh
# Make the environment the Makefile works in: tools/environment.sh DIRECTORY runtime|dev
#
# Installs exactly what requirements/*.txt pin, checked by hash, and the checkout itself in editable form.
# uv is used when it is on the path because it is faster; pip does the same when it is not, or when uv cannot
# reach what pip can (it does not read pip's configuration).
set -eu

venv=$1
kind=$2
pins="requirements/$kind.txt"
oldest="3.11"

say() { printf '%s\n' "$*" >&2; }
fail() { say "isthmus: $*"; exit 1; }

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

has_venv() {
    "$1" -c 'import venv, ensurepip' >/dev/null 2>&1
}

# A Python that can make environments by itself is better than a newer one that cannot.
find_python() {
    for wanted in has_venv true; do
        for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
            if command -v "$name" >/dev/null 2>&1 && is_new_enough "$name" && "$wanted" "$name"; then
                # The real program behind a version switcher's shim, so that the environment does not depend on the shim.
                "$name" -c 'import sys; print(sys.executable)'
                return 0
            fi
        done
    done
    return 1
}

make_venv() {
    python=$(find_python) || fail "no Python $oldest or newer was found.
Install one (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13),
or name one: make PYTHON=/path/to/python3.13 ..."
    say "isthmus: making $venv with $("$python" --version)"
    if command -v uv >/dev/null 2>&1 && uv venv --quiet --clear --no-python-downloads --python "$python" "$venv" 2>/dev/null; then
        return 0
    fi
    if ! has_venv "$python"; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        fail "$python has no venv module.
Debian and Ubuntu keep it apart: apt install python3-venv (or python$version-venv). Alpine: apk add python3 py3-pip."
    fi
    "$python" -m venv --clear "$venv"
}

with_uv() {
    command -v uv >/dev/null 2>&1 || return 1
    # The system's certificates, as pip uses them: a company's own proxy is known there.
    VIRTUAL_ENV="$venv" UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" uv pip install --quiet "$@" || { say "isthmus: uv could not do it, trying pip"; return 1; }
}

with_pip() {
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$venv/bin/python" -m ensurepip --default-pip >/dev/null 2>&1 ||
            fail "pip is missing in $venv and cannot be added: remove $venv, install python3-venv, try again"
    fi
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install --quiet --use-pep517 "$@"
}

install() { with_uv "$@" || with_pip "$@"; }

if ! [ -x "$venv/bin/python" ] || ! is_new_enough "$venv/bin/python"; then
    make_venv
fi
say "isthmus: installing $pins into $venv (the first time takes a minute or two)"
# What runs comes first and brings the build backends; with them in place nothing unpinned is fetched to build the rest.
install --require-hashes -r requirements/runtime.txt
if [ "$kind" = dev ]; then
    install --require-hashes --no-build-isolation -r "$pins"
fi
# The checkout itself, as a link to its sources.
install --no-deps --no-build-isolation -e .

touch "$venv/.runtime-stamp"
if [ "$kind" = dev ]; then
    touch "$venv/.dev-stamp"
fi
