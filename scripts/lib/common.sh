# Owns: what every script shares: sentences to the user, and doing work as the owner of the clone.
# Knows nothing of: what is built or tested. Sourced with the clone as the working directory.

say() { printf '%s\n' "$*" >&2; }
die() {
  printf 'nettrace: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

user=$(id -u)
owner=$(stat -c %u .)
group=$(stat -c %g .)
owner_name=$(id -nu "$owner" 2>/dev/null || true)
owner_home=$(getent passwd "$owner" 2>/dev/null | cut -d: -f6)
jobs=$(nproc 2>/dev/null || echo 2)

# Root in somebody's clone (sudo ./nettrace) does everything but the package installation as that somebody, so that no
# file there ends up belonging to root. Where the clone is root's own, or nobody is root, this is a plain call.
as_owner() {
  if [ "$user" != 0 ] || [ "$owner" = 0 ]; then
    "$@"
  elif has setpriv; then
    groups=--clear-groups
    [ -z "$owner_name" ] || groups=--init-groups
    HOME=${owner_home:-$PWD/build} USER=$owner_name LOGNAME=$owner_name \
      setpriv --reuid "$owner" --regid "$group" "$groups" -- "$@"
  elif has runuser && [ -n "$owner_name" ]; then
    HOME=$owner_home runuser -u "$owner_name" -- "$@"
  elif has sudo; then
    sudo -H -u "#$owner" -- "$@"
  else
    die "cannot work as the owner of this clone (uid $owner): install util-linux, which has setpriv"
  fi
}

# Makes an empty file, or a folder, that belongs to the owner of the clone.
fresh_file() { as_owner sh -c 'mkdir -p "$(dirname "$1")" && : >"$1"' sh "$1"; }
fresh_folder() { as_owner sh -c 'rm -rf "$1" && mkdir -p "$1"' sh "$1"; }
