#!/bin/sh
# Owns: everything between a fresh clone and a finished build; does only what is missing. setup.sh [test]
# Knows nothing of: how nettrace is started. `test` adds what the tests need. All messages go to stderr.
set -eu
cd "$(dirname "$0")/.."
for part in common node steps packages; do . "scripts/lib/$part.sh"; done
mode=${1-}

writable() { as_owner test -w . || die "this clone is not yours to build in: its owner, or root, starts it once first (sudo ./nettrace)"; }

# Files that an earlier root left behind would stop the owner's own build.
give_back() {
  [ "$user" = 0 ] && [ "$owner" != 0 ] || return 0
  for place in build dist node_modules native/dev/build; do
    [ ! -e "$place" ] || find "$place" ! -uid "$owner" -exec chown -h "$owner:$group" {} +
  done
}

# One set-up at a time. A killed one leaves its compiler running with this descriptor: the next waits for it to end.
lock() {
  [ -e build/setup.lock ] || fresh_file build/setup.lock
  exec 9<build/setup.lock
  flock -n 9 && return 0
  say "another set-up is running in this clone; waiting for it"
  flock 9
}

# A mark stands while a step runs; one that was left by a killed set-up says that its products cannot be trusted.
unfinished() { [ -e "build/unfinished-$1" ]; }
tracked() {
  name=$1
  shift
  as_owner touch "build/unfinished-$name" && "$@" && as_owner rm -f "build/unfinished-$name"
}

# newer_than PRODUCT PATH...: something below the paths is newer than the product, or there is no product.
newer_than() {
  product=$1
  shift
  [ -e "$product" ] || return 0
  [ -n "$(find "$@" -path native/dev -prune -o ! -name '*_test.cc' -newer "$product" -print -quit)" ]
}

needs_modules() { unfinished modules || newer_than node_modules/.package-lock.json package-lock.json; }
needs_native() {
  unfinished native || [ -n "$modules" ] || [ ! -e build/Release/nettrace.node ] ||
    newer_than build/native-done binding.gyp native scripts/gyp.sh scripts/core-sources.sh
}
needs_types() { unfinished types || [ ! -e dist/cli/main.js ] || newer_than build/types-done tsconfig.json src; }
# cap is the differential oracle and the baseline of the capture benchmark; nettrace itself never loads it.
needs_cap() { [ "$mode" = test ] && ! as_owner "$node" -e 'require("cap")' 2>/dev/null; }

install_modules() {
  as_owner npm ci --ignore-scripts --include=dev --no-audit --no-fund --prefer-offline \
    --fetch-retry-mintimeout=2000 --fetch-retry-maxtimeout=10000
}
# A product is dated from before its build, so that a source saved meanwhile is newer.
build_native() {
  if unfinished native && [ -n "$native_interrupted" ]; then as_owner rm -rf build/Release; fi
  as_owner touch build/native-began
  as_owner env JOBS="${JOBS:-$jobs}" sh scripts/gyp.sh build && as_owner mv build/native-began build/native-done
}
build_types() {
  as_owner rm -f build/tsbuildinfo && as_owner touch build/types-began &&
    as_owner "$node" node_modules/typescript/bin/tsc -p . && as_owner mv build/types-began build/types-done
}
build_cap() {
  as_owner sh scripts/gyp.sh -C node_modules/cap rebuild ||
    echo "cap does not build with node $node_version: what compares with it is skipped"
}

install_missing_packages() {
  missing=$(missing_build_packages | tr '\n' ' ')
  extra=
  [ "$mode" != test ] || extra=$(missing_test_packages | tr '\n' ' ')
  [ -n "$missing$extra" ] || return 0
  if [ "$user" != 0 ]; then
    [ -z "$missing" ] || die "set-up needs system packages: sudo apt-get install ${missing% }"
    say "some tests will be skipped; for all of them: sudo apt-get install ${extra% }"
    extra=
  elif ! has apt-get; then
    [ -z "$missing" ] || die "set-up needs a C++20 compiler, make, Python 3 and the headers of libpcap (here it can install them only with apt-get): install them and start again"
    extra=
  fi
  packages=$missing$extra
  [ -z "$packages" ] || total=$((total + 1))
}

find_node
has npm || die "npm is missing beside $node: install it (Debian: apt-get install npm) and start again"
writable
as_owner mkdir -p build
lock
trap 'stop_ticker; echo >&2; exit 130' INT
trap 'stop_ticker; exit 143' TERM
give_back

as_owner touch build/ready-began
packages= native_interrupted=
modules= native= types= cap=
install_missing_packages
! unfinished native || native_interrupted=1
if needs_modules; then modules=1 total=$((total + 1)); fi
if needs_native; then native=1 total=$((total + 1)); fi
if needs_types; then types=1 total=$((total + 1)); fi
if needs_cap; then cap=1 total=$((total + 1)); fi

if [ "$total" -gt 0 ]; then
  fresh_file "$log"
  what="setting up this clone with node $node_version, once"
  [ ! -e build/node-path ] || what="building what has changed"
  [ -n "$mode" ] || say "nettrace: $what"
fi
# shellcheck disable=SC2086 # a list of words
[ -z "$packages" ] || step "installing system packages: ${packages% }" install_packages $packages
[ -z "$modules" ] || step "installing npm packages" tracked modules install_modules
[ -z "$native" ] || step "building the native addon" tracked native build_native
[ -z "$types" ] || step "compiling TypeScript" tracked types build_types
[ -z "$cap" ] || step "building cap, the packet library that tests compare with" build_cap

as_owner sh -c 'printf "%s\n" "$1" >build/node-path && mv build/ready-began build/ready' sh "$node"
