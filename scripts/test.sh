#!/bin/sh
# Owns: running every test and adding up what they say. test.sh [native|sanitize|fuzz|ts|lint]...   (all, in this order)
# Knows nothing of: what a part does. Each part is scripts/test/PART.sh, whose last line is `N passed, N failed, N skipped`,
# after a line `FAILED   name` (why may stand below, indented by ten) or `skipped  name: reason` for each such test.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/common.sh

all_parts='native sanitize fuzz ts lint'
parts=${*:-$all_parts}
for part in $parts; do
  case " $all_parts " in *" $part "*) ;; *) die "no part of the tests is called '$part'; there are: $all_parts" ;; esac
done
# A part hangs no longer than this, in seconds.
limit=${TEST_LIMIT:-900}

sh scripts/setup.sh test
. scripts/lib/node.sh
find_node
fresh_folder build/test
passed=0 failed=0 skipped=0
began=$(date +%s)

# Ended from outside, it takes the running part with it: timeout hands the signal to everything that the part has started.
child=
give_up() {
  [ -z "$child" ] || kill "$child" 2>/dev/null || true
  echo "ended by a signal" >&2
  exit 130
}
trap give_up INT TERM HUP

# run PART: its output goes to build/test/PART.log; shown only where something failed.
run() {
  out=build/test/$1.log
  fresh_file "$out"
  printf '%-9s' "$1"
  started=$(date +%s)
  code=0
  timeout -k 10 "$limit" sh "scripts/test/$1.sh" >>"$out" 2>&1 </dev/null &
  child=$!
  wait "$child" || code=$?
  child=
  summary=$(grep -aE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$out" | tail -n 1)
  if [ "$code" = 124 ] || [ "$code" = 137 ]; then
    echo "FAILED   $1: did not end within $limit s" >>"$out"
    summary=
  fi
  if [ -z "$summary" ]; then
    # It broke off: one failure, whatever had passed until then.
    [ "$code" = 124 ] || [ "$code" = 137 ] || echo "FAILED   $1: ended without a summary" >>"$out"
    summary="0 passed, 1 failed, 0 skipped"
    code=1
  fi
  # shellcheck disable=SC2086 # six words
  set -- "$1" $summary
  if [ "$code" != 0 ] && [ "$4" = 0 ]; then set -- "$1" "$2" passed, 1 failed, "$6" skipped; fi
  passed=$((passed + $2)) failed=$((failed + $4)) skipped=$((skipped + $6))
  printf ' %5s passed %4s failed %4s skipped %5s s\n' "$2" "$4" "$6" "$(($(date +%s) - started))"
  if [ "$4" != 0 ]; then
    echo "--- $out"
    tail -n 100 "$out"
    echo "---"
  fi
}

for part in $parts; do run "$part"; done

if [ "$failed" -gt 0 ]; then
  echo "failed (all of the output: build/test/):"
  for part in $parts; do
    awk -v part="$part" '
      /^FAILED   / { print "  " part ": " substr($0, 10); inside = 1; next }
      inside && /^          / { print; next }
      { inside = 0 }' "build/test/$part.log"
  done
fi
if [ "$skipped" -gt 0 ]; then
  echo "skipped:"
  for part in $parts; do sed -n "s/^skipped  /  $part: /p" "build/test/$part.log"; done
fi
echo "everything took $(($(date +%s) - began)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
