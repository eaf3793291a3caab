#!/bin/sh
# Owns: npm run build:bpf: from the BPF programs in C to the images that are committed. build-bpf.sh [OUTPUT_FOLDER]
# Knows nothing of: what the programs do. Needs clang, bpftool and libbpf's headers (Debian: clang bpftool libbpf-dev).
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/common.sh
. scripts/lib/node.sh
find_node
out=${1-native/meter/generated}
clang=${CLANG:-clang}
export PATH="$PATH:/usr/sbin:/sbin"
has "$clang" || die "clang is not installed (Debian: apt install clang)"
has bpftool || die "bpftool is not installed (Debian: apt install bpftool)"
[ -e /usr/include/bpf/bpf_helpers.h ] || die "libbpf's headers are not installed (Debian: apt install libbpf-dev)"
multiarch=$(gcc -print-multiarch 2>/dev/null || true)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# image NAME SOURCE FLAGS...: -mcpu=v3 has the atomic exchange (Linux 5.12); -g is what relocations are made from.
image() {
  name=$1 source=$2
  shift 2
  "$clang" -g -O2 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -target bpf -mcpu=v3 -fdebug-prefix-map="$PWD"=. \
    -isystem "/usr/include/$multiarch" -I. "$@" -c "native/meter/$source" -o "$work/$name.o"
  "$node" scripts/bpf-image.mjs strip "$work/$name.o"
  # Drops the debugger's sections and the text of source lines, keeps the types.
  bpftool gen object "$work/$name.linked.o" "$work/$name.o"
  "$node" scripts/bpf-image.mjs strip "$work/$name.linked.o"
  # It remarks on the missing line numbers.
  bpftool gen skeleton -L "$work/$name.linked.o" name "$name" >"$work/$name.lskel.h" 2>"$work/remarks" || {
    cat "$work/remarks" >&2
    die "bpftool cannot make a skeleton of $source"
  }
  "$node" scripts/bpf-image.mjs image "$name" "$work/$name.lskel.h" >"$out/$name.skel.h"
}

image accounting accounting.bpf.c -DMETER_RECEIVE_LENGTH
image accounting_stream accounting.bpf.c
image processes processes.bpf.c
image injection injection.bpf.c
image egress egress.bpf.c
