#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ends a command at every system call by which it changes files, and fails each of those calls, once each, and asks after each time whether what it left is sound.
#
#   inject.sh [--follow] [--every K] [--errors-only | --kills-only] --setup COMMAND --run COMMAND --check COMMAND
#
# The commands are for sh. --setup is run once and fills the folder "$place"; each point starts from a copy of it, at the same path. --run is what is ended or failed. --check is
# run after it with $ended: `killed`, or the exit code of --run. It prints one word for what it found (old, new), which is counted, and ends in other than 0 when that is
# not sound; what it says then is shown.
#
# A point is a call, or the Nth of its name: killed at its beginning (nothing of it was done), failed with ENOSPC, failed with EIO. Failed are those that give a place to bytes or names;
# standard output and error are never failed. Where they are is learnt from a run that nobody disturbs, so --run must make the same calls each time. With --follow
# children are traced, too: N is then counted in each process by itself, and every process is ended at its Nth; what a parent does without that is seen in a run without it.
# --every K takes every Kth point only.
#
# Prints a line for each kind of point and ends in 1 when any was not sound, in 77 when there is no strace, or it may not trace here.
set -u
calls=open,openat,creat,write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,truncate,ftruncate,fallocate,fchmod,chmod
follow='' every=1 kills=yes errors=yes setup=: run='' check=''
while [ $# -gt 0 ]; do
    case $1 in
    --follow) follow=-f ;;
    --every) every=$2 && shift ;;
    --errors-only) kills='' ;;
    --kills-only) errors='' ;;
    --setup) setup=$2 && shift ;;
    --run) run=$2 && shift ;;
    --check) check=$2 && shift ;;
    *) echo "inject.sh: $1?" >&2 && exit 3 ;;
    esac
    shift
done

# In memory where there is such a place: a thousand points sync some ten thousand times, and what a call does to files is the same.
traced=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$traced"' EXIT
place=$traced/place
export place
# A leak detector traces, too, and two cannot.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

if ! strace -qq -o "$traced/log" true 2>"$traced/err"; then
    echo "inject.sh: strace does not work here: $(head -1 "$traced/err")" >&2
    exit 77
fi
mkdir "$place"
sh -c "$setup" || { echo "inject.sh: --setup failed" >&2 && exit 1; }
cp -a "$place" "$traced/pristine"

# What is called: one line `CALL N`, and `CALL N fails` where it may be failed.
# shellcheck disable=SC2086
strace -qq $follow -s 0 -o "$traced/log" -e trace="$calls" -e signal=none sh -c "exec $run" >"$traced/out" 2>&1 || { cat "$traced/out" && echo "inject.sh: --run failed by itself" && exit 1; } >&2
awk -v follow="$follow" '
    { process = 0 }
    follow { process = $1; sub(/^[0-9]+ +/, "") }
    !/^[a-z0-9_]+\(/ { next }
    {
        call = $0; sub(/\(.*/, "", call)
        number = ++count[process, call]
        if ((call ~ /^open/) && !/O_CREAT|O_TRUNC/) next
        failing = call !~ /^(unlink|rmdir|fchmod|chmod)/ && !/^p?writev?(64)?\([12],/
        point = call " " number
        if (!(point in seen)) order[++points] = point
        seen[point] = seen[point] || failing
    }
    END { for (i = 1; i <= points; i++) print order[i], (seen[order[i]] ? "fails" : "") }' "$traced/log" >"$traced/points"

# One point: CALL N WHAT KIND
try() {
    rm -rf "$place" && cp -a "$traced/pristine" "$place"
    ended=0
    # shellcheck disable=SC2086
    strace -qq $follow -o /dev/null -e trace="$1" -e signal=none -e inject="$1:$3:when=$2" sh -c "exec $run" >"$traced/out" 2>&1 </dev/null || ended=$?
    [ "$ended" -lt 128 ] || ended=killed
    export ended
    if found=$(sh -c "$check" 2>"$traced/err"); then
        echo "$4 $found" >>"$traced/found"
    else
        echo "$4 WRONG" >>"$traced/found"
        { echo "after $1 number $2, $3, which ended in $ended: $found" && cat "$traced/err" "$traced/out"; } | sed 's/^/# /' >&2
    fi
}

: >"$traced/found"
index=0
while read -r call number fails; do
    index=$((index + 1))
    [ $((index % every)) = 0 ] || continue
    [ -z "$kills" ] || try "$call" "$number" signal=KILL killed
    if [ -n "$errors" ] && [ -n "$fails" ]; then
        try "$call" "$number" error=ENOSPC ENOSPC
        try "$call" "$number" error=EIO EIO
    fi
done <"$traced/points"
[ -s "$traced/found" ] || { echo "inject.sh: there was no point" >&2 && exit 1; }
for kind in killed ENOSPC EIO; do
    awk -v kind="$kind" -v of="$index" -v every="$every" '$1 == kind { points++; count[$2]++ }
        END { if (points) { printf "%s: %d points", kind, points
            if (every > 1) printf " (at one in %d of %d calls)", every, of
            if (count["old"]) printf ", %d old", count["old"]
            if (count["new"]) printf ", %d new", count["new"]
            printf ", %d wrong\n", count["WRONG"] } }' "$traced/found"
done
! grep -q ' WRONG$' "$traced/found"
