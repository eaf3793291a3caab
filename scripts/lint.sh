#!/bin/sh
# Owns: npm run lint: the lint part of the tests with its output on the terminal. lint.sh [--all]
# Knows nothing of: the rules.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
exec sh scripts/test/lint.sh "$@"
