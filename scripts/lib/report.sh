# Owns: the lines by which a part of the tests tells scripts/test.sh how it went.
# Knows nothing of: what is tested.

passed=0
failed=0
skipped=0
pass() { passed=$((passed + 1)); echo "passed   $1"; }
fail() { failed=$((failed + 1)); echo "FAILED   $1"; }
skip() { skipped=$((skipped + 1)); echo "skipped  $1: $2"; }

# check NAME COMMAND...: passed where the command succeeds.
check() {
  name=$1
  shift
  if "$@"; then pass "$name"; else fail "$name"; fi
}

# Ends a part.
finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
}
