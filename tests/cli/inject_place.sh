# SPDX-License-Identifier: LGPL-2.1-or-later
# One step of tests/cli/inject.test, in a process of its own: inject_place.sh setup|check deploy|release. Works in the folder $place.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@e.jp GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@e.jp
export KIJUN_STATE="$place/applied" KIJUN_ROOT="$place/root"
set -eu
say() {
    echo "$*" >&2
}
as() {
    person=$1 command=$2
    shift 2
    KIJUN_KEY="$place/keys/$person" "$KIJUN" "$command" --yes "$@" >&2
}

setup() {
    mkdir -p "$place/root/etc/security" "$place/keys" "$place/repo"
    for name in ota sato; do
        ssh-keygen -q -t ed25519 -N '' -f "$place/keys/$name"
    done
    cd "$place/repo"
    git init -q -b main .
    printf 'module governance tier standard;\ngroup owners = { "ota" };\ngovernance main { all: require count 1 from owners; }\n' >governance.pol
    printf 'acl login {\n    field from : address;\n    default deny;\n    staff: allow principal "alice" from 10.1.0.0/16 action login;\n}\nenforce login by pam_access on { "db1" };\n' >edge.pol
    git add -A && git commit -qm old
    git config kijun.context office
    "$KIJUN" init --governance --signer ota="$place/keys/ota" --person sato="$place/keys/sato" >&2
    as ota release
    "$KIJUN" deploy office --from "$place/repo" --trust "$("$KIJUN" root show --format json | sed -n 's/.*"digest" : "\([0-9a-f]*\)".*/\1/p' | head -n 1)" --state "$place/host" --host db1 >&2
    sed -i 's|10.1.0.0/16|10.1.2.0/24|' edge.pol && git commit -qam new
    as sato propose HEAD
    as ota approve HEAD
    [ "$1" = release ] || as ota release HEAD
}

# The release in force is whole, and of one of the two; the next run brings the new one, with everything.
check_deploy() {
    "$KIJUN" verify "$place/host/current/policy.kjt" >&2
    case $(sed -n 's/.*from \(10[0-9./]*\) .*/\1/p' "$place/host/current/sources/edge.pol") in
    10.1.0.0/16) found=old ;;
    10.1.2.0/24) found=new ;;
    *) found=neither ;;
    esac
    echo $found
    [ $found != neither ]
    [ "$ended" != 0 ] || [ $found = new ]
    "$KIJUN" deploy office --state "$place/host" >&2
    grep -q 10.1.2.0/24 "$place/host/current/sources/edge.pol"
    grep -q 10.1.2.0/24 "$place/root/etc/security/kijun-access.conf"
    "$KIJUN" status --live --state "$place/host" >&2
    [ "$(ls "$place/host/releases" | wc -l)" = 2 ]
}

# Everything that is published verifies; a second run releases what the first did not.
check_release() {
    cd "$place/repo"
    git fsck --strict --connectivity-only >&2
    "$KIJUN" verify-release office >"$place/verified"
    case $(cat "$place/verified") in
    *'release 1 '*) found=old ;;
    *'release 2 '*) found=new ;;
    *) found=neither ;;
    esac
    echo $found
    [ $found != neither ]
    [ "$ended" != 0 ] || [ $found = new ]
    [ $found = new ] || as ota release HEAD
    "$KIJUN" verify-release office | grep -q 'release 2 '
    "$KIJUN" deploy office --state "$place/host" >&2
    grep -q 10.1.2.0/24 "$place/host/current/sources/edge.pol"
}

case $1 in
setup) setup "$2" ;;
check) "check_$2" ;;
run)
    cd "$place/repo"
    case $2 in
    deploy) exec "$KIJUN" deploy office --state "$place/host" ;;
    release) KIJUN_KEY="$place/keys/ota" exec "$KIJUN" release --yes HEAD ;;
    esac
    ;;
esac
