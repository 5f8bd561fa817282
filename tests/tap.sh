# SPDX-License-Identifier: LGPL-2.1-or-later
# A few words for shell tests that speak TAP. Source it, call the functions, end with `finish`.
#   work         a private folder, removed at the end
#   is           WHAT GOT WANTED      two texts are equal
#   exits        WHAT CODE COMMAND... the command ends with that code; its output is in $work/out and $work/err
#   says         WHAT FILE PATTERN    the file has a line that matches the extended regular expression
set -u
tap_count=0 tap_failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tap_result() {
    tap_count=$((tap_count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $tap_count - $2"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_count - $2"
    fi
}

is() {
    if [ "$2" = "$3" ]; then
        tap_result 0 "$1"
    else
        tap_result 1 "$1"
        printf '%s\n' "got:" "$2" "wanted:" "$3" | sed 's/^/# /'
    fi
}

exits() {
    tap_what=$1 tap_code=$2
    shift 2
    tap_status=0
    "$@" >"$work/out" 2>"$work/err" </dev/null || tap_status=$?
    is "$tap_what" "$tap_status" "$tap_code"
    [ "$tap_status" = "$tap_code" ] || sed 's/^/# /' "$work/err"
}

says() {
    if grep -Eq -- "$3" "$2"; then
        tap_result 0 "$1"
    else
        tap_result 1 "$1"
        sed 's/^/# /' "$2"
    fi
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

finish() {
    echo "1..$tap_count"
    [ "$tap_failed" = 0 ]
    exit
}
