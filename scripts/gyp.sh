#!/bin/sh
# Owns: running node-gyp with the headers that lie beside the running node, so that nothing is downloaded.
#   gyp.sh build [-- -Dname=value]     configures anew, because a new source file is a new list, then builds what changed
#   gyp.sh -C FOLDER rebuild           any other node-gyp command
set -eu
cd "$(dirname "$0")/.."
node=$(readlink -f "$(command -v node)")
root=${node%/bin/node}
fallback=
gyp() {
  for headers in "$root" $fallback; do
    if [ -f "$headers/include/node/node_api.h" ]; then
      set -- "--nodedir=$headers" "$@"
      break
    fi
  done
  "$node" node_modules/node-gyp/bin/node-gyp.js --loglevel=warn "$@"
}

# npm_config_nodedir of another installation would override the choice above.
unset npm_config_nodedir || true
if [ "${1-}" = build ]; then
  shift
  # Node-API is the same in every node, so that the headers of the system's node serve where this one has none.
  fallback=/usr
  gyp configure "$@"
  set -- build
fi
gyp "$@"
