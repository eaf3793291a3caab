#!/bin/sh
# Owns: the `nettrace` command on root's PATH: a link to the launcher of this clone. install.sh install | uninstall
# Knows nothing of: building. Touches nothing that is not a link to a nettrace launcher.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/common.sh
launcher=$PWD/nettrace

[ "$user" = 0 ] || die "$1 writes to a system folder: sudo ./nettrace $1"

# Under sudo, PATH is the one that `sudo nettrace` will search.
folder=
for candidate in /usr/local/bin /usr/local/sbin /usr/bin; do
  case ":$PATH:" in *":$candidate:"*) folder=$candidate; break ;; esac
done
command=${folder:-/usr/local/bin}/nettrace

# ours: the launcher of this clone; stale: a link to a clone that is gone; free; foreign: anything else.
state() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then echo free
  elif [ ! -L "$1" ]; then echo foreign
  elif [ "$(readlink -f "$1")" = "$launcher" ]; then echo ours
  elif [ ! -e "$1" ]; then case $(readlink "$1") in */nettrace) echo stale ;; *) echo foreign ;; esac
  else echo foreign
  fi
}

install() {
  case $(state "$command") in
    ours) echo "nettrace: $command already runs $launcher" ;;
    foreign) die "$command exists and is not of this clone: remove it first, or keep using sudo ./nettrace" ;;
    *)
      mkdir -p "${command%/*}"
      ln -sfn "$launcher" "$command"
      echo "nettrace: 'sudo nettrace' now runs $launcher"
      [ -n "$folder" ] || say "nettrace: ${command%/*} is not on root's PATH; add it, or call $command"
      ;;
  esac
}

uninstall() {
  removed=
  for candidate in /usr/local/bin /usr/local/sbin /usr/bin; do
    case $(state "$candidate/nettrace") in
      ours | stale) rm "$candidate/nettrace"; removed=1; echo "nettrace: removed $candidate/nettrace" ;;
      foreign) kept=$candidate/nettrace ;;
    esac
  done
  [ -z "$removed" ] || return 0
  [ -z "${kept-}" ] || die "$kept is not a link to this clone: it stays"
  echo "nettrace: no command is installed, nothing to remove"
}

case $1 in
  install) install ;;
  uninstall) uninstall ;;
esac
