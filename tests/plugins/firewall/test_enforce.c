/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun-enforce-nftables: takes what the target writes and what nft lists of it, and nothing that reaches further.
 *
 * The strict reader is asked about scripts of random policies over everything the target can say, about each of them with one thing too
 * much, and about scripts as somebody would write them who wants more than the table. What it takes of the random ones goes through the
 * program into a kernel of a namespace of our own, comes back as a listing, and that must be taken again and list the same. Where there is
 * no root the program has to say so.
 */
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/firewall/enforce/script.h"
#include "policies.h"

#define RANDOM_POLICIES (g_getenv("KIJUN_SHORT") ? 12u : 60u)
#define LOADED_POLICIES (g_getenv("KIJUN_SHORT") ? 3u : 12u) /* of them */

static const char *const hooks[] = { "input", "forward", "output" };

static char *random_script(guint seed) {
    g_autofree char *text = policies_random(seed, hooks[seed % G_N_ELEMENTS(hooks)], seed % 2, 0), *refusal = NULL;
    g_autoptr(KjTable) table = policies_compile_text(text);
    char *script = policies_emit(table, "random", &refusal);
    if (!script)
        g_error("seed %u: %s\n%s", seed, refusal, text);
    return script;
}

static gboolean takes(const char *script, const char *name, KjScriptFault *fault) {
    return kj_script_check(script, strlen(script), name, fault);
}

/* ---- the reader ---- */

static void test_takes(void) {
    for (guint seed = 1; seed <= RANDOM_POLICIES; seed++) {
        g_autofree char *script = random_script(seed);
        KjScriptFault fault;
        if (!takes(script, "random", &fault))
            g_error("seed %u, line %u: `%s`: %s\n%s", seed, fault.line, fault.word, fault.problem, script);
        g_assert_false(takes(script, "randomly", &fault));
        g_assert_false(takes(script, "", &fault));
    }
}

/* Put behind each line of a good script in turn, each of them must be refused there. */
static const char *const intruders[] = {
    "include \"/tmp/x\"",
    "define x = 1",
    "redefine x = 1",
    "flush ruleset",
    "delete table inet other",
    "table inet other { }",
    "add table ip x",
    "\\",
    "$x",
    "`id`",
    "meta mark set 1",
    "ct mark set 1",
    "queue",
    "queue num 1",
    "notrack",
    "masquerade",
    "snat to 10.0.0.1",
    "dnat to 10.0.0.1",
    "redirect",
    "tproxy to :1",
    "dup to 10.0.0.1",
    "fwd to \"eth0\"",
    "synproxy",
    "type nat hook prerouting priority 0",
    "type filter hook prerouting priority 0",
    "flowtable f { }",
    "ct helper h { }",
    "secmark s { }",
    "quota q { }",
    "reset",
    "\"a\nb\"",
    "\"$x\"",
    "\"\\\"\"",
    "'a'",
    "\x01",
    "\xe9\x96\x80",
    "# a comment",
    "}",
    "{ { { } } }",
    "create",
    "insert",
};

static void test_refuses_each(void) {
    g_autofree char *script = random_script(1);
    g_auto(GStrv) lines = g_strsplit(script, "\n", -1);
    for (guint i = 0; i < G_N_ELEMENTS(intruders); i++) {
        /* Before the comment at the head, and behind the end, comments are welcome. */
        for (guint at = 1; lines[at] && lines[at + 1]; at++) {
            g_autoptr(GString) broken = g_string_new(NULL);
            KjScriptFault fault;
            for (guint line = 0; lines[line]; line++)
                g_string_append_printf(broken, "%s\n%s%s", lines[line], line == at ? intruders[i] : "", line == at ? "\n" : "");
            if (takes(broken->str, "random", &fault))
                g_error("`%s` behind line %u is taken:\n%s", intruders[i], at + 1, broken->str);
        }
    }
}

#define FRAME(body) "table inet kijun_random { }\ndelete table inet kijun_random\ntable inet kijun_random {\n" body "}\n"

static void test_refuses_scripts(void) {
    static const char *const scripts[] = {
        "",
        "\n",
        "flush ruleset\n",
        "table inet kijun_random { }\n",
        "table inet kijun_random {\n}\n",
        FRAME("") "table inet other { }\n",
        FRAME("") "include \"x\"\n",
        "table inet other { }\ndelete table inet other\ntable inet other {\n}\n",
        "table ip kijun_random { }\ndelete table ip kijun_random\ntable ip kijun_random {\n}\n",
        "table inet kijun_random { }; flush ruleset\ndelete table inet kijun_random\ntable inet kijun_random {\n}\n",
        "table inet kijun_random { }\ndelete table inet other\ntable inet kijun_random {\n}\n",
        "table inet kijun_random { }\ndelete table inet kijun_random\ntable inet kijun_random other {\n}\n",
        "table inet kijun_random_other { }\ndelete table inet kijun_random_other\ntable inet kijun_random_other {\n}\n",
        FRAME("\tmap m { }\n"),
        FRAME("\tset s { }"),
        FRAME("\tchain { }\n"),
        FRAME("\tchain \"c\" { }\n"),
        FRAME("\tchain c/d { }\n"),
        FRAME("\tchain c { jump \"x\"\n\t}\n"),
        FRAME("\tchain c { jump }\n"),
        FRAME("\tchain c {\n"),
        FRAME("\tchain c { accept\n\t}\n\tinclude \"x\"\n"),
        FRAME("\tchain c { comment \"x }\n\t}\n"),
        FRAME("\tchain c { goto include \"x\" }\n"),
    };
    KjScriptFault fault;
    g_assert_true(takes(FRAME(""), "random", &fault));
    g_assert_true(takes("# a comment\n\n" FRAME("\tchain c { jump d }\n\tchain d { accept; drop }\n") "\n", "random", &fault));
    for (guint i = 0; i < G_N_ELEMENTS(scripts); i++)
        if (takes(scripts[i], "random", &fault))
            g_error("taken: %s", scripts[i]);
    g_assert_false(kj_script_check("\0", 1, "random", &fault));
    static const char *const names[] = { "", "a b", "a;b", "a-b", "../a", "a\n", "a\"", "\xe9\x96\x80" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_false(kj_script_is_name(names[i]));
    g_assert_true(kj_script_is_name(".9580._a1"));
}

/* ---- the program ---- */

static int run(const char *const *arguments, const char *input, char **output) {
    g_autofree char *folder = g_dir_make_tmp("kijun-enforce-XXXXXX", NULL), *in = g_build_filename(folder, "in", NULL);
    const char *const shell[] = { "/bin/sh",    "-c",         "in=$1; shift; exec \"$@\" <\"$in\" 2>&1", "sh", in,
                                  arguments[0], arguments[1], arguments[1] ? arguments[2] : NULL,        NULL };
    g_autoptr(GError) error = NULL;
    int status;
    g_assert_true(g_file_set_contents(in, input, -1, NULL));
    g_spawn_sync("/", (char **)shell, NULL, G_SPAWN_DEFAULT, NULL, NULL, output, NULL, &status, &error);
    g_assert_no_error(error);
    unlink(in);
    rmdir(folder);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int enforce(const char *verb, const char *name, const char *input, char **output) {
    g_autofree char *program = g_build_filename(g_getenv("G_TEST_BUILDDIR"), "kijun-enforce-nftables", NULL);
    return run((const char *const[]){ program, verb, name, NULL }, input, output);
}

/* A namespace of our own, from here on. */
static gboolean can_load(void) {
    static int can = -1;
    if (can < 0)
        can = geteuid() == 0 && g_file_test("/usr/sbin/nft", G_FILE_TEST_EXISTS) && unshare(CLONE_NEWNET) == 0;
    if (!can)
        g_test_skip("needs root, nft and a network namespace");
    return can;
}

static char *ruleset(void) {
    char *output = NULL;
    g_assert_cmpint(run((const char *const[]){ "/usr/sbin/nft", "list", "ruleset", NULL }, "", &output), ==, 0);
    return output;
}

static void test_lists_what_it_loads(void) {
    if (!can_load())
        return;
    for (guint seed = 1; seed <= LOADED_POLICIES; seed++) {
        g_autofree char *script = random_script(seed), *said = NULL, *first = NULL, *again = NULL, *problem = NULL, *other = NULL;
        if (enforce("load", "random", script, &said) != 0)
            g_error("seed %u: %s\n%s", seed, said, script);
        g_assert_cmpint(enforce("list", "random", "", &first), ==, 0);
        if (enforce("check", "random", first, &problem) != 0 || enforce("load", "random", first, &other) != 0)
            g_error("seed %u: %s%s\n%s", seed, problem, other ? other : "", first);
        g_assert_cmpint(enforce("list", "random", "", &again), ==, 0);
        g_assert_cmpstr(first, ==, again);
    }
    g_autofree char *said = NULL, *empty = NULL, *rules = NULL;
    g_assert_cmpint(enforce("load", "random", "", &said), ==, 0);
    g_assert_cmpint(enforce("list", "random", "", &empty), ==, 0);
    g_assert_cmpstr(empty, ==, "");
    rules = ruleset();
    g_assert_cmpstr(rules, ==, "");
}

static void test_changes_nothing_else(void) {
    if (!can_load())
        return;
    g_autofree char *said = NULL, *before = NULL;
    g_assert_cmpint(
        run((const char *const[]){ "/usr/sbin/nft", "-f", "/dev/stdin", NULL }, "table inet other { chain c { accept; }; }\n", &said), ==,
        0);
    before = ruleset();
    static const char *const names[] = { "random", "other", "", "t other", "t;flush ruleset" };
    for (guint i = 0; i < G_N_ELEMENTS(intruders); i++) {
        g_autofree char *script = g_strdup_printf(FRAME("\tchain c {\n%s\n\t}\n"), intruders[i]), *answer = NULL, *after = NULL;
        g_assert_cmpint(enforce("load", names[i % G_N_ELEMENTS(names)], script, &answer), ==, 2);
        after = ruleset();
        g_assert_cmpstr(after, ==, before);
    }
    /* It asks no environment where nft is, or what time it is. */
    g_autofree char *program = g_build_filename(g_getenv("G_TEST_BUILDDIR"), "kijun-enforce-nftables", NULL), *answer = NULL;
    g_autofree char *shell = g_strdup_printf("PATH=/nowhere LD_PRELOAD= TZ=Asia/Tokyo exec %s load random", program);
    g_assert_cmpint(run((const char *const[]){ "/bin/sh", "-c", shell, NULL },
                        FRAME("\tchain c { meta hour \"09:00\"-\"10:00\" accept\n\t}\n"), &answer),
                    ==, 0);
    g_autofree char *listed = NULL;
    g_assert_cmpint(run((const char *const[]){ "/bin/sh", "-c", "TZ=UTC nft list table inet kijun_random", NULL }, "", &listed), ==, 0);
    g_assert_nonnull(strstr(listed, "meta hour \"09:00\"-\"10:00\""));
}

/* ---- whatever it takes ---- */

/* A word, a line or a byte of the script exchanged, doubled or taken out, or an intruder put in. */
static char *mutate(GRand *random, const char *script) {
    g_auto(GStrv) lines = g_strsplit(script, "\n", -1);
    guint count = g_strv_length(lines), at = (guint)g_rand_int_range(random, 0, (gint32)count),
          other = (guint)g_rand_int_range(random, 0, (gint32)count);
    g_auto(GStrv) words = g_strsplit(lines[at], " ", -1);
    guint word = (guint)g_rand_int_range(random, 0, (gint32)MAX(g_strv_length(words), 1)),
          intruder = (guint)g_rand_int_range(random, 0, G_N_ELEMENTS(intruders));
    char *changed = NULL, *joined;
    switch (g_rand_int_range(random, 0, 5)) {
    case 0: /* a line in another's place */
        changed = g_strdup(lines[other]);
        break;
    case 1: /* twice */
        changed = g_strconcat(lines[at], "\n", lines[at], NULL);
        break;
    case 2: /* with something put in */
        changed = g_strconcat(lines[at], g_rand_boolean(random) ? ";" : " ", intruders[intruder], NULL);
        break;
    case 3: { /* a word taken out */
        g_autoptr(GPtrArray) rest = g_ptr_array_new();
        for (guint i = 0; words[i]; i++)
            if (i != word)
                g_ptr_array_add(rest, words[i]);
        g_ptr_array_add(rest, NULL);
        changed = g_strjoinv(" ", (char **)rest->pdata);
        break;
    }
    default: /* a byte */
        changed = g_strdup(lines[at]);
        if (*changed)
            changed[g_rand_int_range(random, 0, (gint32)strlen(changed))] = (char)g_rand_int_range(random, 1, 256);
    }
    g_free(lines[at]);
    lines[at] = changed;
    joined = g_strjoinv("\n", lines);
    return joined;
}

/* What the reader takes, nft may take or not; in no case is anything else changed. */
static void test_mutations(void) {
    guint loads = g_getenv("KIJUN_SHORT") ? 10 : 60, loaded = 0;
    gboolean can = can_load();
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)g_test_rand_int());
    g_autofree char *said = NULL, *before = NULL;
    if (can) {
        g_assert_cmpint(run((const char *const[]){ "/usr/sbin/nft", "-f", "/dev/stdin", NULL },
                            "flush ruleset\ntable inet other { chain c { accept; }; }\n", &said),
                        ==, 0);
        before = ruleset();
    }
    for (guint seed = 1; seed <= RANDOM_POLICIES; seed++) {
        g_autofree char *script = random_script(seed);
        for (guint i = 0; i < 50; i++) {
            g_autofree char *mutant = mutate(random, script), *answer = NULL;
            KjScriptFault fault;
            if (!takes(mutant, "random", &fault)) {
                g_assert_nonnull(fault.problem);
                g_assert_cmpuint(fault.line, >, 0);
            } else if (can && loads > 0 && strcmp(mutant, script) != 0) {
                loads--;
                loaded += enforce("load", "random", mutant, &answer) == 0;
            }
        }
    }
    if (can) {
        g_autofree char *nothing = NULL, *after = NULL;
        g_assert_cmpint(enforce("load", "random", "", &nothing), ==, 0);
        after = ruleset();
        g_assert_cmpstr(after, ==, before);
        g_assert_cmpuint(loaded, >, 0);
    }
}

/* Root's other capabilities are gone before nft runs: what it could do with them it cannot. */
static void test_needs_one_privilege(void) {
    g_autofree char *said = NULL;
    if (!can_load())
        return;
    g_autofree char *program = g_build_filename(g_getenv("G_TEST_BUILDDIR"), "kijun-enforce-nftables", NULL);
    g_autofree char *without = g_strdup_printf("exec setpriv --bounding-set -net_admin --inh-caps -net_admin %s list random", program);
    g_autofree char *alone = g_strdup_printf("exec setpriv --bounding-set -all,+net_admin --inh-caps -all %s list random", program);
    if (!g_file_test("/usr/bin/setpriv", G_FILE_TEST_EXISTS)) {
        g_test_skip("needs setpriv");
        return;
    }
    g_assert_cmpint(run((const char *const[]){ "/bin/sh", "-c", without, NULL }, "", &said), ==, 3);
    g_assert_nonnull(strstr(said, "CAP_NET_ADMIN"));
    g_autofree char *listed = NULL;
    g_assert_cmpint(run((const char *const[]){ "/bin/sh", "-c", alone, NULL }, "", &listed), ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/enforce/takes", test_takes);
    g_test_add_func("/enforce/refuses-each", test_refuses_each);
    g_test_add_func("/enforce/refuses-scripts", test_refuses_scripts);
    g_test_add_func("/enforce/lists-what-it-loads", test_lists_what_it_loads);
    g_test_add_func("/enforce/changes-nothing-else", test_changes_nothing_else);
    g_test_add_func("/enforce/mutations", test_mutations);
    g_test_add_func("/enforce/needs-one-privilege", test_needs_one_privilege);
    return g_test_run();
}
