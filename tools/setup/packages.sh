# Sourced by ./run and ./test: which Debian packages they need, and how they get them.

build_packages=(
  cmake g++ ninja-build
  libboost1.81-dev
  libcrypt-dev libfmt-dev libmimalloc-dev libsnappy-dev libsodium-dev libssl-dev
  zlib1g-dev
)

test_packages=(
  "${build_packages[@]}"
  ccache clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev
  gcc git libc6-dev libgmock-dev libgtest-dev libnats-dev procps
  python3 python3-cryptography python3-pip python3-pytest python3-pytest-timeout
  python3-pytest-xdist python3-venv
)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Prints those of the named packages that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      printf '%s\n' "$package"
  done
}

# Installs what is missing of the named packages. Where that cannot be done it says what is needed
# and returns: other systems have the same under other names, and the build finds out.
install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "without dpkg nothing is installed; needed are the equivalents of Debian's $*"
    return
  fi
  local missing as_root=() log
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    as_root=(sudo)
    if ! command -v sudo >/dev/null || { [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; }; then
      say "packages are missing and this user may not install them; as root, run:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
      return
    fi
  fi
  say "installing with apt: ${missing[*]}"
  log=$(mktemp)
  if ! "${as_root[@]}" apt-get update -q >"$log" 2>&1 ||
    ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "apt could not install: ${missing[*]}"
  fi
  rm -f "$log"
}

# Ends the script if one of the named programs is not there.
need_programs() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "there is no $program, and nothing goes without it"
  done
}
