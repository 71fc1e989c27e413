#!/bin/sh
# Compile pyproject.toml into requirements/*.txt: every package, every hash, for Python 3.11 and newer on any system.
#
# The files name no package index and no download address: where packages come from is the machine's own business,
# and the hashes make sure it does not matter. Run by `make pins`; `--upgrade` takes newer versions.
set -eu

uv=$(command -v uv || echo .venv/bin/uv)

compile() {
    target=$1
    shift
    "$uv" pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
        --no-config --output-file "requirements/$target.txt" "$@" pyproject.toml
}

compile runtime --group build "$@"
# The same versions of what runs, and the tools on top.
compile dev --group dev --constraint requirements/runtime.txt "$@"
