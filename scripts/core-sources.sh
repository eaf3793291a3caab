#!/bin/sh
# Lists the sources of the C++ core for binding.gyp: every .cc below the core's layers that is not a test.
cd "$(dirname "$0")/.." || exit 1
for layer in base decode names flow capture host meter tap doctor snapshot engine; do
  for file in native/$layer/*.cc; do
    case "$file" in *_test.cc | *'*'*) ;; *) echo "$file" ;; esac
  done
done
