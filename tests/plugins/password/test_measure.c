/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of what the password plugin computes from a password. Tables of cases; each row holds the exact value, so
 * each can fail. Every memory block freed while a password is measured is searched for that password
 * (`search` below), except under a sanitizer, which brings its own free().
 */
#define _GNU_SOURCE 1

#include "measure.h"

#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#ifndef HAS_SANITIZER
/* Search whatever is freed for the watched bytes, as UTF-8 and as code points. */
static struct {
    const void *bytes[3];
    gsize sizes[3];
    guint leaks;
} watch;

extern void __libc_free(void *);
extern void *__libc_realloc(void *, size_t);

static void search(void *block) {
    for (guint i = 0; block != NULL && i < G_N_ELEMENTS(watch.bytes); i++)
        if (watch.bytes[i] != NULL && memmem(block, malloc_usable_size(block), watch.bytes[i], watch.sizes[i]) != NULL)
            watch.leaks++;
}

void free(void *block) {
    search(block);
    __libc_free(block);
}

void *realloc(void *block, size_t size) {
    search(block); /* it may move, and then the old place keeps its bytes */
    return __libc_realloc(block, size);
}
#endif

#define ZERO_WIDTH_JOINER "\u200d"

static KjPasswordDictionary *words_of(const char *text) {
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    int file = g_file_open_tmp("kijun-words-XXXXXX", &path, &error);
    g_assert_no_error(error);
    g_close(file, NULL);
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
    KjPasswordDictionary *dictionary = kj_password_dictionary_load((const char *[]){path, NULL}, &error);
    g_assert_no_error(error);
    g_unlink(path);
    return dictionary;
}

static KjPasswordMeasure measure_in(const KjPasswordContext *context, const char *password) {
    KjPasswordMeasure measure;
    g_autoptr(GError) error = NULL;
    gboolean done = kj_password_measure(context, password, strlen(password), &measure, &error);
    g_assert_no_error(error);
    g_assert_true(done);
    return measure;
}

static KjPasswordMeasure measure_alone(const char *password) {
    return measure_in(&(KjPasswordContext){0}, password);
}

/* Compares and names the row that differs. */
static void check(const char *row, const char *field, guint got, guint expected) {
    if (got != expected)
        g_test_message("%s of '%s' is %u, not %u", field, row, got, expected);
    g_assert_cmpuint(got, ==, expected);
}

static void test_refused(void) {
    static const struct {
        const char *password;
        gssize length;
        KjPasswordError code;
        const char *message;
    } cases[] = {
        {"", 0, KJ_PASSWORD_ERROR_EMPTY, "the password is empty"},                      /* RFC 8265 example 17 */
        {"my cat is a \tby", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 13 *control*"}, /* example 18 */
        {"abc\n", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 4 *control*"},
        {"a\0b", 3, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *control*"},
        {"a\x7f", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *control*"},
        {"\xc2\x85", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 1 *control*"},
        {"a\u200b", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *invisible*"},
        {"a\u00ad", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *invisible*"},
        {"\u2764\ufe0f", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *invisible*"},
        {"葛\U000e0100", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *invisible*"},
        {"\ufeffab", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 1 *invisible*"},
        {"\U0001f468" ZERO_WIDTH_JOINER "\U0001f469", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *may not stand here*"},
        {"a\u200cb", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *may not stand here*"},
        {"a\u00b7l", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *may not stand here*"},
        {"l\u0387a", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *may not stand here*"},
        {"a\u30fbb", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *may not stand here*"},
        {"\u0661\u06f1", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 1 *may not stand here*"},
        {"a\u0375a", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *may not stand here*"},
        {"a\u05f3", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *may not stand here*"},
        {"ab\u0378", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 3 *not assigned*"},
        {"\ufdd0", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 1 *not assigned*"},
        {"\ue000", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 1 *private use*"},
        {"a\u1100", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *Korean*"},
        {"\u3031", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 1 *RFC 8264*"},
        {"\u0640", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 1 *RFC 8264*"},
        {"a\u2028", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *RFC 8264*"},
        {"か\u3099\t", -1, KJ_PASSWORD_ERROR_DISALLOWED, "character 2 *control*"}, /* counted after NFC */
        {"ab\xff" "c", -1, KJ_PASSWORD_ERROR_ENCODING, "*UTF-8 at byte 3"},
        {"\xe3\x81", -1, KJ_PASSWORD_ERROR_ENCODING, "*UTF-8 at byte 1"},
        {"\xc0\xaf", -1, KJ_PASSWORD_ERROR_ENCODING, "*UTF-8 at byte 1"},
        {"x\xed\xa0\x80", -1, KJ_PASSWORD_ERROR_ENCODING, "*UTF-8 at byte 2"},
        {"x\xf4\x90\x80\x80", -1, KJ_PASSWORD_ERROR_ENCODING, "*UTF-8 at byte 2"},
        {"\x83\x70\x83\x58", -1, KJ_PASSWORD_ERROR_ENCODING, "*UTF-8 at byte 1"}, /* Shift_JIS */
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        KjPasswordMeasure measure, zero = {0};
        g_autoptr(GError) error = NULL;
        gsize length = cases[i].length < 0 ? strlen(cases[i].password) : (gsize)cases[i].length;
        g_test_message("case %u", i);
        g_assert_false(kj_password_measure(&(KjPasswordContext){0}, cases[i].password, length, &measure, &error));
        g_assert_error(error, KJ_PASSWORD_ERROR, (int)cases[i].code);
        if (!g_pattern_match_simple(cases[i].message, error->message))
            g_error("case %u says: %s", i, error->message);
        g_assert_cmpmem(&measure, sizeof measure, &zero, sizeof zero);
    }
}

static void test_limits(void) {
    g_autofree char *longest = g_strnfill(KJ_PASSWORD_MAX_BYTES + 1, 'x');
    KjPasswordMeasure measure;
    g_autoptr(GError) error = NULL;
    g_assert_true(kj_password_measure(&(KjPasswordContext){0}, longest, KJ_PASSWORD_MAX_BYTES - 1, &measure, &error));
    g_assert_cmpuint(measure.length, ==, 4095);
    g_assert_true(kj_password_measure(&(KjPasswordContext){0}, longest, KJ_PASSWORD_MAX_BYTES, &measure, &error));
    g_assert_cmpuint(measure.length, ==, 4096);
    g_assert_cmpuint(measure.repeat, ==, 4096);
    g_assert_false(kj_password_measure(&(KjPasswordContext){0}, longest, KJ_PASSWORD_MAX_BYTES + 1, &measure, &error));
    g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_TOO_LONG);
    g_assert_cmpstr(error->message, ==, "the password is longer than 4096 bytes");

    g_clear_error(&error);
    KjPasswordContext context = {.user = longest};
    g_assert_false(kj_password_measure(&context, "abc", 3, &measure, &error));
    g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_CONTEXT);
    g_clear_error(&error);
    context = (KjPasswordContext){.old_password = longest, .old_length = KJ_PASSWORD_MAX_BYTES + 1};
    g_assert_false(kj_password_measure(&context, "abc", 3, &measure, &error));
    g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_CONTEXT);
    longest[KJ_PASSWORD_MAX_BYTES] = '\0';
    context = (KjPasswordContext){.user = longest, .old_password = longest, .old_length = KJ_PASSWORD_MAX_BYTES};
    g_assert_false(measure_in(&context, "abc").contains_username);
    g_assert_true(measure_in(&context, longest).contains_username);
    g_assert_cmpuint(measure_in(&context, longest).similar, ==, 100);
}

static void test_counts(void) {
    static const struct {
        const char *password;
        guint length, upper, lower, digits, symbols, classes, repeat;
    } cases[] = {
        {"a", 1, 0, 1, 0, 0, 1, 1},
        {"Abc1!", 5, 1, 2, 1, 1, 4, 1},
        {"パスワード", 5, 0, 0, 0, 5, 1, 1},
        {"暗証番号は長く", 7, 0, 0, 0, 7, 1, 1},
        {"ひみつのPass9", 9, 1, 3, 1, 4, 4, 2},
        {"Ａｂ１！", 4, 1, 1, 1, 1, 4, 1},
        {"か\u3099き\u3099", 2, 0, 0, 0, 2, 1, 1},
        {"e\u0301e\u0301", 2, 0, 2, 0, 0, 1, 2},
        {"e\u0301\u0302", 2, 0, 1, 0, 1, 2, 1},
        {"\u01c5", 1, 1, 0, 0, 0, 1, 1},
        {"\u0661\u0662", 2, 0, 0, 2, 0, 1, 1},
        {"①Ⅷ½", 3, 0, 0, 0, 3, 1, 1},
        {"   ", 3, 0, 0, 0, 3, 1, 3},
        {" \u3000\u00a0", 3, 0, 0, 0, 3, 1, 3},
        {"\U0001f600\U0001f600", 2, 0, 0, 0, 2, 1, 2},
        {"aaabaaaa", 8, 0, 8, 0, 0, 1, 4},
        {"aAaA", 4, 2, 2, 0, 0, 2, 1},
        {"ΑΒγδ", 4, 2, 2, 0, 0, 2, 1},
        {"ああああい", 5, 0, 0, 0, 5, 1, 4},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *row = cases[i].password;
        KjPasswordMeasure got = measure_alone(row);
        check(row, "length", got.length, cases[i].length);
        check(row, "upper", got.upper, cases[i].upper);
        check(row, "lower", got.lower, cases[i].lower);
        check(row, "digits", got.digits, cases[i].digits);
        check(row, "symbols", got.symbols, cases[i].symbols);
        check(row, "classes", got.classes, cases[i].classes);
        check(row, "sum", got.upper + got.lower + got.digits + got.symbols, got.length);
        check(row, "repeat", got.repeat, cases[i].repeat);
    }
}

static void test_sequence(void) {
    static const struct {
        const char *password;
        guint sequence;
    } cases[] = {
        {"a", 1}, {"az", 2}, {"ah1", 1}, {"ab", 2}, {"abc", 3}, {"aBcD", 4}, {"cba", 3}, {"xabcdefgx", 7},
        {"aaa", 1}, {"abab", 2}, {"abcba", 3}, {"ace", 1}, {"zab", 2},
        {"123456789", 9}, {"1234567890", 10}, {"0987654321", 10}, {"3210", 4}, {"13579", 1},
        {"ＡＢＣ", 3}, {"１２３4", 4}, {"αβγδ", 4}, {"абвг", 4},
        /* American keyboard: rows, shift, both directions, columns */
        {"qwerty", 6}, {"ytrewq", 6}, {"QwErTyUiOp", 10}, {"qwertyuiop[]\\", 13}, {"asdfghjkl;'", 11},
        {"zxcvbnm,./", 10}, {"!@#$%", 5}, {"!2#4%", 5}, {"`12", 3}, {"{}|", 3}, {"1qaz2wsx", 4}, {"zaq1", 4},
        {"qazwsx", 3}, {"0p;/", 4}, {"qwexrty", 3},
        /* Japanese keyboard */
        {"!\"#$%&'()", 9}, {"1234567890-^\\", 13}, {"qwertyuiop@[", 12}, {"asdfghjkl;:]", 12}, {"zxcvbnm,./\\", 11},
        {"op`{", 4}, {"l+*}", 4}, {"?_", 2},
        {"ぬふあうえおやゆよわほへー", 13}, {"たていすかんなにらせ", 10}, {"ちとしはきくまのりれけむ", 12},
        {"つさそひこみもねるめろ", 11}, {"ろめるねもみこひそさつ", 11}, {"タテイスカン", 6},
        /* the orders of the syllabary */
        {"あいうえお", 5}, {"アイウエオ", 5}, {"ｱｲｳｴｵ", 5}, {"おえういあ", 5}, {"わをん", 3}, {"かきくけこさしすせそ", 10},
        {"いろはにほへと", 7}, {"とへほにはろい", 7}, {"イロハニホヘト", 7}, {"っさそ", 3}, {"ゃゅょ", 3},
        {"あうお", 2}, {"ねこ", 1}, {"パスワード", 1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check(cases[i].password, "sequence", measure_alone(cases[i].password).sequence, cases[i].sequence);
}

static void test_strength(void) {
    static const struct {
        const char *password;
        guint strength;
    } cases[] = {
        {"password", 0},
        {"Ｐａｓｓｗｏｒｄ", 0},        /* a capital is one bit */
        {"パスワード", 10},             /* five times one of a hundred, not fifteen: 10, and exactly 10 */
        {"パスワ", 6},
        {"ひらがなのながいあいことば", 26},
        {"あいうえおかきくけこ", 1},
        {"qwertyuiop", 3},
        {"Zq7-vemar-Uk2wp", 26},
        {"correct horse battery staple", 21},
        {"zzzzzzzzzz", 2},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check(cases[i].password, "strength", measure_alone(cases[i].password).strength, cases[i].strength);

    /* the user name is worth nothing, whatever its case, width and domain; nor is its reverse */
    const char *names[] = {"tanakaichiro", "TanakaIchiro", "ＴＡＮＡＫＡｉｃｈｉｒｏ", "tanakaichiro@city.example.jp"};
    g_assert_cmpuint(measure_alone("tanakaichiro").strength, ==, 7);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        KjPasswordContext context = {.user = names[i]};
        check(names[i], "strength with user", measure_in(&context, "tanakaichiro").strength, 0);
        check(names[i], "strength with user", measure_in(&context, "orihciakanat").strength, 0);
        check(names[i], "strength with user", measure_in(&context, "Zq7-vemar-Uk2wp").strength, 26);
    }
    KjPasswordContext japanese = {.user = "田中一郎"};
    g_assert_cmpuint(measure_in(&japanese, "田中一郎").strength, ==, 0);
    g_assert_cmpuint(measure_alone("田中一郎").strength, ==, 8);
    KjPasswordContext hiragana = {.user = "やまだたろう"};
    g_assert_cmpuint(measure_in(&hiragana, "ヤマダタロウ").strength, ==, 0);

    /* a hundred for each character, exactly: the sum of logarithms must not round down to one less */
    for (guint length = 1; length <= 40; length++) {
        g_autoptr(GString) kanji = g_string_new(NULL);
        for (guint i = 0; i < length; i++)
            g_string_append_unichar(kanji, 0x4e00 + 7 * i);
        check(kanji->str, "strength", measure_alone(kanji->str).strength, 2 * length);
    }

    /* more characters than zxcvbn-c looks at, and than there are stand-ins */
    g_autoptr(GString) text = g_string_new(NULL);
    for (gunichar kanji = 0x4e00; text->len < 3000; kanji += 7)
        g_string_append_unichar(text, kanji);
    g_assert_cmpuint(measure_alone(text->str).strength, ==, 203);
}

static void test_strength_of_words(void) {
    g_autoptr(KjPasswordDictionary) dictionary = words_of("ひみつのあいことば\nべつ\nもの\nほか\nさくら\nもも\nうめ\nまつ\nたけ\nきく\n");
    KjPasswordContext context = {.dictionary = dictionary};
    g_assert_cmpuint(kj_password_dictionary_size(dictionary), ==, 10);
    g_assert_cmpuint(measure_alone("ヒミツノアイコトバ").strength, ==, 18);
    g_assert_cmpuint(measure_in(&context, "ヒミツノアイコトバ").strength, ==, 2);
    g_assert_cmpuint(measure_in(&context, "ヒミツノアイコトバ47").strength, ==, 6);
}

static void test_dictionary(void) {
    g_autoptr(KjPasswordDictionary) dictionary = words_of("Password\r\nletmein\nsilly\ntanuki\npass\nab\nパスワード\n東京\n\nStra\u00dfe\nqwerty!1\nlast");
    static const struct {
        const char *password;
        gboolean dictionary;
    } cases[] = {
        {"password", TRUE}, {"PASSWORD", TRUE}, {"Ｐａｓｓｗｏｒｄ", TRUE}, {"passwort", FALSE}, {"my password", FALSE},
        {"passwordpassword", FALSE}, {"tanuki-silly-letmein", FALSE}, {"last", TRUE}, {"las", FALSE},
        /* leet */
        {"p4ssw0rd", TRUE}, {"P@$$W0RD", TRUE}, {"pa55word", TRUE}, {"1etmein", TRUE}, {"l3tm3!n", TRUE}, {"tanuk1", TRUE},
        {"s!lly", TRUE}, {"si11y", TRUE}, {"s111y", FALSE}, {"p2ssword", FALSE},
        /* ends */
        {"password1", TRUE}, {"password2026!", TRUE}, {"2026password", TRUE}, {"!!tanuki!!", TRUE}, {"p4ssw0rd123", TRUE},
        {"pass1234", TRUE}, {"pass12345", FALSE}, {"ab1", FALSE}, {"tanuki7391046", FALSE}, {"password12345678", TRUE},
        {"password123456789", FALSE}, {"ab", TRUE}, {"qwerty!1", TRUE}, {"qwerty", FALSE}, {"1234", FALSE},
        {"tanuki5", TRUE}, {"pas55", TRUE}, {"xpassword", FALSE}, {"passwordx", FALSE},
        {"4p4ssw0rd", TRUE},
        /* not only English */
        {"パスワード", TRUE}, {"ぱすわーど", TRUE}, {"ﾊﾟｽﾜｰﾄﾞ", TRUE}, {"ハ\u309aスワート\u3099", TRUE}, {"パスワード123", TRUE},
        {"パスワー", FALSE}, {"東京2026", TRUE}, {"東京2026!!!", FALSE}, {"STRASSE", TRUE}, {"京東", FALSE},
    };
    KjPasswordContext context = {.dictionary = dictionary};
    g_assert_cmpuint(kj_password_dictionary_size(dictionary), ==, 11);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        KjPasswordMeasure got = measure_in(&context, cases[i].password);
        check(cases[i].password, "dictionary", got.dictionary, cases[i].dictionary);
        check(cases[i].password, "present", got.present, KJ_PASSWORD_HAS_DICTIONARY);
    }
    g_assert_cmpuint(measure_alone("password").present, ==, 0);
}

static void check_refused_list(const char *text, gsize length, const char *message) {
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    g_close(g_file_open_tmp("kijun-words-XXXXXX", &path, NULL), NULL);
    g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
    g_autoptr(KjPasswordDictionary) dictionary = kj_password_dictionary_load((const char *[]){path, NULL}, &error);
    g_unlink(path);
    g_assert_null(dictionary);
    g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_WORDS);
    if (!g_pattern_match_simple(message, error->message))
        g_error("the list is refused with: %s", error->message);
}

static void test_word_lists(void) {
    check_refused_list("", 0, "*no word");
    check_refused_list("\n\r\n", 3, "*no word");
    check_refused_list("ok\n\xff\n", 5, "*:2: *UTF-8");
    check_refused_list("ok\nok\na\0b", 9, "*:3: *NUL*");
    g_autofree char *line = g_strnfill(KJ_PASSWORD_WORD_MAX_BYTES + 1, 'w');
    check_refused_list(line, KJ_PASSWORD_WORD_MAX_BYTES + 1, "*:1: *too long*");
    line[KJ_PASSWORD_WORD_MAX_BYTES] = '\0';
    g_autoptr(KjPasswordDictionary) longest = words_of(line);
    g_assert_true(measure_in(&(KjPasswordContext){.dictionary = longest}, line).dictionary);

    g_autoptr(GError) error = NULL;
    g_assert_null(kj_password_dictionary_load((const char *[]){"/nonexistent/words", NULL}, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);

    /* the table grows, and every word is still there */
    g_autoptr(GString) many = g_string_new(NULL);
    for (guint i = 0; i < 5000; i++)
        g_string_append_printf(many, "w%uw\nW%uw\n", i, i);
    g_autoptr(KjPasswordDictionary) dictionary = words_of(many->str);
    g_assert_cmpuint(kj_password_dictionary_size(dictionary), ==, 5000);
    for (guint i = 0; i < 5000; i++) {
        g_autofree char *word = g_strdup_printf("w%uw", i);
        g_auto(KjSecretText) text = {0};
        gsize offset;
        kj_secret_text_decode(&text, word, strlen(word), &offset);
        g_assert_true(kj_password_dictionary_has(dictionary, &text, NULL));
        text.length--; /* the beginning of words is no word */
        g_assert_false(kj_password_dictionary_has(dictionary, &text, NULL));
    }
}

static void test_default_words(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjPasswordDictionary) dictionary = kj_password_dictionary_load_default(&error);
    if (dictionary == NULL) {
        g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_WORDS);
        g_test_skip(error->message);
        return;
    }
    KjPasswordContext context = {.dictionary = dictionary};
    g_assert_true(measure_in(&context, "Elephant1").dictionary);
    g_assert_false(measure_in(&context, "elephant stapler").dictionary);
    g_assert_false(measure_in(&context, "Zq7-vemar-Uk2wp").dictionary);
}

static void test_username(void) {
    static const struct {
        const char *user, *password;
        gboolean contained;
    } cases[] = {
        {"tanaka", "tanaka", TRUE}, {"tanaka", "xxTANAKAyy", TRUE}, {"Tanaka", "my tanaka 1", TRUE}, {"tanaka", "akanat99", TRUE},
        {"tanaka", "ｔａｎａｋａ9", TRUE}, {"tanaka", "tanak", FALSE}, {"tanaka", "tana-ka", FALSE}, {"tanaka", "t", FALSE},
        {"abc", "xxabcxx", TRUE}, {"ab", "xxabxx", FALSE}, {"ab", "AB", TRUE}, {"ab", "ba", TRUE}, {"a", "a", TRUE}, {"a", "ba", FALSE},
        {"山田太郎", "山田太郎2026", TRUE}, {"山田", "山田2026", FALSE}, {"やまだ", "ヤマダの家", TRUE}, {"やまた\u3099", "ヤマダの家", TRUE},
        {"taro@city.example.jp", "xtaro1", TRUE}, {"taro@city.example.jp", "xcity1", FALSE}, {"@city", "xyz", FALSE},
        {"stra\u00dfe", "STRASSE1", TRUE}, {"\xff\xfe", "abcdef", FALSE}, {"tana\xffka", "tanaka", FALSE},
        {"ta\u00adnaka", "tanaka", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        KjPasswordContext context = {.user = cases[i].user};
        KjPasswordMeasure got = measure_in(&context, cases[i].password);
        check(cases[i].password, "contains_username", got.contains_username, cases[i].contained);
        check(cases[i].password, "present", got.present, KJ_PASSWORD_HAS_CONTAINS_USERNAME);
    }
    g_assert_cmpuint(measure_alone("tanaka").present, ==, 0);
    g_assert_cmpuint(measure_in(&(KjPasswordContext){.user = ""}, "tanaka").present, ==, 0);
}

static void test_palindrome(void) {
    static const struct {
        const char *password;
        gboolean palindrome;
    } cases[] = {
        {"a", TRUE}, {"aa", TRUE}, {"ab", FALSE}, {"Level", TRUE}, {"12321", TRUE}, {"123321", TRUE}, {"123421", FALSE},
        {"しんぶんし", TRUE}, {"シんぶンし", TRUE}, {"たけやふけた", FALSE}, {"たけやぶやけた", TRUE}, {"Ａa", TRUE}, {"が\u304b\u3099", TRUE},
        {"never odd", FALSE}, {"\u00df" "ss", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check(cases[i].password, "palindrome", measure_alone(cases[i].password).palindrome, cases[i].palindrome);
}

static void test_similar(void) {
    static const struct {
        const char *old, *password;
        guint similar;
    } cases[] = {
        {"secret2025", "secret2026", 90}, {"secret2025", "SECRET2025", 100}, {"abc", "xyz", 0}, {"abc", "bcd", 33}, {"abcd", "abcde", 80},
        {"kitten", "sitting", 57}, {"", "abc", 0}, {"a", "aaaa", 25}, {"パスワード1", "ぱすわーど2", 83}, {"ｓｅｃｒｅｔ", "secret", 100},
        {"か\u3099っこう", "がっこう", 100}, {"\xff\xff" "ab", "zzab", 50}, {"tab\tbed", "tab bed", 85}, {"abcdef", "fedcba", 0}, {"abcde", "edcba", 20},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        KjPasswordContext context = {.old_password = cases[i].old, .old_length = strlen(cases[i].old)};
        KjPasswordMeasure got = measure_in(&context, cases[i].password);
        check(cases[i].password, "similar", got.similar, cases[i].similar);
        check(cases[i].password, "present", got.present, KJ_PASSWORD_HAS_SIMILAR);
    }
    g_assert_cmpuint(measure_alone("abc").present, ==, 0);
    /* folds to 18 times its length: what is past the comparison counts as different */
    g_autoptr(GString) left = g_string_new(NULL), right = g_string_new(NULL);
    for (guint i = 0; i < 1000; i++) {
        g_string_append(left, "\ufdfa");
        g_string_append(right, "\ufdfb");
    }
    KjPasswordContext context = {.old_password = left->str, .old_length = left->len};
    g_assert_cmpuint(measure_in(&context, right->str).similar, <, 30);
    g_assert_cmpuint(measure_in(&context, left->str).similar, ==, 100);
}

static gboolean answer_breached(const char *password, gsize length, gboolean *breached, gpointer data, GError **error) {
    if (data != NULL) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_IO, "the list is gone");
        return FALSE;
    }
    g_assert_cmpuint(strlen(password), ==, length);
    *breached = g_str_equal(password, "が 123");
    return TRUE;
}

static void test_breached(void) {
    KjPasswordContext context = {.breached = answer_breached};
    KjPasswordMeasure measure = measure_in(&context, "か\u3099\u3000" "123");
    g_assert_true(measure.breached);
    g_assert_cmpuint(measure.present, ==, KJ_PASSWORD_HAS_BREACHED);
    g_assert_false(measure_in(&context, "か 123").breached);
    context.breached_data = &context;
    g_autoptr(GError) error = NULL;
    g_assert_false(kj_password_measure(&context, "abc", 3, &measure, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_IO);
    g_assert_cmpuint(measure.length, ==, 0);
}

/* Every character of many random passwords is in one class, and no measure exceeds the length. */
static void test_invariants(void) {
    for (guint round = 0; round < 20000; round++) {
        g_autoptr(GString) password = g_string_new(NULL);
        for (int i = g_test_rand_int_range(1, 20); i > 0; i--)
            g_string_append_unichar(password, (gunichar)g_test_rand_int_range(1, g_test_rand_bit() ? 0x3200 : 0x80));
        KjPasswordMeasure got;
        g_autoptr(GError) error = NULL;
        if (!kj_password_measure(&(KjPasswordContext){.user = "sato"}, password->str, password->len, &got, &error)) {
            g_assert_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_DISALLOWED);
            continue;
        }
        g_assert_cmpuint(got.upper + got.lower + got.digits + got.symbols, ==, got.length);
        g_assert_cmpuint(got.repeat, >=, 1);
        g_assert_cmpuint(got.repeat, <=, got.length);
        g_assert_cmpuint(got.sequence, >=, 1);
        g_assert_cmpuint(got.sequence, <=, got.length);
        g_assert_cmpuint(got.classes, >=, 1);
        g_assert_cmpuint(got.classes, <=, 4);
        g_assert_cmpuint(got.strength, <=, 3 * got.length * 18);
    }
}

static void test_wiped(void) {
#ifdef HAS_SANITIZER
    g_test_skip("the sanitizer has its own free()");
#else
    static const char *const passwords[] = {
        "Zq7-vemar-Uk2wp-kept-nowhere", "とてもひみつなことばをえらびました", "\u0390\u1f82\u1fb7\u03b0 \u00c5ngstr\u00f6m \u1e69",
        "Password2026!", "あいうえおかきくけこ",
        "so long a passphrase, of over sixty-four characters, that the working memory for it has to grow, and more than once: 2026",
        "refused for its last character\t",
    };
    g_autoptr(KjPasswordDictionary) dictionary = words_of("tanuki\npassword\n");
    for (guint i = 0; i < G_N_ELEMENTS(passwords); i++) {
        gsize size = strlen(passwords[i]);
        gsize head = 0;
        while (head < 6)
            head = (gsize)(g_utf8_next_char(passwords[i] + head) - passwords[i]);
        g_autofree char *reversed = g_strndup(passwords[i], head);
        g_strreverse(reversed);
        g_auto(KjSecretText) text = {0};
        gsize offset;
        kj_secret_text_decode(&text, passwords[i], size, &offset);
        KjPasswordContext context = {.user = "sato", .old_password = passwords[i], .old_length = size,
                                     .dictionary = dictionary, .breached = answer_breached};
        KjPasswordMeasure measure;
        watch.bytes[0] = passwords[i], watch.sizes[0] = head;
        watch.bytes[1] = reversed, watch.sizes[1] = head;
        watch.bytes[2] = text.at, watch.sizes[2] = 3 * sizeof(gunichar);
        watch.leaks = 0;
        gboolean done = kj_password_measure(&context, passwords[i], size, &measure, NULL);
        guint leaks = watch.leaks;
        /* the watch itself works */
        g_free(g_strdup(passwords[i]));
        g_assert_cmpuint(watch.leaks, >, leaks);
        memset(&watch, 0, sizeof watch);
        check(passwords[i], "measured", done, !g_str_has_suffix(passwords[i], "\t"));
        check(passwords[i], "blocks freed unwiped", leaks, 0);
    }
#endif
}

/* Run with -m perf: the cost of one password, and the worst that was found. */
static void time_one(const char *name, const KjPasswordContext *context, const char *password, guint rounds) {
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < rounds; i++) {
        g_autoptr(GTimer) timer = g_timer_new();
        measure_in(context, password);
        double microseconds = g_timer_elapsed(timer, NULL) * 1e6;
        guint place = 0;
        while (place < times->len && g_array_index(times, double, place) < microseconds)
            place++;
        g_array_insert_val(times, place, microseconds);
    }
    g_test_minimized_result(g_array_index(times, double, rounds / 2), "%s: median %.1f us", name,
                            g_array_index(times, double, rounds / 2));
}

static void test_cost(void) {
    g_autoptr(KjPasswordDictionary) dictionary = kj_password_dictionary_load_default(NULL);
    KjPasswordContext context = {.user = "tanaka", .dictionary = dictionary};
    KjPasswordContext with_old = {.user = "tanaka", .dictionary = dictionary, .old_password = "Zq7-vemar-Uk2wo", .old_length = 15};
    g_autofree char *same = g_strnfill(KJ_PASSWORD_MAX_BYTES, 'a');
    g_autofree char *other = g_strnfill(KJ_PASSWORD_MAX_BYTES, 'b');
    KjPasswordContext worst = {.user = "aaab", .dictionary = dictionary, .old_password = other, .old_length = KJ_PASSWORD_MAX_BYTES};
    g_autoptr(GString) marks = g_string_new("a"), long_folds = g_string_new(NULL);
    for (guint i = 0; i < 2046; i++)
        g_string_append_unichar(marks, i % 2 == 0 && i < 1023 ? 0x0301 : i < 1023 ? 0x0345 : 0x0323);
    for (guint i = 0; i < 1365; i++)
        g_string_append(long_folds, "\ufdfa");
    time_one("15 characters of ASCII", &context, "Zq7-vemar-Uk2wp", 2000);
    time_one("the same with an old password", &with_old, "Zq7-vemar-Uk2wp", 2000);
    time_one("passphrase of 28", &context, "correct horse battery staple", 2000);
    time_one("Japanese passphrase of 13", &context, "ひらがなのながいあいことば", 2000);
    time_one("4096 times one letter", &context, same, 20);
    time_one("4096 against another 4096", &worst, same, 20);
    time_one("2046 combining marks", &context, marks->str, 20);
    time_one("1365 times U+FDFA", &worst, long_folds->str, 20);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/password/refused", test_refused);
    g_test_add_func("/password/limits", test_limits);
    g_test_add_func("/password/counts", test_counts);
    g_test_add_func("/password/sequence", test_sequence);
    g_test_add_func("/password/strength", test_strength);
    g_test_add_func("/password/strength-of-words", test_strength_of_words);
    g_test_add_func("/password/dictionary", test_dictionary);
    g_test_add_func("/password/word-lists", test_word_lists);
    g_test_add_func("/password/default-words", test_default_words);
    g_test_add_func("/password/username", test_username);
    g_test_add_func("/password/palindrome", test_palindrome);
    g_test_add_func("/password/similar", test_similar);
    g_test_add_func("/password/breached", test_breached);
    g_test_add_func("/password/invariants", test_invariants);
    g_test_add_func("/password/wiped", test_wiped);
    if (g_test_perf())
        g_test_add_func("/password/cost", test_cost);
    return g_test_run();
}
