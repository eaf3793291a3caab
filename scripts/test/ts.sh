#!/bin/sh
# Owns: the TypeScript tests: unit, golden, differential, architecture, and as root the end-to-end tests.
# Knows nothing of: what they test. End-to-end tests (e2e-*) measure time and traffic, so they run alone, one after the other.
set -eu
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
. scripts/lib/node.sh
find_node
# As the launcher does: without it node refuses to change its effective user.
export UV_USE_IO_URING=0

# The differential and the end-to-end tests run them.
as_owner make -s -C native/dev -j "$jobs" build/Release/decode_corpus build/Release/traffic build/Release/flood
# From scratch: the compiled form of a deleted test would still run.
as_owner rm -rf build/t build/tsbuildinfo.test
as_owner "$node" node_modules/typescript/bin/tsc -p tsconfig.test.json
tap=build/test/ts.tap
fresh_file "$tap"

# run OPTIONS... FILES...: people read the log, the counts come from TAP.
run() {
  [ -e "$2" ] || return 0
  fresh_file build/test/one.tap
  code=0
  concurrency=$1
  shift
  # A file that hangs is named and ended: so long, in milliseconds, is several times what the longest takes.
  "$node" --enable-source-maps --test --test-concurrency="$concurrency" --test-timeout=300000 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination=build/test/one.tap "$@" || code=$?
  cat build/test/one.tap >>"$tap"
  # A file that could not even start has no test that failed.
  if [ "$code" != 0 ] && ! grep -aqE '^# (fail|cancelled) [1-9]' build/test/one.tap; then echo "# fail 1" >>"$tap"; fi
}

plain=
for file in build/t/test/*.test.js; do
  case $file in */e2e-*) ;; *) plain="$plain $file" ;; esac
done
# shellcheck disable=SC2086 # a list of files
run "$jobs" $plain
run 1 build/t/test/e2e-*.test.js

exec awk -f scripts/test/tap.awk "$tap"
