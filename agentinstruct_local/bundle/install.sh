#!/usr/bin/env bash
# Install agentinstruct-local @AGENTINSTRUCT@ from this folder: no network, no compiler, only Python @PYTHON@.
#   bash install.sh [--prefix FOLDER]       default: ~/agentinstruct
#   PYTHON=/path/to/python@PYTHON@ bash install.sh
# It may be run again; what is there already and right stays.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PREFIX=${HOME:-}/agentinstruct
unset AGENTINSTRUCT_MODELS # the doctor at the end looks at what was installed here

fail() { # what is wrong, then what to type
    printf 'not installed: %s\n  type: %s\n' "$1" "$2" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
    --prefix) [ -n "${2:-}" ] || fail "--prefix wants a folder" "bash install.sh --prefix FOLDER"; PREFIX=$2; shift 2 ;;
    --prefix=*) PREFIX=${1#*=}; shift ;;
    -h | --help) sed -n '2,5s/^# *//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) fail "$1 is not known" "bash install.sh --help" ;;
    esac
done

[ "$(uname -s) $(uname -m)" = "@SYSTEM@ @MACHINE@" ] ||
    fail "this bundle is for @SYSTEM@ @MACHINE@, this machine is $(uname -s) $(uname -m)" \
        "agentinstruct bundle, on a connected machine like this one"

PY=
for name in ${PYTHON:-python@PYTHON@ python3 python}; do
    if "$name" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "@PYTHON@")' 2>/dev/null; then
        PY=$name
        break
    fi
done
[ -n "$PY" ] || fail "this bundle needs Python @PYTHON@; found: $(${PYTHON:-python3} --version 2>&1 | head -n 1)" \
    "PYTHON=/path/to/python@PYTHON@ bash install.sh; or make the bundle with the Python that this machine has"

echo "checking the sums ..."
"$PY" -I - "$HERE" "@GLIBC@" <<'CHECK' || exit 2
import hashlib, os, pathlib, platform, sys
folder, glibc = pathlib.Path(sys.argv[1]), sys.argv[2]
def fail(text, hint):
    sys.exit(f"not installed: {text}\n  type: {hint}")
again = "copy the bundle again from where it was made"
try:
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
except OSError as error:
    fail(f"SHA256SUMS cannot be read: {error}", again)
sums = {path: told for told, _, path in (line.partition("  ") for line in lines)}
there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"SHA256SUMS"}
if "install.sh" not in sums or not any(path.startswith("wheels/") for path in sums):
    fail("SHA256SUMS is not whole", again)
for path in sorted(set(sums) - there):
    fail(f"{path} is missing", again)
for path in sorted(there - set(sums)):
    fail(f"{path} is not of this bundle", f"rm {folder / path}")
for path, told in sums.items():
    with (folder / path).open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != told:
            fail(f"{path} is damaged or was changed", again)
number = lambda version: [int(part) for part in version.split(".")]
kind, here = platform.libc_ver()
if glibc and (kind != "glibc" or number(here) < number(glibc)):
    fail(f"llama.cpp was built for glibc {glibc}, this machine has {kind} {here}", "make the bundle on an older system")
print(f"{len(sums)} files, all right")
CHECK

mkdir -p "$PREFIX" 2>/dev/null && [ -w "$PREFIX" ] || fail "cannot write to $PREFIX" "bash install.sh --prefix FOLDER"
PREFIX=$(cd "$PREFIX" && pwd)
need=$(du -sk "$HERE" | awk '{print int($1 * 2.5 / 1000)}')
free=$(df -Pk "$PREFIX" | awk 'NR == 2 {print int($4 / 1000)}')
[ -x "$PREFIX/bin/agentinstruct" ] || [ "$free" -ge "$need" ] ||
    fail "it needs about $need MB in $PREFIX, $free MB are free" "bash install.sh --prefix FOLDER"

echo "installing packages, a minute or two ..."
if ! "$PREFIX/venv/bin/python" -I -m pip --version >/dev/null 2>&1; then
    "$PY" -m venv --clear "$PREFIX/venv" >/dev/null ||
        fail "this Python comes without its venv part" "install python@PYTHON@-venv, then: bash install.sh"
fi
PIP_CONFIG_FILE=/dev/null "$PREFIX/venv/bin/python" -I -m pip --isolated --disable-pip-version-check install --quiet \
    --no-index --no-cache-dir --find-links "$HERE/wheels" "$HERE"/wheels/*.whl ||
    fail "pip said why in the lines above" "bash install.sh --prefix ANOTHER_FOLDER"

echo "copying models ..."
"$PREFIX/venv/bin/python" -I - "$HERE/models" "$PREFIX/models" <<'COPY'
import filecmp, pathlib, shutil, sys
source, target = map(pathlib.Path, sys.argv[1:])
for path in sorted(path for path in source.rglob("*") if path.is_file()):
    place = target / path.relative_to(source)
    if place.is_file() and filecmp.cmp(path, place, shallow=False):
        continue
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(place.name + ".partial")
    shutil.copyfile(path, draft)
    draft.replace(place)
COPY

mkdir -p "$PREFIX/bin"
cat >"$PREFIX/bin/agentinstruct" <<'START'
#!/usr/bin/env bash
place=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
export AGENTINSTRUCT_MODELS=${AGENTINSTRUCT_MODELS:-$place/models}
exec "$place/venv/bin/python" -P -m agentinstruct_local "$@"
START
chmod 755 "$PREFIX/bin/agentinstruct"

"$PREFIX/bin/agentinstruct" doctor --teacher "@TEACHER@" ||
    fail "the doctor found something (above)" "$PREFIX/bin/agentinstruct doctor --teacher @TEACHER@"
cat <<NEXT

installed in $PREFIX; next:
  export PATH="$PREFIX/bin:\$PATH"
  agentinstruct generate my-documents/ -n 20 --teacher @TEACHER@
NEXT
