#!/usr/bin/env bash
# Install from a bundle where no network exists, with an empty home and cache, and make two rows there (Linux).
#   bash scripts/bundle_proof.sh BUNDLE
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
BUNDLE=$(cd "$1" && pwd)
PLACE=$(mktemp -d)
trap 'rm -rf "$PLACE"' EXIT
mkdir "$PLACE/home" "$PLACE/tmp"
cp -r examples/handbook "$PLACE/handbook"
told() { sed -n "s/^ \"$1\": \"\(.*\)\",\?$/\1/p" "$BUNDLE/bundle.json"; }
VERSION=$(told python) TEACHER=$(told teacher)
PYTHON=${PYTHON:-$(.venv/bin/python -c 'import sys; print(sys._base_executable)')}
cd "$PLACE"
SECONDS=0
# shellcheck disable=SC2016
unshare -rn env -i HOME="$PLACE/home" TMPDIR="$PLACE/tmp" PATH=/usr/bin:/bin LANG=C.UTF-8 PYTHON="$PYTHON" \
    BUNDLE="$BUNDLE" TEACHER="$TEACHER" ROWS="${ROWS:-2}" bash -euo pipefail -c '
    if "$PYTHON" -c "import socket; socket.create_connection((\"192.0.2.1\", 80), 2)" 2>/dev/null; then
        echo "there is a network here, so this proves nothing"; exit 2
    fi
    bash "$BUNDLE/install.sh"
    echo "installed after $SECONDS s"
    "$HOME/agentinstruct/bin/agentinstruct" taxonomy list >/dev/null
    "$HOME/agentinstruct/bin/agentinstruct" generate handbook -n "$ROWS" --teacher "$TEACHER" --out rows --no-input
    cat rows/dataset/*.jsonl | grep -q .
    bash "$BUNDLE/install.sh" >/dev/null # a second time changes nothing
'
echo "proved with Python $VERSION and $TEACHER in $SECONDS s"
