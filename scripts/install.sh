#!/bin/sh
# Owns: the `nettrace` command on root's PATH (a link to the launcher of this clone), manual pages, completion for shells, and
# with --service the systemd unit. install.sh install [--service] | uninstall
# Knows nothing of: building. Touches nothing that is not nettrace's own.
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

share=/usr/local/share
man_folder=$share/man/man8
bash_file=$share/bash-completion/completions/nettrace
zsh_file=$share/zsh/site-functions/_nettrace
fish_file=$share/fish/vendor_completions.d/nettrace.fish
unit=/etc/systemd/system/nettrace.service
unit_mark='# Written by "nettrace install --service"'

# write FILE WORD...: what nettrace prints for the words, whole or not at all.
write() {
  file=$1
  shift
  mkdir -p "${file%/*}"
  "$node" dist/cli/main.js "$@" >"$file.new" || { rm -f "$file.new"; die "nettrace $* failed: $file is not written"; }
  chmod 0644 "$file.new"
  mv -f "$file.new" "$file"
}

install_pages() {
  pages=$("$node" dist/cli/main.js man --all) || die "nettrace man failed: no manual page is written"
  mkdir -p "$man_folder"
  printf '%s\n' "$pages" | awk -v folder="$man_folder" '/^\.TH / { file = folder "/" tolower($2) ".8" } { print > file }'
  chmod 0644 "$man_folder"/nettrace.8 "$man_folder"/nettrace-*.8
  write "$bash_file" completion bash
  write "$zsh_file" completion zsh
  write "$fish_file" completion fish
  echo "nettrace: manual pages (man nettrace) and completion for bash, zsh and fish are in $share"
}

remove_pages() {
  for page in "$man_folder/nettrace.8" "$man_folder"/nettrace-*.8 "$bash_file" "$zsh_file" "$fish_file"; do
    if [ -f "$page" ]; then rm "$page"; pages=1; fi
  done
  [ -z "$pages" ] || echo "nettrace: removed manual pages and completion from $share"
}

# The service runs as a user of its own: it must be able to read the clone and node. Its unit hides what ProtectHome= and
# PrivateTmp= stand for (systemd.exec(5)).
readable_by_all() {
  case $1 in
    /home/* | /root/* | /run/user/* | /tmp/* | /var/tmp/*)
      die "the service sees nothing below ${1%"${1#/*/}"}, where $1 is: move $2 to /opt, and install from there" ;;
  esac
  path=$1
  while [ "$path" != / ] && [ -n "$path" ]; do
    case $(stat -Lc %A "$path") in
      d????????[xt] | -??????r-x | -??????r--) ;;
      *) die "the service cannot read $1, because not everybody may enter or read $path: chmod it, or move $2 to /opt" ;;
    esac
    path=${path%/*}
  done
}

# Said before anything is written.
check_unit() {
  readable_by_all "$PWD/dist/cli/main.js" "the clone"
  readable_by_all "$node" node
  case $PWD$node in *[!A-Za-z0-9/._+-]*) die "systemd's units need a path without blanks and special characters, not $PWD" ;; esac
  [ ! -e "$unit" ] || grep -qF "$unit_mark" "$unit" || die "$unit exists and is not nettrace's: remove it first"
}

install_unit() {
  mkdir -p "${unit%/*}"
  {
    echo "$unit_mark"
    sed "s|^ExecStart=.*|Environment=UV_USE_IO_URING=0\\nExecStart=$node --max-semi-space-size=2 $PWD/dist/cli/main.js serve|" contrib/nettrace.service
  } >"$unit.new"
  chmod 0644 "$unit.new"
  mv -f "$unit.new" "$unit"
  reload_units
  echo "nettrace: the service is $unit; start it, now and at boot, with: systemctl enable --now nettrace"
}

remove_unit() {
  [ -e "$unit" ] && grep -qF "$unit_mark" "$unit" || return 0
  if [ -d /run/systemd/system ]; then systemctl disable --now nettrace.service; fi
  rm "$unit"
  reload_units
  echo "nettrace: removed $unit; what it kept is in /var/lib/nettrace"
}

reload_units() {
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
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
  removed= kept= pages=
  for candidate in /usr/local/bin /usr/local/sbin /usr/bin; do
    case $(state "$candidate/nettrace") in
      ours | stale) rm "$candidate/nettrace"; removed=1; echo "nettrace: removed $candidate/nettrace" ;;
      foreign) kept=$candidate/nettrace ;;
    esac
  done
  # The rest is of whichever clone the command runs.
  [ -n "$removed" ] || [ -z "$kept" ] || die "$kept is not a link to this clone: it stays"
  remove_unit
  remove_pages
  [ -n "$removed$pages" ] || echo "nettrace: no command is installed, nothing to remove"
}

case $1 in
  install)
    IFS= read -r node <build/node-path
    if [ "${2-}" = --service ]; then check_unit; fi
    install
    install_pages
    if [ "${2-}" = --service ]; then install_unit; fi
    ;;
  uninstall) uninstall ;;
esac
