#!/bin/sh
# Make sure that one of some commands is here, and on Debian, as root, install it.
# usage: need.sh 'COMMAND [ALTERNATIVE …]' PACKAGE …
#        need.sh --try 'COMMAND ARGUMENT …' PACKAGE …    (here only if it runs and succeeds)
set -eu

if [ "$1" = --try ]; then
    commands=$2
    shift 2
    if sh -c "$commands" > /dev/null 2>&1; then
        exit 0
    fi
else
    commands=$1
    shift
    for command in $commands; do
        if command -v "$command" > /dev/null; then
            exit 0
        fi
    done
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    echo "None of these was found: $commands" >&2
    echo "Install it first (Debian: sudo apt-get install $*)" >&2
    exit 1
fi

echo "Installing $* …"
export DEBIAN_FRONTEND=noninteractive
apt-get -o Acquire::Retries=3 update -qq
apt-get -o Acquire::Retries=3 install -qq --yes --no-install-recommends "$@" > /dev/null
