#!/bin/sh
# Owns: the C++ unit tests, linked to the core that the addon is linked from.
# Knows nothing of: sanitizers.
set -eu
cd "$(dirname "$0")/../.."
. scripts/lib/common.sh
as_owner make -s -C native/dev -j "$jobs" tests programs
exec native/dev/build/Release/nt_tests
