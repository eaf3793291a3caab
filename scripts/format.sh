#!/bin/sh
# Owns: npm run format: rewriting every source in the house format.
# Knows nothing of: the format itself: biome.json and .clang-format.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
. scripts/lib/common.sh
. scripts/lib/node.sh
find_node
as_owner "$node" node_modules/@biomejs/biome/bin/biome check --write .
if has clang-format-14; then
  find native -path native/dev/build -prune -o \( -name '*.cc' -o -name '*.h' \) ! -name '*.skel.h' -print |
    as_owner xargs clang-format-14 -i
else
  say "C++ stays as it is: the format is that of clang-format 14, which is not installed"
fi
