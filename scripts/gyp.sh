#!/bin/sh
# Runs node-gyp with the headers that lie beside the running node, so that nothing is downloaded.
#   gyp.sh build | rebuild | -C native/dev rebuild -- -Dnt_sanitize=address,undefined
set -eu
cd "$(dirname "$0")/.."
node=$(readlink -f "$(command -v node)")
root=${node%/bin/node}
args=
[ -f "$root/include/node/node_api.h" ] && args="--nodedir=$root"
# npm_config_nodedir of another installation would override the choice above.
unset npm_config_nodedir || true
case "${1-}" in
  build) shift; [ -f build/Makefile ] || node node_modules/node-gyp/bin/node-gyp.js $args configure "$@" --silent; set -- build "$@" ;;
esac
exec node node_modules/node-gyp/bin/node-gyp.js $args --silent "$@"
