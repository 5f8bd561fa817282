#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# manual.sh PROGRAM TEMPLATE: the manual page of a daemon on stdout. A line `.\" KEYS` of the template becomes the keys of its configuration, as the
# program itself tells them with --help; @VERSION@ is what it says with --version.
set -eu
help=$(LC_ALL=C LANGUAGE= "$1" --help) version=$(LC_ALL=C LANGUAGE= "$1" --version)
printf '%s\n' "$help" | awk -v version="$version" -v template="$2" '
function roff(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text ~ /^[.\047]/ ? "\\&" text : text
}
/^(Sections and keys|Keys of the section)/ { inside = 1; next }
inside && /^\[/ { keys = keys ".SS " roff($0) "\n" }
inside && /^  protocol=/ { keys = keys ".PP\nWith \\fB" roff($1) "\\fR: " roff(tail($0)) "\n"; next }
inside && /^ / { keys = keys ".TP\n\\fB" roff($1) "\\fR\n" roff(tail($0)) "\n" }
function tail(line) {
    sub(/^ *[^ ]+ +/, "", line)
    return line
}
END {
    while ((getline line <template) > 0) {
        sub(/@VERSION@/, version, line)
        if (line == ".\\\" KEYS")
            printf "%s", keys
        else
            print line
    }
}'
