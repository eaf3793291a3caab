#!/bin/sh
# Owns: a bounded fuzz of the decoder: clang's libFuzzer with ASan and UBSan. FUZZ_SECONDS says how long (60).
# Knows nothing of: what the target checks. Inputs that it learns are kept in build/fuzz for the next run.
set -eu
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
. scripts/lib/report.sh
seconds=${FUZZ_SECONDS:-60}
corpus=../shared/captures/tcpdump
name="fuzz of the decoder, $seconds s"

compiler=
for candidate in clang++ clang++-14 clang++-19; do
  if has "$candidate"; then compiler=$candidate; break; fi
done
links_fuzzer() {
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
    "$compiler" -x c++ -fsanitize=fuzzer,address,undefined -o "$probe" - 2>/dev/null
}

if [ -z "$compiler" ]; then
  skip "$name" "clang is not installed"
  finish
  exit
fi
probe=$(mktemp)
trap 'rm -f "$probe"' EXIT
if ! links_fuzzer; then
  skip "$name" "clang's libFuzzer is not installed (libclang-rt-dev)"
  finish
  exit
fi

as_owner make -s -C native/dev -j "$jobs" VARIANT=Fuzz CXX="$compiler" build/Fuzz/nt_fuzz_decode
as_owner mkdir -p build/fuzz/learned build/fuzz/seeds build/fuzz/found
if [ -d "$corpus" ] && [ -x native/dev/build/Release/decode_corpus ]; then
  as_owner native/dev/build/Release/decode_corpus --seeds build/fuzz/seeds "$corpus" >/dev/null
fi
# A failing input is left in build/fuzz/found; give its path to the program to see it again.
check "$name" as_owner native/dev/build/Fuzz/nt_fuzz_decode -max_total_time="$seconds" -max_len=512 -print_final_stats=1 \
  -verbosity=0 -artifact_prefix=build/fuzz/found/ build/fuzz/learned build/fuzz/seeds
finish
