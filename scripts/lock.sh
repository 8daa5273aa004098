#!/bin/sh
# Resolve the dependencies of pyproject.toml into requirements/*.txt: every version, every hash,
# every platform, and no word about where they came from. Arguments go to the resolver.
set -eu
cd "$(dirname "$0")/.."

# The resolver never shares an environment with what it resolves.
resolver=$(mktemp -d)
trap 'rm -rf "$resolver"' EXIT
.venv/bin/python -m venv "$resolver"
"$resolver/bin/pip" install --quiet --disable-pip-version-check uv

resolve() {
    output=$1
    shift
    "$resolver/bin/uv" pip compile --quiet --universal --generate-hashes --no-header \
        --python-version 3.11 --output-file "requirements/$output.txt" "$@"
}

resolve build --group build "$@"
resolve run pyproject.toml "$@"
# The tests run on the very versions that the service runs on.
resolve develop pyproject.toml --group develop --constraint requirements/run.txt "$@"
