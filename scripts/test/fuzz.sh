#!/bin/sh
# Owns: a bounded fuzz of the decoder and of the readers of names: clang's libFuzzer with ASan and UBSan. FUZZ_SECONDS
# says how long together (60). Knows nothing of: what the targets check. Inputs that it learns are kept in build/fuzz for the next run.
set -eu
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
. scripts/lib/report.sh
seconds=${FUZZ_SECONDS:-60}
corpus=../shared/captures/tcpdump
name="fuzz of the decoder and of names, $seconds s"
for_names=$((seconds / 3))

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

as_owner make -s -C native/dev -j "$jobs" VARIANT=Fuzz CXX="$compiler" build/Fuzz/nt_fuzz_decode build/Fuzz/nt_fuzz_names
programs=native/dev/build/Release
for part in '' names-; do
  as_owner mkdir -p "build/fuzz/${part}learned" "build/fuzz/${part}seeds" build/fuzz/found
done
if [ -d "$corpus" ] && [ -x "$programs/decode_corpus" ] && [ -x "$programs/name_corpus" ]; then
  as_owner "$programs/decode_corpus" --seeds build/fuzz/seeds "$corpus" >/dev/null
  as_owner "$programs/name_corpus" --seeds build/fuzz/names-seeds "$corpus" >/dev/null
fi
# fuzz PROGRAM SECONDS LONGEST PART: a failing input is left in build/fuzz/found; give its path to the program to see it
# again.
fuzz() {
  as_owner "native/dev/build/Fuzz/$1" -max_total_time="$2" -max_len="$3" -print_final_stats=1 -verbosity=0 \
    -artifact_prefix=build/fuzz/found/ "build/fuzz/${4}learned" "build/fuzz/${4}seeds"
}
check "fuzz of the decoder, $((seconds - for_names)) s" fuzz nt_fuzz_decode "$((seconds - for_names))" 512 ''
check "fuzz of the readers of names, $for_names s" fuzz nt_fuzz_names "$for_names" 1400 names-
finish
