#!/bin/sh
# Installs the pawprint executable of this platform from a release, after its SHA-256 digest is checked. Nothing else is
# downloaded or changed: `pawprint install` then shows the line in Claude Code.
set -eu

VERSION=0.2.0
dir="${HOME:-}/.local/bin"
from=

usage() {
  cat <<'END'
usage: install.sh --from <folder or URL> [--dir <folder>] [--version <version>]

  --from     where the release is: a folder, or an http or https URL, with SHA256SUMS and the package of this platform
  --dir      where to put the executable; without it, ~/.local/bin
  --version  the version to install; without it, the version of this script
END
}

# Prints what failed and what to do, and ends.
fail() {
  printf 'install.sh: %s\n  %s\n' "$1" "$2" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --from | --dir | --version)
      [ $# -gt 1 ] || fail "$1 needs a value" "see: install.sh --help"
      case $1 in --from) from=$2 ;; --dir) dir=$2 ;; *) VERSION=$2 ;; esac
      shift 2
      ;;
    *) fail "unknown argument: $1" "see: install.sh --help" ;;
  esac
done
[ -n "$from" ] || fail "--from is missing" "name the folder or URL of the release; see: install.sh --help"
case $dir in /*) ;; *) fail "--dir is \"$dir\", which is not absolute" "for example: --dir /usr/local/bin" ;; esac
case $VERSION in *[!0-9A-Za-z.+-]* | "") fail "\"$VERSION\" is not a version" "for example: --version 0.2.0" ;; esac

# The package's name for this platform. An Apple processor counts as one even in a shell for Intel.
system=$(uname -s) machine=$(uname -m)
case $system in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  *) fail "there is no executable for $system" "install Bun 1.4.4 or newer and run: bunx pawprint" ;;
esac
case $machine in
  x86_64 | amd64) cpu=x64 ;;
  aarch64 | arm64) cpu=arm64 ;;
  *) fail "there is no executable for $system on $machine" "install Bun 1.4.4 or newer and run: bunx pawprint" ;;
esac
if [ $os = darwin ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null || true)" = 1 ]; then cpu=arm64; fi
libc=
if [ $os = linux ]; then
  # The loader of this system's own programs, not one that another package brought along.
  if grep -q 'ld-musl-' /bin/sh 2>/dev/null || { [ -f /etc/alpine-release ] && ! [ -e /lib64/ld-linux-x86-64.so.2 ]; }; then
    libc=-musl
  fi
fi
package=pawprint-$os-$cpu$libc
archive=$package-$VERSION.tgz

# Gets one file of the release; $2 is where to put it.
get() {
  case $from in
    http://* | https://*)
      if command -v curl >/dev/null 2>&1; then curl -fsSL --max-time 600 -o "$2" "${from%/}/$1"
      elif command -v wget >/dev/null 2>&1; then wget -q -O "$2" "${from%/}/$1"
      else fail "neither curl nor wget is installed" "download the release and name its folder with --from"
      fi
      ;;
    *) cat "${from%/}/$1" >"$2" ;;
  esac
}

digest() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"
  elif command -v shasum >/dev/null 2>&1; then shasum -a 256 "$1"
  else fail "neither sha256sum nor shasum is installed" "install one of them: nothing is installed unchecked"
  fi | cut -d ' ' -f 1
}

work=$(mktemp -d)
staged=
trap 'rm -rf "$work" ${staged:+"$staged"}' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

get SHA256SUMS "$work/SHA256SUMS" || fail "$from/SHA256SUMS cannot be read" "check --from; see: install.sh --help"
expected=$(while read -r sum name; do [ "$name" != "$archive" ] || echo "$sum"; done <"$work/SHA256SUMS")
[ -n "$expected" ] || fail "$from has no $archive" "check --from and --version; SHA256SUMS there lists what there is"
get "$archive" "$work/$archive" || fail "$from/$archive cannot be read" "try again, or download it and use --from"
actual=$(digest "$work/$archive")
[ "$actual" = "$expected" ] ||
  fail "$archive has the digest $actual, and SHA256SUMS lists $expected" "nothing was installed; the file is damaged or is not the released one"

tar -xzf "$work/$archive" -C "$work" package/bin/pawprint || fail "$archive has no executable" "download it again"
mkdir -p "$dir"
[ ! -d "$dir/pawprint" ] || fail "$dir/pawprint is a folder" "choose another --dir"
# Written beside the old one and renamed, so that there is a whole executable at any time.
staged=$dir/.pawprint.$$
cp "$work/package/bin/pawprint" "$staged"
chmod 755 "$staged"
"$staged" --version >/dev/null 2>&1 || {
  [ -z "$libc" ] || fail "the executable does not start" "it needs libstdc++; on Alpine, run: apk add libstdc++"
  fail "the executable does not start" "run it to see why: tar -xzf $archive package/bin/pawprint"
}
mv -f "$staged" "$dir/pawprint"
staged=

echo "installed pawprint $VERSION for ${package#pawprint-} as $dir/pawprint; its SHA-256 digest is as listed"
# As one word for the shell.
program=$dir/pawprint
case $program in
  *[!A-Za-z0-9_./:@+-]*) program=\'$(printf %s "$program" | sed "s/'/'\\\\''/g")\' ;;
esac
case :$PATH: in
  *:"$dir":*) echo "  to show the line in Claude Code, run: pawprint install" ;;
  *) printf '  to show the line in Claude Code, run: %s install\n' "$program" ;;
esac
printf '  to undo this, run: rm %s (after pawprint uninstall, if the line is installed)\n' "$program"
