#!/usr/bin/env bash
# Make .venv ready: pinned packages, llama.cpp built for this processor, models. `make setup` calls it.
# Each part leaves a stamp, so a second call does nothing. The whole log is in build/setup.log.
#   PYTHON=/path/to/python3.12 make setup           another Python
#   CMAKE_ARGS=-DGGML_CUDA=on make setup            llama.cpp for a GPU (Vulkan: -DGGML_VULKAN=on)
#   AGENTINSTRUCT_MODELS=/big/disk make setup       model files elsewhere
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=.venv LOG=build/setup.log STAMPS=.venv/.stamps
PIP=(.venv/bin/python -m pip)
export PIP_DISABLE_PIP_VERSION_CHECK=1
# What reads images is left out. So is OpenMP: as fast without it on a quiet machine, twice as fast beside a busy process.
LEAN="-DMTMD_BUILD=OFF -DLLAVA_BUILD=OFF -DGGML_OPENMP=OFF"
SECONDS=0

fail() { # what went wrong, then what to type
    printf '\nset-up stopped: %s\n  type: %s\n' "$1" "$2" >&2
    exit 2
}

digest() { cat "$@" | cksum | tr -dc '0-9'; }
pinned() { awk -F == -v name="$1" 'tolower($1) == name {print $2}' constraints.txt; }

step() { # a line to print, then a command whose output goes to the log
    local text=$1 began=$SECONDS from
    shift
    printf '%s ...' "$text"
    from=$(cat "$LOG" 2>/dev/null | wc -c)
    if "$@" >>"$LOG" 2>&1; then
        printf ' %s s\n' $((SECONDS - began))
    else
        printf ' failed\n'
        explain "$text" "$from"
    fi
}

explain() { # what the log says, and what to type
    local told
    told=$(tail -c "+$(($2 + 1))" "$LOG")
    case $told in
    *"No space left on device"*) fail "$1: the disk is full" "free some space (df -h .), then: make setup" ;;
    *ensurepip*) fail "$1: this Python comes without its venv part" "sudo apt-get install python3-venv, then: make setup" ;;
    *"Temporary failure in name resolution"* | *"NewConnectionError"* | *"NameResolutionError"* | *"Network is unreachable"* | \
        *"Connection refused"* | *"ConnectTimeout"* | *"Failed to establish a new connection"* | *"(from versions: none)"*)
        fail "$1: the packages are not in pip's cache and there is no way to the package index" \
            "make setup, with a network; or with a folder of wheels: PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER make setup" ;;
    *)
        printf '%s\n' "$told" | grep -v '^ *$' | tail -n 20 | sed 's/^/  | /' >&2
        fail "$1: the whole log is in $LOG" "less +G $LOG; then: make setup"
        ;;
    esac
}

find_python() {
    local name
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    fail "no Python 3.11, 3.12 or 3.13 was found" \
        "sudo apt-get install python3 python3-venv (Debian), sudo dnf install python3.12 (Fedora), brew install python@3.12 (macOS)"
}

find_compilers() {
    local name
    for name in ${CC:-} cc gcc clang; do command -v "$name" >/dev/null && export CC=$name && break; done
    for name in ${CXX:-} c++ g++ clang++; do command -v "$name" >/dev/null && export CXX=$name && break; done
    if [ -z "${CC:-}" ] || [ -z "${CXX:-}" ] || ! echo '#include <vector>' | $CXX -x c++ -fsyntax-only - 2>/dev/null; then
        fail "llama.cpp is built from source, and there is no working C and C++ compiler" \
            "sudo apt-get install build-essential (Debian), sudo dnf install gcc gcc-c++ (Fedora), xcode-select --install (macOS)"
    fi
}

need_disk() { # gigabytes
    local free
    free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1000000)}')
    [ "$free" -ge "$1" ] || fail "set-up needs about $1 GB on this disk, $free GB are free" "free some space (df -h .), then: make setup"
}

flags_without_amx() {
    # Some virtual machines advertise AMX and crash on its first instruction; AVX-512 stays on.
    local flags="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
    # shellcheck disable=SC2086
    if $CC $flags -x c -c /dev/null -o /dev/null 2>/dev/null; then echo "$flags"; fi
}

build_llama() {
    local args=$1 flags key cache
    find_compilers
    flags=$(flags_without_amx)
    export CFLAGS="$flags ${CFLAGS:-}" CXXFLAGS="$flags ${CXXFLAGS:-}" CMAKE_ARGS="$LEAN $args"
    # pip keeps what it builds by version alone. A cache of its own for each processor and choice of flags means that
    # neither a build for another machine nor one without these flags is ever taken from it.
    key=$({ uname -sm; grep -m 1 '^flags' /proc/cpuinfo || true; $CC --version; echo "$CFLAGS|$CMAKE_ARGS"; } 2>/dev/null | digest -)
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/agentinstruct/llama-$key
    mkdir -p build
    step "building llama.cpp: 4 to 6 minutes on two cores, once" \
        "${PIP[@]}" install --cache-dir "$cache" --no-binary llama-cpp-python --force-reinstall --no-deps \
        -c constraints.txt llama-cpp-python
}

packages() {
    local python stamp="$STAMPS/packages" key
    key=$(digest constraints.txt pyproject.toml)
    [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && return
    python=$(find_python)
    if ! "${PIP[@]}" --version >/dev/null 2>&1; then
        need_disk 6
        find_compilers
        step "making $VENV with $("$python" --version)" "$python" -m venv --clear "$VENV"
    fi
    mkdir -p "$STAMPS" build
    step "pip" "${PIP[@]}" install -c constraints.txt --upgrade pip hatchling editables
    step "torch $(pinned torch)" "${PIP[@]}" install -c constraints.txt torch
    llama
    step "the other packages, $(grep -c == constraints.txt) pinned" \
        "${PIP[@]}" install -c constraints.txt --no-build-isolation --group dev -e ".[student]"
    echo "$key" >"$stamp"
}

llama() { # a GPU build is kept until CMAKE_ARGS asks for another one
    local stamp="$STAMPS/llama" version had args
    version=$(pinned llama_cpp_python)
    had=$(cat "$stamp" 2>/dev/null || true) # "VERSION ARGS"
    args=${CMAKE_ARGS:-${had#* }}
    [ "$had" = "$version $args" ] && return
    (build_llama "$args")
    echo "$version $args" >"$stamp"
}

models() {
    local folder=${AGENTINSTRUCT_MODELS:-models/files} key
    key=$(digest models/*.yaml)
    [ "$(cat "$folder/.setup" 2>/dev/null)" = "$key" ] && return
    .venv/bin/agentinstruct models pull --test || exit 2
    mkdir -p "$folder"
    echo "$key" >"$folder/.setup"
}

fresh=no
[ -f "$STAMPS/packages" ] || fresh=yes
if [ "$fresh" = yes ]; then mkdir -p build && : >"$LOG"; fi
packages
llama
models
[ "$fresh" = no ] || echo "set-up took $SECONDS s; next: make demo"
