#!/bin/sh
# Owns: npm run soak: set-up, build, then the service under faults and load with the arguments given.
# Knows nothing of: what they measure.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
. scripts/lib/common.sh
. scripts/lib/node.sh
find_node
as_owner make -s -C native/dev -j "$jobs" programs
as_owner "$node" node_modules/typescript/bin/tsc -p tsconfig.test.json
exec "$node" --enable-source-maps build/t/test/soak/main.js "$@"
