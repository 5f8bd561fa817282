/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun explain-code: the page of a code, or the list of them all. The texts are data (compiler/codes/); here is only how a page looks, so
 * its few headings are a table too, in both languages like the texts.
 */
#include <stdio.h>
#include <string.h>

#include "../compiler/codes.h"
#include "cli.h"

typedef const char *const Text[KJ_LANGUAGES];

static Text severity_words[] = {
    [KJ_SEVERITY_NOTE] = { "note", "参考" }, [KJ_SEVERITY_WARNING] = { "warning", "警告" }, [KJ_SEVERITY_ERROR] = { "error", "エラー" } };
static Text says = { "Kijun says", "表示される文" },
            wrong_title = { "Wrong", "誤り" }, right_title = { "Right", "正しい書き方" };

/* The sentence with `...` where something is put in. Free with g_free. */
static char *sentence(const char *message) {
    GString *out = g_string_new(NULL);

    for (; *message; message++) {
        if (*message == '%' && message[1] == '%') {
            g_string_append_c(out, *message++);
        } else if (*message == '%') {
            g_string_append(out, "...");
            message += 1 + strcspn(message + 1, "sudcxX");
        } else {
            g_string_append_c(out, *message);
        }
    }
    return g_string_free(out, FALSE);
}

static void print_example(const char *title, const char *text) {
    g_auto(GStrv) lines = NULL;

    if (!text)
        return;
    printf("\n%s:\n\n", title);
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line || line[1])
            printf("%s%s\n", **line ? "    " : "", *line);
}

static void print_page(const KjCodeEntry *entry, guint language) {
    const KjCodePage *page = kj_code_page(entry->code);
    g_autofree char *said = sentence(_(entry->message));
    const char *word = severity_words[entry->severity][language];

    printf("KJ%04d (%s)%s%s\n\n", (int)entry->code, word, page ? ": " : "", page ? page->title[language] : "");
    printf("%s: %s\n", says[language], said);
    if (!page)
        return;
    printf("\n%s\n\n%s\n", page->meaning[language], page->reason[language]);
    print_example(wrong_title[language], page->wrong);
    print_example(right_title[language], page->right);
}

static void print_list(const GPtrArray *codes, guint language) {
    for (guint i = 0; i < codes->len; i++) {
        const KjCodeEntry *entry = codes->pdata[i];
        const KjCodePage *page = kj_code_page(entry->code);
        g_autofree char *said = sentence(_(entry->message));
        printf("KJ%04d  %-9s %s\n", (int)entry->code, severity_words[entry->severity][language], page ? page->title[language] : said);
    }
}

/* The entry of "KJ0246", "kj246" or "246", or NULL. */
static const KjCodeEntry *find(const GPtrArray *codes, const char *word) {
    guint64 number = 0;

    if (g_ascii_strncasecmp(word, "KJ", 2) == 0)
        word += 2;
    if (!g_ascii_string_to_unsigned(word, 10, 0, 9999, &number, NULL))
        return NULL;
    for (guint i = 0; i < codes->len; i++)
        if ((guint64)((const KjCodeEntry *)codes->pdata[i])->code == number)
            return codes->pdata[i];
    return NULL;
}

int kj_command_explain_code(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;

    g_autoptr(GPtrArray) codes = kj_codes_in_order();
    guint language = kj_code_language(kj_cli_language());
    if (argc == 1) {
        print_list(codes, language);
        return KJ_EXIT_FINE;
    }
    const KjCodeEntry *entry = find(codes, argv[1]);
    if (!entry)
        return kj_cli_fail(KJ_EXIT_USAGE, _("there is no code `%s`; `kijun explain-code` lists them all"), argv[1]);
    print_page(entry, language);
    return KJ_EXIT_FINE;
}
