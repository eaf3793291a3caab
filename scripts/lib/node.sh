# Owns: finding a node that is new enough, also where sudo's PATH hides it. Sets node, node_version; puts it first on PATH.
# Knows nothing of: what node is used for. Needs common.sh.

node_floor=20.19

new_enough() {
  major=${1%%.*}
  rest=${1#*.}
  minor=${rest%%.*}
  [ "$major" -gt 20 ] || { [ "$major" -eq 20 ] && [ "$minor" -ge 19 ]; }
}

# Takes the node at a path, or behind a shim of a version manager. Run as the owner: it may lie in the owner's home.
try_node() {
  [ -n "${1-}" ] && [ -x "$1" ] || return 1
  found=$(as_owner timeout 10 "$1" -p 'process.versions.node + " " + process.execPath' 2>/dev/null </dev/null) || return 1
  case $found in [0-9]*.[0-9]*.[0-9]*' /'*) ;; *) return 1 ;; esac
  if ! new_enough "${found%% *}"; then
    : "${too_old:=$1 is ${found%% *}}"
    return 1
  fi
  node_version=${found%% *}
  node=${found#* }
}

# What the person who typed sudo gets when typing `node`.
login_node() {
  person=${SUDO_USER:-$owner_name}
  [ "$user" = 0 ] && [ -n "$person" ] && [ "$person" != root ] && has runuser || return 0
  timeout 5 runuser -l "$person" -c 'command -v node' 2>/dev/null </dev/null | tail -n 1 || true
}

# Where version managers and archives put it, newest first within each.
installed_nodes() {
  homes=${HOME:-/root}
  [ -z "$owner_home" ] || homes="$owner_home $homes"
  [ -z "${SUDO_USER-}" ] || homes="$homes $(getent passwd "$SUDO_USER" | cut -d: -f6)"
  for place in $homes; do
    ls -d "$place"/.nvm/versions/node/*/bin/node "$place"/.local/share/fnm/node-versions/*/installation/bin/node \
      "$place"/.volta/tools/image/node/*/bin/node "$place"/.asdf/installs/nodejs/*/bin/node \
      "$place"/.local/share/mise/installs/node/*/bin/node "$place"/n/bin/node "$place"/.local/bin/node 2>/dev/null |
      sort -rV
  done
  ls -d /usr/local/bin/node /usr/bin/node /opt/node*/bin/node /usr/local/lib/nodejs/*/bin/node /snap/bin/node \
    /home/linuxbrew/.linuxbrew/bin/node 2>/dev/null
}

try_installed_nodes() {
  for path in $(installed_nodes); do
    if try_node "$path"; then return 0; fi
  done
  return 1
}

find_node() {
  too_old=
  recorded=$(cat build/node-path 2>/dev/null || true)
  if try_node "${npm_node_execpath-}" || try_node "$recorded" || try_node "$(command -v node || true)" ||
    try_node "$(command -v nodejs || true)" || try_node "$(login_node)" || try_installed_nodes; then
    PATH=${node%/*}:$PATH
    export PATH
    return 0
  fi
  if [ -n "$too_old" ]; then
    die "needs Node.js $node_floor or newer, and $too_old: install a current one (https://nodejs.org/en/download) and start again"
  fi
  die "needs Node.js $node_floor or newer, and none was found: install it (Debian 13: apt-get install nodejs npm; else https://nodejs.org/en/download) and start again"
}
