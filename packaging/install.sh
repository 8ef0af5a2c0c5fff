#!/bin/sh
# Installs aivault for the user who runs it: downloads the executable for this machine, checks its
# SHA-256 against the release's SHA256SUMS, and puts it into a directory of the user's.
#
#   sh install.sh [--dry-run]
#
#   AIVAULT_INSTALL_DIR   where to put it; default ~/.local/bin
#   AIVAULT_RELEASE_URL   where the release's files are
#
# It asks for no other user's rights, edits no file of the shell, and changes nothing if a check fails.
set -eu

release_url="${AIVAULT_RELEASE_URL:-@RELEASE_URL@}"
install_dir="${AIVAULT_INSTALL_DIR:-${HOME:?is not set}/.local/bin}"
dry_run=no

fail() {
  printf 'install aivault: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
  exit 1
}

for argument in "$@"; do
  case "$argument" in
    --dry-run) dry_run=yes ;;
    *) fail "there is no flag $argument" "the only one is --dry-run" ;;
  esac
done

case "$release_url" in
  https://* | http://127.0.0.1:* | http://localhost:*) ;;
  http://*) fail "$release_url is not https" ;;
  *) fail "this copy does not know where the release is" "set AIVAULT_RELEASE_URL" ;;
esac

find_target() {
  case "$(uname -m)" in
    x86_64 | amd64) machine=x86_64 ;;
    arm64 | aarch64) machine=aarch64 ;;
    *) fail "there is no executable for a $(uname -m)" ;;
  esac
  case "$(uname -s)" in
    Darwin) printf '%s-apple-darwin\n' "$machine" ;;
    Linux)
      # The loader of musl is the sign of Alpine and the like.
      if ls /lib/ld-musl-* >/dev/null 2>&1 && ! ls /lib*/ld-linux-* >/dev/null 2>&1; then
        printf '%s-unknown-linux-musl\n' "$machine"
      else
        printf '%s-unknown-linux-gnu\n' "$machine"
      fi
      ;;
    *) fail "there is no executable for $(uname -s)" "on Windows, download the .exe of the release" ;;
  esac
}

download() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --location --output "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -O "$2" "$1"
  else
    fail "neither curl nor wget is here"
  fi || fail "$1 cannot be downloaded"
}

sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1"
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$1"
  else
    fail "neither sha256sum nor shasum is here, so the download cannot be checked"
  fi | cut -d ' ' -f 1
}

target=$(find_target)
file="aivault-$target"
scratch=$(mktemp -d)
# The second trap makes an interrupted run end with the first one's clean-up.
trap 'rm -rf "$scratch"; [ -z "${staged:-}" ] || rm -f "$staged"' EXIT
trap 'exit 130' HUP INT TERM

download "$release_url/SHA256SUMS" "$scratch/SHA256SUMS"
# Each line is a sum, two characters, and a name that must be the whole rest of the line.
expected=$(awk -v file="$file" 'substr($0, 67) == file { print substr($0, 1, 64) }' "$scratch/SHA256SUMS")
case "$expected" in
  *[!0-9a-f]* | '') fail "SHA256SUMS of the release has no single sum for $file" ;;
esac
download "$release_url/$file" "$scratch/$file"
found=$(sha256_of "$scratch/$file")
[ "$found" = "$expected" ] ||
  fail "$file is not what the release says: its SHA-256 is $found, expected $expected" \
    "nothing was installed"

if [ "$dry_run" = yes ]; then
  printf 'would install %s (%s) as %s/aivault\n' "$file" "$found" "$install_dir"
  exit 0
fi

# mv would move into it.
[ ! -d "$install_dir/aivault" ] ||
  fail "$install_dir/aivault is a directory" "remove it, or set AIVAULT_INSTALL_DIR"
mkdir -p "$install_dir" || fail "$install_dir cannot be made" "set AIVAULT_INSTALL_DIR"
# Beside its place first, so that it appears there whole, also over one that is running.
staged="$install_dir/.aivault.$$"
cp "$scratch/$file" "$staged" || fail "$install_dir cannot be written" "set AIVAULT_INSTALL_DIR"
chmod 755 "$staged"
"$staged" --version >/dev/null || fail "$file does not run on this machine"
mv -f "$staged" "$install_dir/aivault"
staged=
printf 'installed %s/aivault (%s)\n' "$install_dir" "$("$install_dir/aivault" --version)"
case ":$PATH:" in
  *":$install_dir:"*) ;;
  *) printf 'hint: %s is not on your PATH\n' "$install_dir" ;;
esac
