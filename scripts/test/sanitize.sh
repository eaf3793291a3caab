#!/bin/sh
# Owns: the C++ tests, and every packet of the capture corpus cut at every length, under ASan and UBSan.
# Knows nothing of: single tests; the plain run counts those.
set -eu
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
. scripts/lib/report.sh
corpus=../shared/captures/tcpdump
programs=native/dev/build/Sanitize
fresh_file build/test/sanitized-tests.log
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1

as_owner make -s -C native/dev -j "$jobs" VARIANT=Sanitize tests build/Sanitize/decode_corpus build/Sanitize/name_corpus
# Its own summary and skips are renamed: this part says only whether anything was reported.
unit_tests() {
  code=0
  "$programs/nt_tests" >build/test/sanitized-tests.log 2>&1 || code=$?
  sed 's/^skipped  /not run  /; s/^[0-9]* passed, .*/of which: &/' build/test/sanitized-tests.log
  return "$code"
}
check "the C++ tests under ASan and UBSan" unit_tests
if [ -d "$corpus" ]; then
  check "the capture corpus, whole and cut at 0..128 bytes, under ASan and UBSan" "$programs/decode_corpus" --cuts "$corpus"
  check "the names in the capture corpus, their messages cut at every length, under ASan and UBSan" \
    "$programs/name_corpus" --cuts "$corpus"
else
  skip "the capture corpus" "it is not beside this checkout ($corpus)"
fi
finish
