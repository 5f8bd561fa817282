# SPDX-License-Identifier: LGPL-2.1-or-later
# What tests of the governed workspace share; source it after tap.sh.
#   govern FOLDER NAME...   $work/repo: a repository with FOLDER's files, a root in which the first NAME signs, and release 1 of the context `office`
#   as NAME COMMAND...      kijun as that person, who has agreed to sign
#   proposed                the digest of the proposal (or emergency) that was signed last, as the command printed it in $work/out
for program in git ssh-keygen; do
    command -v $program >/dev/null || skip_all "$program is not installed"
done
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.go.jp GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@example.go.jp
unset GIT_DIR GIT_INDEX_FILE || true

make_keys() {
    mkdir -p "$work/keys"
    for name in "$@"; do
        ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$work/keys/$name"
    done
}

govern() {
    source=$1 first=$2
    shift
    make_keys "$@"
    shift
    mkdir "$work/repo"
    cp -r "$source/." "$work/repo"
    cd "$work/repo" || exit 70
    git init -q -b main .
    git add -A
    git commit -qm 'The policy as it is'
    git config kijun.context office
    people=
    for name in "$@"; do
        people="$people --person $name=$work/keys/$name"
    done
    # shellcheck disable=SC2086
    "$KIJUN" init --governance --signer "$first=$work/keys/$first" $people >"$work/out" 2>"$work/err" </dev/null || sed 's/^/# /' "$work/err"
    as "$first" release >"$work/out" 2>"$work/err" || sed 's/^/# /' "$work/err"
}

# The option that asks nothing goes behind the command's name.
as() {
    person=$1 command=$2
    shift 2
    KIJUN_KEY="$work/keys/$person" "$KIJUN" "$command" --yes "$@"
}

proposed() {
    sed -En 's/^(proposal|emergency) ([0-9a-f]{12})[: ].*/\2/p' "$work/out"
}
