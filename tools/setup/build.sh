# Sourced by ./run: builds a preset of CMakePresets.json and shows how far it is.

report_every_s=30  # where stderr is no terminal

# Reads ninja's lines and says how far it is: on a terminal in one line that is written again, else
# in a line for each tenth of the way, and for each half minute in which nothing was said.
show_progress() {
  local line='' part status percent=0 of='' told_percent=0 told_at=$SECONDS began=$SECONDS text
  while true; do
    status=0
    IFS= read -r -t 1 part || status=$?
    line+=$part
    if ((status == 0)); then
      if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
        percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2]))
        of=", ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
      fi
      line=''
    elif ((status <= 128)); then
      break  # the end; a larger status is the second that has passed
    fi
    text=$(printf 'building: %d %%%s, %d:%02d' "$percent" "$of" $(((SECONDS - began) / 60)) \
      $(((SECONDS - began) % 60)))
    if [[ -t 2 ]]; then
      printf '\r\033[K%s: %s' "${0##*/}" "$text" >&2
    elif ((percent / 10 > told_percent / 10 || SECONDS - told_at >= report_every_s)); then
      say "$text"
      told_percent=$percent told_at=$SECONDS
    fi
  done
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# build_preset PRESET TARGET… builds from the root of the tree. What the compilers say goes to
# build/PRESET.log; if they fail, its end is shown and the script ends.
build_preset() {
  local preset=$1 log=build/$1.log
  shift
  mkdir -p build
  if [[ ! -f build/$preset/build.ninja ]]; then
    cmake --preset "$preset" >"$log" 2>&1 || {
      tail -n 30 "$log" >&2
      fail "cmake --preset $preset failed; all of its output: $log"
    }
  fi
  NINJA_STATUS='[%f/%t] ' cmake --build --preset "$preset" --target "$@" 2>&1 |
    tee "$log" | show_progress || {
    grep -E -m 20 'error|FAILED' "$log" >&2 || tail -n 30 "$log" >&2
    fail "the build failed; all of its output: $log"
  }
}
