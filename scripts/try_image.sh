#!/bin/bash
# Build the image and run it where no container engine runs: buildah alone, in a chroot, as root on
# Debian. The base is Debian's own Python, the packages come from a folder filled beforehand, so this
# is also the installation in a closed network. `make image` runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
base=neurostrata-base
image=neurostrata-try
port=8797
container=
server=

export BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$work/storage.conf
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$work" "$work" \
    > "$CONTAINERS_STORAGE_CONF"

finish() {
    if [ -n "$server" ]; then kill "$server" 2> /dev/null || true; fi
    if [ -n "$container" ]; then buildah rm "$container" > /dev/null; fi
    rm -rf "$work"
}
trap finish EXIT

step() { printf '— %s (%s s)\n' "$1" "$SECONDS"; }

make_base() {
    debootstrap --variant=minbase --include=python3,python3-venv bookworm "$work/root" \
        > "$work/debootstrap.log" || { tail "$work/debootstrap.log"; return 1; }
    local scratch
    scratch=$(buildah from scratch)
    buildah add --quiet "$scratch" "$work/root" / > /dev/null
    buildah commit --quiet "$scratch" "$base" > /dev/null
    buildah rm "$scratch" > /dev/null
    rm -rf "$work/root"
}

fill_wheelhouse() {
    python3.11 -m venv "$work/venv"
    local pip=("$work/venv/bin/python" -m pip --quiet --disable-pip-version-check)
    "${pip[@]}" install --require-hashes --requirement requirements/build.txt
    "${pip[@]}" download --require-hashes --dest "$work/wheels" --requirement requirements/build.txt
    "${pip[@]}" download --require-hashes --no-build-isolation --dest "$work/wheels" \
        --requirement requirements/run.txt
    printf '[global]\nno-index = true\nfind-links = /wheels\n' > "$work/pip.conf"
}

inside() { buildah run "$@" "$container" -- "${command[@]}"; }

step 'base'
scripts/need.sh buildah buildah
scripts/need.sh debootstrap debootstrap
make_base
step 'packages'
fill_wheelhouse
step 'build'
buildah bud --quiet --format docker --build-arg PYTHON_IMAGE="localhost/$base" --tag "$image" \
    --volume "$work/wheels:/wheels:ro" --volume "$work/pip.conf:/etc/pip.conf:ro" . > /dev/null

step 'run'
container=$(buildah from "$image")
command=(id -u)
test "$(inside)" = 10001
command=(sh -c 'find / -xdev -type f -perm /6000; command -v cc gcc pip || true')
test -z "$(inside --user root)"
command=(/bin/sh -c 'python -m app migrate && exec python -m app serve')
inside --env NEUROSTRATA_PORT=$port &
server=$!
command=(python -m app health)
for attempt in $(seq 60); do
    if inside --env NEUROSTRATA_PORT=$port > /dev/null 2>&1; then break; fi
    if [ "$attempt" = 60 ]; then echo 'the server never became healthy' >&2; exit 1; fi
    sleep 0.5
done
step 'healthy'
# The innermost process is the server itself, not a shell around it.
pid=$server
while child=$(pgrep --parent "$pid" | head -1) && [ -n "$child" ]; do pid=$child; done
kill -TERM "$pid"
timeout 30 tail --pid="$server" -f /dev/null
server=
step 'stopped on SIGTERM'
