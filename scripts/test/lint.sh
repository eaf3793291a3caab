#!/bin/sh
# Owns: the checks that read sources: Biome, the types of web/, clang-format, clang-tidy on the product's C++ that changed (--all: on all of it).
# Knows nothing of: what the rules are: biome.json, .clang-format, .clang-tidy. The rules of layers are a TypeScript test.
set -eu
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
. scripts/lib/node.sh
. scripts/lib/report.sh
find_node
# Another version of a clang tool judges otherwise; only this one decides.
version_of_record=14

git_here() { as_owner git "$@"; }
cpp_files() { find native -path native/dev/build -prune -o \( -name '*.cc' -o -name '*.h' \) ! -name '*.skel.h' -print | sort; }

# tool NAME: the program of the version of record, or the distribution's own; fails where there is none.
tool() {
  for candidate in "$1-$version_of_record" "$1"; do
    if has "$candidate"; then echo "$candidate"; return 0; fi
  done
  return 1
}
major() { "$1" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p' | head -n 1; }

# judge NAME TOOL COMMAND...: a verdict of another version is reported as skipped, except that nothing to say is passed.
judge() {
  name=$1 program=$2
  shift 2
  if "$@"; then pass "$name"
  elif [ "$(major "$program")" = "$version_of_record" ]; then fail "$name"
  else skip "$name" "$program $(major "$program") judges otherwise than version $version_of_record, which decides"
  fi
}

# C++ tests and native/dev are not for clang-tidy: they are run under sanitizers, and one takes it as long as three sources.
product() { grep -v -e '_test\.cc$' -e '^native/dev/' || true; }

# Sources to look at closely: what differs from the main branch, or from the last commit where this is the main branch.
changed_sources() {
  base=$(git_here merge-base HEAD origin/HEAD 2>/dev/null || git_here merge-base HEAD main 2>/dev/null || true)
  if [ -z "$base" ] || [ "$base" = "$(git_here rev-parse HEAD)" ]; then
    base=$(git_here rev-parse -q --verify HEAD~1 || true)
  fi
  if [ -z "$base" ] || [ "${1-}" = --all ]; then
    cpp_files | grep '\.cc$' | product
    return
  fi
  changed=$(git_here diff --name-only --diff-filter=d "$base" -- native; git_here ls-files --others --exclude-standard native)
  for file in $changed; do
    case $file in
      *.cc) echo "$file" ;;
      # A header is judged through the sources that include it.
      *.h) grep -rl --include='*.cc' "#include \"$file\"" native || true ;;
    esac
  done | product | sort -u
}

check "biome" as_owner "$node" node_modules/@biomejs/biome/bin/biome ci --colors=off .
check "types of the web page" as_owner "$node" node_modules/typescript/bin/tsc -p tsconfig.web.json

is_formatted() {
  # shellcheck disable=SC2046 # a list of files
  unformatted=$("$format" --dry-run $(cpp_files) 2>&1 | sed -n 's/^\(native[^:]*\):.*clang-format-violations.*/\1/p' | sort -u)
  [ -z "$unformatted" ] || printf 'not formatted: %s\n' $unformatted
  [ -z "$unformatted" ]
}
if format=$(tool clang-format); then
  judge "clang-format (npm run format writes it)" "$format" is_formatted
else
  skip "clang-format" "clang-format is not installed"
fi

tidy_one='echo "$2"; "$1" --quiet "$2" -- -std=c++20 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DNAPI_VERSION=9 -I. $3 2>/dev/null'
tidy_all() {
  headers="-isystem $PWD/node_modules/node-addon-api -isystem ${node%/bin/node}/include/node"
  printf '%s\n' "$sources" | xargs -P "$jobs" -I{} sh -c "$tidy_one" sh "$tidy" {} "$headers"
}
if tidy=$(tool clang-tidy); then
  sources=$(changed_sources "${1-}")
  if [ -n "$sources" ]; then
    judge "clang-tidy on $(printf '%s\n' "$sources" | wc -l) changed sources" "$tidy" tidy_all
  else
    pass "clang-tidy: no C++ source changed"
  fi
else
  skip "clang-tidy" "clang-tidy is not installed"
fi
finish
