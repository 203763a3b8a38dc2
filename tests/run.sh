#!/bin/sh
# `./run test` runs what needs nothing installed; `--all` also runs the acceptance ring. Other words go to pytest.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
PATH="$root/.venvs/test/bin:$PATH"
export PATH
folders="tests/unit tests/golden tests/house tests/integration kit/tests systems"
if [ "${1:-}" = --all ]; then
    shift
    folders="$folders tests/acceptance"
fi
for word in "$@"; do
    [ -e "${word%%::*}" ] && folders= # the caller says which
done
# shellcheck disable=SC2086 # one word each
exec python -m pytest -q "$@" $folders
