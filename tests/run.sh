#!/bin/sh
# `./run test` runs what needs nothing installed; `--all` also runs the acceptance ring. Other words go to pytest.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
PATH="$root/.venvs/test/bin:$PATH"
export PATH
if [ "${1:-}" = --all ]; then
    shift
    [ $# -gt 0 ] || set -- tests kit/tests systems
elif [ $# -eq 0 ]; then
    set -- tests/unit tests/golden tests/house tests/integration kit/tests systems
fi
exec python -m pytest -q "$@"
