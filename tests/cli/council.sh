# SPDX-License-Identifier: LGPL-2.1-or-later
# A repository with a root of trust, people with throw-away keys and a policy with governance, for tests of commands by which people read. Source it after tap.sh.
#   $repo       the repository; also the current folder
#   as WHO ...  kijun as that person, on the day that `on` said
#   on DAY      2026-11-DAY, at nine
#   release_as WHO TITLE   commits the working tree and releases it
# abe and baba own procedures; chiba, doi and endo are the board; baba and sato are on call; sato writes, ono releases.
command -v git >/dev/null || skip_all 'git is not installed'
command -v ssh-keygen >/dev/null || skip_all 'ssh-keygen is not installed'
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.go.jp GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@example.go.jp
export XDG_CACHE_HOME="$work/cache" NO_COLOR=1
unset GIT_DIR GIT_INDEX_FILE KIJUN_KEY || true
repo=$work/repo
day=2026-11-02

on() {
    day=2026-11-$1
}

as() {
    who=$1 what=$2
    shift 2
    case $what in
    log | when) KIJUN_KEY=$work/keys/$who "$KIJUN" "$what" "$@" ;;
    review | status) KIJUN_KEY=$work/keys/$who "$KIJUN" "$what" "$@" --at "${day}T09:00:00Z" ;;
    *) KIJUN_KEY=$work/keys/$who "$KIJUN" "$what" "$@" --at "${day}T09:00:00Z" --yes ;;
    esac
}

release_as() {
    git add -A
    git commit -q --allow-empty -m "$2"
    as "$1" release --context production --title "$2" HEAD >"$work/release.out" 2>&1 || {
        sed 's/^/# /' "$work/release.out"
        return 1
    }
}

mkdir "$work/keys" "$repo"
for who in abe baba chiba doi endo sato ono; do
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/keys/$who"
done
cd "$repo" || exit 70
git init -q -b main .
cat >people.pol <<'END'
group owners = { "abe", "baba" };
group board = { "chiba", "doi", "endo" };
group call = { "baba", "sato" };
END
cat >rules.pol <<'END'
module rules tier standard;
standard firewall org.quiet {
    parameter inside : set of address;
    telnet: deny to inside service 23/tcp;
    max_exception = 365d;
}
END
cat >edge.pol <<'END'
use people;
firewall border conforms to org.quiet with inside = 10.0.0.0/8 {
    default deny;
    web: allow to 10.1.0.1 service 80/tcp;
}
test "no telnet" {
    firewall border: from 192.0.2.1 to 10.1.0.1 service 23/tcp => deny by default;
}
enforce border by nftables on { "gw1", "production" };
END
cat >desk.pol <<'END'
acl records {
    default deny;
    read: allow principal "abe" action read resource "/records/**";
}
enforce records by setfacl on { "staging" };
END
cat >governance.pol <<'END'
module governance tier standard;
use people;
governance main {
    words: require count 1 from people.owners when editorial and not emergency;
    owner: require count 1 from people.owners when tier == procedure and not editorial and not emergency;
    board: require count 2 from people.board when (tier == standard or weakens or widens) and not editorial and not emergency;
    close: require count 1 from people.call when emergency and not widens;
    open: require count 2 from people.call when emergency and widens;
    after: ratify count 2 from people.board within 72h when emergency;
}
END
printf 'What we do and why.\n' >README
set --
for who in abe baba chiba doi endo sato; do
    set -- "$@" --person "$who=$work/keys/$who.pub"
done
"$KIJUN" init --governance --signer "ono=$work/keys/ono" "$@" . >"$work/init.out" 2>&1 || { sed 's/^/# /' "$work/init.out"; exit 70; }
