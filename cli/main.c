/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun: the command table, and what every command shares is in common.c. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "../history/fetch.h"
#include "cli.h"

const KjCommand kj_commands[] = {
    { "check", "[PATH]", N_("Parse, type and analyse a policy."), kj_command_check, kj_options_check,
      N_("PATH is the current folder when it is left out. Messages go to standard error; json, sarif (SARIF 2.1.0) and github (workflow commands) are data and "
         "go to standard output. The exit code is 1 when the policy has errors, and with --fail-on=warning when it has warnings.") },
    { "fmt", "[PATH]", N_("Rewrite policy files in their canonical form."), kj_command_fmt, kj_options_fmt,
      N_("There is one canonical form and no way to change it. The names of the files that change are printed. A file that does not parse is told and left as it "
         "is; every other file is replaced as a whole.") },
    { "fix", "[PATH]", N_("Apply the corrections that messages offer."), kj_command_fix, kj_options_fix,
      N_("Corrects what can be corrected without a question: full-width punctuation, a missing `;`, bits set beyond a prefix's length, and whatever else a "
         "message has an exact replacement for. Each change is printed as file:line:column: old -> new. A change after which a file would parse worse is not "
         "made. The exit code is 1 when errors remain.") },
    { "explain-code", "[CODE]", N_("Explain the code of a message, with a wrong and a right example."), kj_command_explain_code, NULL,
      N_("Without CODE all codes are listed. The page is English, or Japanese when LANGUAGE or the locale says so.") },
    { "build", "[PATH]", N_("Compile a policy into a table file."), kj_command_build, kj_options_build,
      N_("The same sources give the same bytes on every machine. The table is verified before it is written, and the file is replaced as a whole or not "
         "at all.") },
    { "show", "PATH", N_("Show the blocks, rules and sizes of a table."), kj_command_show, kj_options_show,
      N_("PATH may be a policy: it is then built in memory. The sentences of --sentences are English, or Japanese when LANGUAGE or the locale says so.") },
    { "verify", "FILE.kjt", N_("Check that a table file is whole and sound."), kj_command_verify, kj_options_verify,
      N_("A table is sound when its hash is right and its structure holds everything the format demands. With --rebuild it must also be, byte for byte, what "
         "those sources build.") },
    { "describe", "[DOMAIN [FIELD]]", N_("Show the vocabulary of the installed domains."), kj_command_describe, kj_options_describe,
      N_("A plugin that cannot be used is told on standard error with the reason; the others work all the same.") },
    { "decide", "PATH BLOCK [FIELD=VALUE...]", N_("Decide one request, or many from a file."), kj_command_decide, kj_options_decide,
      N_("The answer is the effect, a tab, and the label of the rule that decides, or `default`. Whatever is wrong with a request is answered with `deny` and "
         "`error`, and the exit code is then 1; a refusal is an answer, and its exit code 0. A field that is not given is missing; a set takes its members "
         "separated by commas.\n\n"
         "The first line of a --batch file names the fields, the column `at` is the instant of each request, an empty cell is a missing field. A secret such as "
         "a password never belongs on the command line: use --request.") },
    { "explain", "PATH BLOCK [FIELD=VALUE...]", N_("Decide one request and say why, as sentences."), kj_command_explain, kj_options_explain,
      N_("Tells what was asked, which rule decides and where it stands, what follows from it, and on a refusal the smallest change to the request that would get "
         "through. The sentences are English, or Japanese when LANGUAGE or the locale says so.") },
    { "test", "[PATH]", N_("Run the tests and proofs written in the policy."), kj_command_test, kj_options_test,
      N_("The exit code is 1 when a test or a proof fails, or when fewer rules than --threshold asks for decide a test.\n\n"
         "--coverage also tells how much of each rule was touched. A rule is taken by its values: of each field that it asks about, the values that the block "
         "tells apart and at which the rule decides. A value is touched when the rule decides a test with it, or a request with it is in the region of a proof.") },
    { "emit", "TARGET PATH [BLOCK]", N_("Write the enforcement text for a target."), kj_command_emit, kj_options_emit,
      N_("Writes the text on standard output, whole or not at all. What a target cannot say exactly is refused, with the rule and the reason. Without BLOCK "
         "every block whose domain has the target is written. `kijun describe DOMAIN` lists the targets of a domain.\n\n"
         "With --prove the text is loaded where it touches nothing (nftables: a network namespace of its own, which needs root), read back from there by a "
         "reader that shares nothing with the writer, and compared with the source for every request: effect, limit, log. A difference is shown with a request and "
         "the rules of both sides, and the exit code is 1. Where the proof cannot be done the exit code is 77. Either way nothing is written. PATH is then a "
         "policy, not a table.") },
    { "diff", "OLD NEW", N_("Show what a change of a policy does."), kj_command_diff, kj_options_diff,
      N_("OLD and NEW are policies: folders, files, revisions of the git repository (HEAD~1: is its root at that commit, main:policies a folder of it, and : the "
         "index), or /dev/null for none. Each change is told as a sentence: which requests are decided otherwise, how many gain or lose, until when, by which rules, and "
         "one example to paste into `kijun explain`; then the guards that were lost or gained; then, folded, what only moved or was renamed. html is one file for "
         "a reviewer. The exit code is 0 only when everything is equal, and else 2.") },
    { "apply", "[BLOCK] [PATH]", N_("Enforce a block on this machine, now, and undo it by itself."), kj_command_apply, kj_options_apply,
      N_("Puts BLOCK in force by the target that its `enforce` names for this host, without any governance. PATH is the current folder when it is left out. A policy "
         "that `kijun build` would refuse is not applied, nor a block that would cut off the machine or the session you are in. nftables replaces the one table "
         "`inet kijun_NAME` in one step: connections live on, and no other table is touched. It takes root, or CAP_NET_ADMIN for kijun-enforce-nftables.\n\n"
         "What was in force before is kept, and a process of its own puts it back when nobody confirms in time. On a terminal you are asked; elsewhere, or better over a "
         "new connection, `kijun apply --confirm BLOCK` keeps it and `--undo` does not. When that process was killed, `kijun apply --recover` undoes what is left; let it "
         "run once when the machine starts. --show tells what was applied, and ends in 2 when something else is in force by now.\n\n"
         "What it remembers is in the folder that KIJUN_STATE names, or else in lib/kijun-apply of the state folder. The exit code is 5 when it is refused, or was not "
         "confirmed.") },
    { "replay", "OLD NEW", N_("Decide recorded requests by two versions of a policy."), kj_command_replay, kj_options_replay,
      N_("Reads the --log file, which is needed, request by request, and counts what NEW answers otherwise than OLD: another effect, "
         "rate or obligation, or another rule. Each kind of change is shown with its share of the requests and some of them, as arguments of `kijun explain`. Without "
         "--block the requests are for the one block of both policies whose fields the first line names, or for the block that the log itself is of.\n\n"
         "The file has the form of `decide --batch` (tsv), is the decision log as JSON lines (kijun), or a system's own log that a domain reads; which, is seen from "
         "how it begins. Requests of which such a log does not tell enough are passed over and counted.\n\n"
         "The exit code is 0 when every request is answered as before and 2 when any is not; it is 1 when a row could not be used by either version: then the "
         "counts are of the others.") },
    { "audit", "DOMAIN PATH BLOCK FORM:OWNER=FILE...", N_("Decide what a system is set up to do by itself."), kj_command_audit,
      kj_options_audit,
      N_("Reads files in which a system says what it will do by itself, such as the forwards of a mail server, and puts each of it to BLOCK. `kijun describe DOMAIN` "
         "lists the forms of files and what OWNER is for each. FILE may be a folder of home folders where the form says what such a file is called there.\n\n"
         "What the files do not say (who will write to a mailbox) is left open: a forward passes whatever it is, is refused whatever it is, or depends on it, and then an "
         "example of each is shown. What passes is shown with --all. What cannot be told from the files, such as an address that a script makes while it runs, is shown too. "
         "The exit code is 1 when anything is refused or cannot be told. PATH is a policy, not a table.") },
    { "bench", "PATH BLOCK", N_("Measure the cost of a decision."), kj_command_bench, kj_options_bench,
      N_("Decides the requests of the --batch file, which is needed, over and over and prints the cost as JSON: the median and the 99th percentile of one "
         "decision in nanoseconds, how many a second, the size of the table and what loading it took.") },
    { "breach", "build|test|show FILE...", N_("Build, ask and show a filter of breached passwords."), kj_command_breach, kj_options_breach,
      N_("build makes the filter of the lists that are named, `-` being standard input: SHA-1 hashes in hexadecimal, one a line and perhaps with `:COUNT` as Have I "
         "Been Pwned publishes them, or with --plain passwords as they are. It needs some 40 MB of memory whatever the length of the lists, and 8 bytes a "
         "password in the output's folder. The filter has 18 bits a password, knows every password of the lists, and takes one in 65,536 of all others for one of them.\n\n"
         "test reads passwords from standard input, one a line, and answers each by the number of its line: breached, unknown, or unusable where it can be no password.\n\n"
         "show tells how many passwords a filter knows. A password block asks it with `breached`: pam_kijun by its argument breach=, `decide --request` by the file "
         "that KIJUN_BREACH_FILTER names, or else breach.filter in the configuration folder if it is there.") },
    { "init", "[DIR]", N_("Start a new workspace or a root of trust, or have git show effects."), kj_command_init, kj_options_init,
      N_("Makes DIR with one small commented policy for each domain, the tests of which pass, and tells what to do next. A folder that holds anything "
         "already is left as it is.\n\n"
         "With --git nothing of this is done. The repository that DIR lies in is set up instead: .gitattributes says that policy and CSV files are compared by "
         "kijun, and the repository's settings say how, so that `git diff` shows what a change does before it shows its text. `git log -p` and `git show` run such "
         "programs only with --ext-diff; `git effects` is set up to be short for that. Without it they show canonical text. DIR is remembered as the "
         "workspace (kijun.workspace); a repository may have several.\n\n"
         "With --governance a root of trust is begun there: who may sign what, signed by every --signer in turn in this one sitting, by ssh-keygen. Without --signer you "
         "are the only one, with your own key (KIJUN_KEY, or kijun.key or user.signingkey of git's settings). It prints the digest that hosts pin. Where there are several and the workspace DIR has "
         "no governance block, a first one is written into DIR/governance.pol. `kijun root` changes it from then on.") },
    { "root", "[show|propose|sign|adopt|export]", N_("Show and change who may sign what: the root of trust."), kj_command_root,
      kj_options_root,
      N_("The root says whose keys are whose, who may sign roots and releases and how many must, who stands in for whom, and which recovery keys lie in a vault. It lives "
         "in refs/kijun/root of the repository of the current folder; `kijun init --governance` begins it. A host pins the digest of one version and follows from there.\n\n"
         "show (or nothing) tells the root in force and the drafts of the next one.\n\n"
         "propose prepares the next version: it is as the one before but for what the options say. Who proposes signs it too.\n\n"
         "sign signs the draft, after showing what it changes and the exact bytes. As many must sign as the version before wants, or as its recovery keys' threshold says, and as "
         "many as the new one wants itself. Signatures lie in refs/kijun/root-draft, one reference for each, so people sign on machines of their own and in any order: git push "
         "REMOTE 'refs/kijun/*:refs/kijun/*'. A key that is never near a network signs by itself: kijun root show --draft DIGEST --format bytes >root, there ssh-keygen -Y sign -n "
         "kijun-root@v1 -f KEY root, and here kijun root sign --signature root.sig.\n\n"
         "adopt puts the draft in force once enough have signed. A key that is revoked, from whatever release on, signs no root any more.\n\n"
         "export allowed_signers writes the keys for ssh-keygen -Y verify and git log --show-signature; export codeowners [FOLDER] who is asked about which file of the last commit, for a "
         "forge. Both say in comments what they cannot express.\n\n"
         "The exit code is 5 when too few have signed, or the root cannot be believed.") },
    { "propose", "[CHANGE]", N_("Propose a change, and say whom it needs."), kj_command_propose, kj_options_propose,
      N_("Says what the change does to what is in force, whose approvals that needs and who could give them, signs that you propose it, and prints the proposal's digest, of which the first "
         "letters will do everywhere.\n\n"
         "CHANGE is a revision of git (HEAD, a branch; REV:FOLDER), a folder of the working tree, or, when it is left out, the whole working tree as `git add --all` would take it. The whole "
         "workspace is kept in refs/kijun/proposals. You do not approve what you propose, nor do those whom you name with --author.\n\n"
         "With --emergency the people on call decide: each signs (`kijun approve --emergency`), `kijun release --emergency` puts it in force, and at --until it ends by itself unless it is "
         "ratified (`kijun approve --ratify`) and released as any other change.\n\n"
         "Statements are signed by ssh-keygen; the exact bytes are shown first. They go into refs/kijun of the repository: git push ORIGIN 'refs/kijun/*:refs/kijun/*'. The exit code is 5 when something is "
         "refused, here and in all commands of this kind.") },
    { "approve", "[CHANGE] [UNIT...]", N_("Approve a change, unit by unit."), kj_command_approve, kj_options_approve,
      N_("CHANGE is a proposal's digest, a revision, or a folder. For each UNIT, or without any for those where your approval would help, it tells what the change does, recomputed here, shows the exact "
         "bytes, and signs. An approval is of a unit's text before and after, whatever commit that stands in: it outlives a rebase, and lapses when somebody changes that unit.\n\n"
         "What could never count is refused: your own change, one that your groups are not asked about, one that you approved before.\n\n"
         "--overrules names a veto. --emergency signs an emergency beside others, --ratify agrees to one afterwards. --record attests that --by decided it on paper; it counts once two people "
         "have attested the same.") },
    { "veto", "CHANGE UNIT", N_("Veto a change of a unit."), kj_command_veto, kj_options_veto,
      N_("The text of the unit is not released until you withdraw the veto, or those who must agree overrule it and are one more. It binds only from people whose approval is asked for.") },
    { "comment", "CHANGE UNIT TEXT", N_("Comment on a change of a unit, or give an opinion."), kj_command_comment, kj_options_comment,
      N_("Neither fills a seat. Both stay with the change and are shown by `kijun review`.") },
    { "delegate", "NAME", N_("Let somebody stand in for you."), kj_command_delegate, kj_options_delegate,
      N_("NAME sits on your seats of one group until a day. Each person has one seat however many send him, and none where the one who sent him is an author.") },
    { "withdraw", "DIGEST", N_("Take back what you have signed."), kj_command_withdraw, kj_options_withdraw,
      N_("DIGEST is of an approval, veto, record, delegation, emergency or ratification that the same key signed.") },
    { "release", "[CHANGE]", N_("Release a change that was agreed to."), kj_command_release, kj_options_release,
      N_("Judges the change as every host will, and says unit by unit whose approval is missing and who could give it (exit code 5). Otherwise it is signed and published in refs/kijun/releases. CHANGE is a "
         "proposal's digest, a revision or a folder (HEAD).\n\n"
         "Where the root wants several signatures, --draft FILE writes the first, and each of the others runs --sign FILE with the same CHANGE, which makes the statement again and compares. The last one "
         "publishes.\n\n"
         "--emergency releases an emergency. --heartbeat tells hosts that the latest release is still the latest, so that they do not take silence for an attack.") },
    { "rollback", "RELEASE", N_("Propose to go back to an earlier release."), kj_command_rollback, kj_options_rollback,
      N_("RELEASE is a number or a digest. What it held is proposed as a change of what is in force now, and needs the approvals that such a change needs.") },
    { "review", "[CHANGE]", N_("Show everything one needs to know to agree to a change."), kj_command_review, kj_options_review,
      N_("On one page: whether the change may be released and whose approval is missing, who is barred; what it does to what is in force; the standards and exceptions at work and until "
         "when; what it does to the requests of --log; vetoes, opinions and comments; what the context will enforce, where, by what, and how to undo it; whose word counts and whose does not, and why; "
         "and the exact bytes that an approval would sign. CHANGE is a proposal's digest, a revision, or a folder; the whole working tree when it is left out.\n\n"
         "--html writes one file for a browser, --format json the same for programs, such as a forge's. With --check only what is missing is said, and the exit code is 5 if anything is: for a hook "
         "that refuses what nobody has agreed to.") },
    { "log", "[CONTEXT]", N_("Tell what each release did."), kj_command_log, kj_options_log,
      N_("Newest first: what each release of the context did, by sentences computed from what it carries and what the lasting release before it carried; who approved it, who "
         "released it; emergencies and how they ended. Heartbeats are counted. Of blocks that the context does not enforce a release carries a digest only, and only the signed verdict is shown.\n\n"
         "Signatures are verified, and that those may release who did. Whether everybody agreed who had to is judged again by each host, and by `kijun verify-release`.") },
    { "when", "BLOCK [FIELD=VALUE...]", N_("Since which release a request has been decided as it is."), kj_command_when, kj_options_when,
      N_("Decides the request by the block as each release carried it, newest first, and tells from which one on the answer (effect, parameters, obligations) is what it is now, which change "
         "made it so, who approved that, and what was decided before. With --all every earlier change of the answer is told too. A release in which the block's text is the same is "
         "not asked again, so a thousand releases take about a second, and what was learnt is kept in the folder kijun of the cache folder, which may be deleted.") },
    { "deploy", "[CONTEXT]", N_("Put the newest release of a context in force on this machine."), kj_command_deploy, kj_options_deploy,
      N_("Fetches the one reference refs/kijun/releases/CONTEXT, verifies every release in it from the root that this host was told to believe, and puts the newest in force: its folder is written, "
         "`current` names it, and what `enforce` says of this host is put in force as `kijun apply` does. Services load `current/policy.kjt`. What is refused is named, written into the journal, "
         "and changes nothing; the exit code is then 5.\n\n"
         "The first time a host is told where releases come from (--from: a repository, its address, or a file made by `git bundle create FILE refs/kijun/releases/CONTEXT`) and which root it believes "
         "(--trust, the digest that `kijun root` shows). From then on `kijun deploy CONTEXT` is all; kijun-deploy@CONTEXT.timer runs it every few minutes.\n\n"
         "With --confirm-within the release before is put back unless `kijun deploy CONTEXT --confirm` comes in time. An emergency ends by itself in the table; the next run puts the release before it in force "
         "again. Nothing new for longer than the last release promised is told as a freeze, with exit code 5.") },
    { "verify-release", "[CONTEXT]", N_("Verify every release of a context, as a host does."), kj_command_verify_release,
      kj_options_verify_release,
      N_("Verifies every release from the root on, with nothing taken on trust but that root: of the repository of the current folder, or of --from, as a host would fetch it. Says also what was said before a "
         "release and is left out of it.\n\n"
         "With --against the workspace CHANGE (a folder, REV:, REV:FOLDER) must be, unit by unit, what the newest release says. The exit code is 5 when anything is refused.") },
    { "status", "", N_("What is in force, on its way, and about to end."), kj_command_status, kj_options_status,
      N_("Tells which release of the context is in force, an emergency and until when it must be ratified, the proposals that wait and for whom, and what ends within 30 days: the "
         "release's promise of news, the root, exceptions, approvals. What ended already stands under MISSED.") },
    { "completion", "bash|zsh|fish", N_("Write a completion script for a shell."), kj_command_completion, kj_options_completion,
      N_("bash: kijun completion bash >~/.local/share/bash-completion/completions/kijun\n\n"
         "zsh: kijun completion zsh >FOLDER/_kijun, with a folder of $fpath\n\n"
         "fish: kijun completion fish >~/.config/fish/completions/kijun.fish") },
    { "manual", "[PAGE]", N_("Write a manual page."), kj_command_manual, kj_options_manual,
      N_("Writes the page in the form man(1) reads: kijun manual kijun-check | man -l -. Without PAGE the names of all pages are listed.") },
    { NULL, NULL, NULL, NULL, NULL, NULL },
};

static void print_usage(FILE *out) {
    fputs(_("kijun: security policy as code\n\nUsage: kijun COMMAND [OPTIONS] [ARGUMENTS]\n\n"), out);
    for (const KjCommand *command = kj_commands; command->name; command++)
        fprintf(out, "  %-12s %-28s %s\n", command->name, command->arguments, _(command->summary));
    fputs(_("\n`kijun COMMAND --help` tells a command's options. A PATH is a folder of .pol files, one .pol file, a .kjt table, or any of "
            "these in a git revision (HEAD~1:, main:policies).\n"),
          out);
}

static const KjCommand *find_command(const char *name) {
    for (const KjCommand *command = kj_commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int unknown_command(const char *name) {
    const char *names[G_N_ELEMENTS(kj_commands)] = { NULL };
    for (guint i = 0; kj_commands[i].name; i++)
        names[i] = kj_commands[i].name;
    const char *nearest = kj_did_you_mean(name, names);
    if (nearest)
        fprintf(stderr, _("kijun: there is no command `%s`; did you mean `%s`?\n"), name, nearest);
    else
        fprintf(stderr, _("kijun: there is no command `%s`; `kijun --help` lists them all\n"), name);
    return KJ_EXIT_USAGE;
}

static gboolean is_plain(const char *locale) {
    return locale[0] == 'C' && (locale[1] == '\0' || locale[1] == '.');
}

/* Kijun speaks Japanese also where no Japanese locale is installed: gettext asks LANGUAGE in every locale but "C" (newer C libraries: but "C" and
 * "C.UTF-8"), so one that is there stands in. The catalogue's folder is fixed at build; like the plugins', the environment may override it except
 * under AT_SECURE, because a catalogue holds printf formats. */
static void choose_language(void) {
    static const char *const stand_ins[] = { "ja_JP.UTF-8", "en_US.UTF-8", "C.UTF-8" };
    const char *language = kj_cli_language(), *folder = getauxval(AT_SECURE) ? NULL : g_getenv("KIJUN_LOCALE_PATH");
    setlocale(LC_ALL, "");
    g_setenv("LANGUAGE", language, TRUE);
    const char *locale = setlocale(LC_MESSAGES, NULL);
    for (guint i = 0; strcmp(language, "en") != 0 && i < G_N_ELEMENTS(stand_ins) && (!locale || is_plain(locale)); i++)
        locale = setlocale(LC_MESSAGES, stand_ins[i]);
    if (strcmp(language, "en") != 0 && !g_get_charset(NULL))
        setlocale(LC_CTYPE, "C.UTF-8"); /* or the C library's own messages become question marks */
    bindtextdomain(GETTEXT_PACKAGE, folder && *folder ? folder : KJ_LOCALE_DIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
}

int main(int argc, char **argv) {
    choose_language();
    kj_fetch_serve(argc, argv);
    if (argc < 2) {
        print_usage(stderr);
        return KJ_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return KJ_EXIT_FINE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("kijun " PACKAGE_VERSION);
        return KJ_EXIT_FINE;
    }
    const KjCommand *command = find_command(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    g_set_prgname(command->name);
    kj_cli_progress_begin();
    int code = command->run(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout))
        return kj_cli_fail(KJ_EXIT_IO, _("standard output could not be written"));
    return code;
}
