/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The meaning of the language, line by line: each group of rows below is a line of section 11 of the language reference, each row a policy,
 * a request and the one right answer. The policies are written as their authors would write them, so the parser and the checker are on
 * trial as well, but what is wrong here is first of all the reference evaluator.
 */
#include <locale.h>
#include <string.h>

#include <kijun/value.h>

#include "../../../compiler/compiler.h"

typedef struct {
    const char *path;    /* of the test */
    const char *policy;
    const char *request; /* FIELD=VALUE separated by spaces; FIELD={} an empty set */
    const char *at;      /* an instant in UTC, or NULL */
    const char *effect, *label; /* NULL label: any */
    KjOutcome outcome;
    const char *matched; /* labels of the deciding rules, or NULL: not asked */
} Row;

#define FIREWALL(rules) "firewall block { default deny; " rules " }"
#define MAIL(rules) "type class = I > II > III > IV; mail block { default deny; " rules " }"
#define ACL(rules) "group clerks = { \"sato\", seniors }; group seniors = { \"mori\" }; acl block { default deny; " rules " }"
#define PASSWORD(rules) "password block { " rules " }"
#define GOVERNANCE(rules) "group owners = { \"sato\" }; group chief = { \"mori\" }; type class = I > II > III > IV; governance block { " rules " }"
#define WINDOW(window, rules) "let window = " window "; mail block { default deny; " rules " }"

#define EXCEPTION                                                                                                                  \
    "group board = { \"mori\" }; standard mail rules { d: deny to \"y.jp\"; max_exception = 365d; } "                                \
    "mail block conforms to rules { default deny; a: allow to \"y.jp\"; } "                                                           \
    "exception \"E-1\" to rules in test.block.a until 2026-12-31 reason \"survey\" approved by board;"

#define TCP "from=192.0.2.7 to=10.1.2.3 proto=tcp port=443 "
#define ICMP "from=192.0.2.7 to=10.1.2.3 proto=icmp icmp_type=8 icmp_code=0 "
#define WHO "principal=sato action=read resource=/residents/7 "
#define CHANGE "module=m domain=acl tier=procedure verdict=widens widens=true narrows=false weakens=false editorial=false emergency=false "

#define PERMIT KJ_OUTCOME_PERMIT
#define REFUSE KJ_OUTCOME_REFUSE
#define ERROR KJ_OUTCOME_ERROR

static const Row rows[] = {
    /* A comparison or clause on a field the request does not have is unknown, and so is its negation. */
    { "missing/clause", FIREWALL("a: allow port 80;"), ICMP, NULL, "deny", "default", REFUSE, "" },
    { "missing/negated-clause", FIREWALL("a: allow port not 80;"), ICMP, NULL, "deny", "default", REFUSE, "" },
    { "missing/negated-clause-present", FIREWALL("a: allow port not 80;"), TCP, NULL, "allow", "a", PERMIT, " a" },
    { "missing/when", FIREWALL("a: allow when port != 80;"), ICMP, NULL, "deny", "default", REFUSE, "" },
    { "missing/when-not", FIREWALL("a: allow when not (port == 80);"), ICMP, NULL, "deny", "default", REFUSE, "" },
    { "missing/not-in", FIREWALL("a: allow when port not in { 80, 81 };"), ICMP, NULL, "deny", "default", REFUSE, "" },
    { "missing/or-true", FIREWALL("a: allow when port == 80 or proto == icmp;"), ICMP, NULL, "allow", "a", PERMIT, " a" },
    { "missing/or-unknown", FIREWALL("a: allow when port == 80 or proto == tcp;"), ICMP, NULL, "deny", "default", REFUSE, "" },
    { "missing/and-false", FIREWALL("a: allow when not (port == 80 and proto == tcp);"), ICMP, NULL, "allow", "a", PERMIT, " a" },
    { "missing/and-unknown", FIREWALL("a: allow when not (port == 80 and proto == icmp);"), ICMP, NULL, "deny", "default", REFUSE, "" },
    { "missing/boolean", MAIL("a: allow when tls;"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "missing/not-boolean", MAIL("a: allow when not tls;"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "missing/boolean-false", MAIL("a: allow when not tls;"), "to=a@x.jp tls=false", NULL, "allow", "a", PERMIT, " a" },
    /* `none` is exactly missing, `not none` present, `any` both. */
    { "none/missing", MAIL("a: allow from none;"), "to=a@x.jp", NULL, "allow", "a", PERMIT, " a" },
    { "none/present", MAIL("a: allow from none;"), "to=a@x.jp from=b@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "not-none/missing", MAIL("a: allow from not none;"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "not-none/present", MAIL("a: allow from not none;"), "to=a@x.jp from=b@x.jp", NULL, "allow", "a", PERMIT, " a" },
    { "any/missing", MAIL("a: allow from any;"), "to=a@x.jp", NULL, "allow", "a", PERMIT, " a" },
    { "any/present", MAIL("a: allow from any;"), "to=a@x.jp from=b@x.jp", NULL, "allow", "a", PERMIT, " a" },
    /* A rule matches when its clauses and `when` are true and its `unless` is not true. */
    { "unless/true", FIREWALL("a: allow unless port == 443;"), TCP, NULL, "deny", "default", REFUSE, "" },
    { "unless/false", FIREWALL("a: allow unless port == 80;"), TCP, NULL, "allow", "a", PERMIT, " a" },
    { "unless/unknown", "firewall block { default allow; d: deny unless port == 443; }", ICMP, NULL, "deny", "d", REFUSE, " d" },
    { "unless/clauses-and-when", FIREWALL("a: allow proto tcp when port == 443 unless from == 192.0.2.8;"),
      TCP, NULL, "allow", "a", PERMIT, " a" },
    { "unless/when-fails", FIREWALL("a: allow proto tcp when port == 80 unless from == 192.0.2.8;"),
      TCP, NULL, "deny", "default", REFUSE, "" },

    /* `require C [when E]` denies where E is true (or absent) and C is not true. */
    { "require/shown", PASSWORD("r: require length >= 12;"), "length=12", NULL, "allow", "default", PERMIT, "" },
    { "require/not-shown", PASSWORD("r: require length >= 12;"), "length=11", NULL, "deny", "r", REFUSE, " r" },
    { "require/when-true", PASSWORD("r: require length >= 12 when role == admin;"),
      "length=11 role=admin", NULL, "deny", "r", REFUSE, " r" },
    { "require/when-false", PASSWORD("r: require length >= 12 when role == admin;"),
      "length=11 role=staff", NULL, "allow", "default", PERMIT, "" },
    { "require/when-unknown", PASSWORD("r: require length >= 12 when role == admin;"), "length=11", NULL, "allow", "default", PERMIT, "" },
    { "require/two-clauses", PASSWORD("r: require length >= 12 classes >= 3;"), "length=12 classes=2", NULL, "deny", "r", REFUSE, " r" },
    { "require/expression", PASSWORD("r: require (length >= 20 or classes >= 3);"),
      "length=12 classes=2", NULL, "deny", "r", REFUSE, " r" },
    { "require/expression-shown", PASSWORD("r: require (length >= 20 or classes >= 3);"),
      "length=20 classes=2", NULL, "allow", "default", PERMIT, "" },
    { "require/missing-field", "type class = I > II; mail block { default allow; r: require tls true; }",
      "to=a@x.jp", NULL, "deny", "r", REFUSE, " r" },
    /* A password field of the other phase (change, login) is left out. */
    { "phase/other", PASSWORD("r: require length >= 12;"), "age=10d", NULL, "allow", "default", PERMIT, "" },
    { "phase/other-login", PASSWORD("r: require age <= 90d;"), "length=12", NULL, "allow", "default", PERMIT, "" },
    { "phase/own", PASSWORD("r: require age <= 90d;"), "age=91d", NULL, "deny", "r", REFUSE, " r" },
    { "phase/both-rules", PASSWORD("r: require length >= 12; s: require age <= 90d;"), "length=3", NULL, "deny", "r", REFUSE, " r" },
    { "phase/missing-in-own", PASSWORD("r: require length >= 12;"), "classes=4", NULL, "deny", "r", REFUSE, " r" },

    /* Errors are denials. */
    { "error/required", FIREWALL("a: allow;"), "from=192.0.2.7 proto=tcp", NULL, "deny", "error", ERROR, "" },
    { "error/type", FIREWALL("a: allow;"), "from=192.0.2 to=10.0.0.1 proto=tcp", NULL, "deny", "error", ERROR, "" },
    { "error/not-a-number", FIREWALL("a: allow;"), "from=192.0.2.7 to=10.0.0.1 proto=tcp port=https", NULL, "deny", "error", ERROR, "" },
    { "error/bounds", FIREWALL("a: allow;"), "from=192.0.2.7 to=10.0.0.1 proto=tcp port=65536", NULL, "deny", "error", ERROR, "" },
    { "error/bounds-at", FIREWALL("a: allow;"), "from=192.0.2.7 to=10.0.0.1 proto=tcp port=65535", NULL, "allow", "a", PERMIT, " a" },
    { "error/path-dot", ACL("a: allow;"), "principal=sato action=read resource=/a/./b", NULL, "deny", "error", ERROR, "" },
    { "error/path-dots", ACL("a: allow;"), "principal=sato action=read resource=/a/../b", NULL, "deny", "error", ERROR, "" },
    { "error/path-empty", ACL("a: allow;"), "principal=sato action=read resource=/a//b", NULL, "deny", "error", ERROR, "" },
    { "error/path-relative", ACL("a: allow;"), "principal=sato action=read resource=a/b", NULL, "deny", "error", ERROR, "" },
    { "error/enumeration", MAIL("a: allow;"), "to=a@x.jp class=V", NULL, "deny", "error", ERROR, "" },
    { "error/unknown-field", MAIL("a: allow;"), "to=a@x.jp colour=red", NULL, "deny", "error", ERROR, "" },
    { "error/twice", MAIL("a: allow;"), "to=a@x.jp to=a@x.jp", NULL, "deny", "error", ERROR, "" },
    { "error/twice-by-service", FIREWALL("a: allow;"), TCP "service=443/tcp", NULL, "deny", "error", ERROR, "" },
    { "error/empty-set-of-one", MAIL("a: allow;"), "to=a@x.jp size={}", NULL, "deny", "error", ERROR, "" },
    { "error/own-field-required", ACL("field device : { managed, own }; a: allow;"), WHO, NULL, "deny", "error", ERROR, "" },
    { "error/boolean", MAIL("a: allow;"), "to=a@x.jp tls=yes", NULL, "deny", "error", ERROR, "" },

    /* A service stands for its two parts. */
    { "service/sets-parts", FIREWALL("a: allow proto tcp port 443;"),
      "from=192.0.2.7 to=10.0.0.1 service=443/tcp", NULL, "allow", "a", PERMIT, " a" },
    { "service/read-from-parts", FIREWALL("a: allow service 443/tcp;"), TCP, NULL, "allow", "a", PERMIT, " a" },
    { "service/other-protocol", FIREWALL("a: allow service 443/tcp;"),
      "from=192.0.2.7 to=10.0.0.1 service=443/udp", NULL, "deny", "default", REFUSE, "" },
    { "service/range", FIREWALL("a: allow service 5000..5010/udp;"),
      "from=192.0.2.7 to=10.0.0.1 service=5010/udp", NULL, "allow", "a", PERMIT, " a" },
    { "service/beyond-range", FIREWALL("a: allow service 5000..5010/udp;"),
      "from=192.0.2.7 to=10.0.0.1 service=5011/udp", NULL, "deny", "default", REFUSE, "" },
    { "service/named-number", FIREWALL("a: allow proto tcp;"), "from=192.0.2.7 to=10.0.0.1 proto=6", NULL, "allow", "a", PERMIT, " a" },

    /* first-match: the first rule in order that matches decides. */
    { "first-match/first", FIREWALL("a: allow to 10.0.0.0/8; d: reject to 10.1.0.0/16;"), TCP, NULL, "allow", "a", PERMIT, " a" },
    { "first-match/second", FIREWALL("a: allow to 10.9.0.0/16; d: reject to 10.1.0.0/16;"), TCP, NULL, "reject", "d", REFUSE, " d" },
    { "first-match/default", FIREWALL("a: allow to 10.9.0.0/16;"), TCP, NULL, "deny", "default", REFUSE, "" },
    { "first-match/unlabelled", FIREWALL("allow to 10.9.0.0/16; allow to 10.1.0.0/16;"), TCP, NULL, "allow", "_2", PERMIT, " _2" },
    /* strictest: the strictest effect among all that match wins; the first rule with it is named; all rules with it count. */
    { "strictest/wins", ACL("a: allow; d: deny action read;"), WHO, NULL, "deny", "d", REFUSE, " d" },
    { "strictest/all-of-it", ACL("d: deny action read; a: allow; e: deny resource \"/residents/**\"; f: deny action write;"),
      WHO, NULL, "deny", "d", REFUSE, " d e" },
    { "strictest/all-mild", ACL("a: allow action read; b: allow principal clerks;"), WHO, NULL, "allow", "a", PERMIT, " a b" },
    { "strictest/warn", PASSWORD("w: warn length < 16; d: deny length < 8;"), "length=12", NULL, "warn", "w", PERMIT, " w" },
    { "strictest/warn-over-allow", PASSWORD("a: allow mfa true; w: warn length < 16;"),
      "length=12 mfa=true", NULL, "warn", "w", PERMIT, " w" },
    { "strictest/stated-default", "password block { default deny; a: allow length >= 12; }",
      "length=11", NULL, "deny", "default", REFUSE, "" },
    /* add-up: all matching requirements hold; none matching refuses. */
    { "add-up/all",
      GOVERNANCE("a: require count 1 from owners when tier == procedure; b: require count 2 from chief when widens; c: require count 1 from chief when weakens;"),
      CHANGE, NULL, "require", "a", KJ_OUTCOME_REQUIRE, " a b" },
    { "add-up/none", GOVERNANCE("a: require count 1 from owners when tier == basic;"), CHANGE, NULL, "deny", "default", REFUSE, "" },
    { "add-up/ratify", GOVERNANCE("a: ratify count 1 from owners within 72h when widens;"),
      CHANGE, NULL, "ratify", "a", KJ_OUTCOME_REQUIRE, " a" },
    /* Outcomes of the other effects. */
    { "outcome/limit",
      MAIL("p: limit to \"*.partner.example\" rate 20/1d per forwarder;"),
      "to=a@x.partner.example", NULL, "limit", "p", KJ_OUTCOME_LIMIT, " p" },
    { "outcome/hold", MAIL("p: hold size > 10MB;"), "to=a@x.jp size=10000001", NULL, "hold", "p", KJ_OUTCOME_HOLD, " p" },

    /* A rule with a date and a clock that is not set: permitting rules are past, refusing rules stay. */
    { "dates/until-before", MAIL("a: allow @until(2026-12-31);"), "to=a@x.jp", "2026-12-31 23:59", "allow", "a", PERMIT, " a" },
    { "dates/until-after", MAIL("a: allow @until(2026-12-31);"), "to=a@x.jp", "2027-01-01 00:00", "deny", "default", REFUSE, "" },
    { "dates/from-before", MAIL("a: allow @from(2026-12-31);"), "to=a@x.jp", "2026-12-30 23:59", "deny", "default", REFUSE, "" },
    { "dates/from-on", MAIL("a: allow @from(2026-12-31);"), "to=a@x.jp", "2026-12-31 00:00", "allow", "a", PERMIT, " a" },
    { "dates/zone", "zone \"Asia/Tokyo\"; " MAIL("a: allow @until(2026-12-31);"),
      "to=a@x.jp", "2026-12-31 15:00", "deny", "default", REFUSE, "" },
    { "dates/no-clock-permits", MAIL("a: allow @until(2026-12-31);"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "dates/no-clock-from", MAIL("a: allow @from(2026-12-31);"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "dates/no-clock-hold", MAIL("a: hold @until(2026-12-31);"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "dates/no-clock-limit", MAIL("a: limit rate 1/s @until(2026-12-31);"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "dates/no-clock-warn", PASSWORD("w: warn length < 16 @until(2026-12-31);"), "length=12", NULL, "allow", "default", PERMIT, "" },
    { "dates/no-clock-refuses", "mail block { default allow; d: deny @until(2020-12-31); }", "to=a@x.jp", NULL, "deny", "d", REFUSE, " d" },
    { "dates/past-refuses-not", "mail block { default allow; d: deny @until(2020-12-31); }",
      "to=a@x.jp", "2026-12-31 23:59", "allow", "default", PERMIT, "" },
    { "dates/no-clock-refuses-still-tests", "mail block { default allow; d: deny to \"y.jp\" @until(2020-12-31); }",
      "to=a@x.jp", NULL, "allow", "default", PERMIT, "" },

    /* An exception that names a rule is an implied `@until`. */
    { "exception/before", EXCEPTION, "to=a@y.jp", "2026-12-31 23:59", "allow", "a", PERMIT, " a" },
    { "exception/after", EXCEPTION, "to=a@y.jp", "2027-01-01 00:00", "deny", "default", REFUSE, "" },
    { "exception/no-clock", EXCEPTION, "to=a@y.jp", NULL, "deny", "default", REFUSE, "" },

    /* Windows: minutes are whole, wrapped nights belong to the day they began, days may wrap too. */
    { "window/before", WINDOW("09:00..18:00", "a: allow during window;"),
      "to=a@x.jp", "2026-11-24 08:59:59", "deny", "default", REFUSE, "" },
    { "window/first", WINDOW("09:00..18:00", "a: allow during window;"), "to=a@x.jp", "2026-11-24 09:00", "allow", "a", PERMIT, " a" },
    { "window/last", WINDOW("09:00..18:00", "a: allow during window;"), "to=a@x.jp", "2026-11-24 18:00:59", "allow", "a", PERMIT, " a" },
    { "window/after", WINDOW("09:00..18:00", "a: allow during window;"), "to=a@x.jp", "2026-11-24 18:01", "deny", "default", REFUSE, "" },
    { "window/night-friday", WINDOW("fri 22:00..06:00", "a: allow during window;"),
      "to=a@x.jp", "2026-11-27 22:00", "allow", "a", PERMIT, " a" },
    { "window/night-saturday-morning", WINDOW("fri 22:00..06:00", "a: allow during window;"),
      "to=a@x.jp", "2026-11-28 06:00:59", "allow", "a", PERMIT, " a" },
    { "window/night-friday-morning", WINDOW("fri 22:00..06:00", "a: allow during window;"),
      "to=a@x.jp", "2026-11-27 05:00", "deny", "default", REFUSE, "" },
    { "window/days-wrap", WINDOW("fri..mon", "a: allow during window;"), "to=a@x.jp", "2026-11-23 12:00", "allow", "a", PERMIT, " a" },
    { "window/days-wrap-outside", WINDOW("fri..mon", "a: allow during window;"),
      "to=a@x.jp", "2026-11-24 12:00", "deny", "default", REFUSE, "" },
    { "window/days-wrap-sunday", WINDOW("fri..mon", "a: allow during window;"),
      "to=a@x.jp", "2026-11-22 12:00", "allow", "a", PERMIT, " a" },
    { "window/minus-day",
      "let holidays = { 2026-11-23 }; " WINDOW("mon..fri 09:00..18:00 - holidays", "a: allow during window;"), "to=a@x.jp", "2026-11-23 12:00", "deny", "default", REFUSE, "" },
    { "window/zone",
      WINDOW("mon..fri 09:00..18:00 zone \"Asia/Tokyo\"", "a: allow during window;"),
      "to=a@x.jp", "2026-11-24 00:00", "allow", "a", PERMIT, " a" },
    { "window/zone-sunday-night-utc",
      WINDOW("mon..fri 09:00..18:00 zone \"Asia/Tokyo\"", "a: allow during window;"),
      "to=a@x.jp", "2026-11-23 09:01", "deny", "default", REFUSE, "" },
    { "window/summer", WINDOW("09:00..18:00 zone \"Europe/Berlin\"", "a: allow during window;"),
      "to=a@x.jp", "2026-07-01 07:00", "allow", "a", PERMIT, " a" },
    { "window/winter", WINDOW("09:00..18:00 zone \"Europe/Berlin\"", "a: allow during window;"),
      "to=a@x.jp", "2026-12-01 07:00", "deny", "default", REFUSE, "" },
    { "window/repeated-hour", WINDOW("02:00..02:30 zone \"Europe/Berlin\"", "a: allow during window;"),
      "to=a@x.jp", "2026-10-25 01:15", "allow", "a", PERMIT, " a" },
    { "window/skipped-hour", WINDOW("02:00..02:59 zone \"Europe/Berlin\"", "a: allow during window;"),
      "to=a@x.jp", "2027-03-28 01:30", "deny", "default", REFUSE, "" },
    { "window/no-clock", WINDOW("09:00..18:00", "a: allow during window;"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "window/no-clock-negated", WINDOW("09:00..18:00", "a: allow when not during window;"),
      "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "window/no-clock-unless", "mail block { default allow; d: deny unless during 09:00..18:00; }",
      "to=a@x.jp", NULL, "deny", "d", REFUSE, " d" },

    /* Addresses: the families are disjoint, mapped addresses are not converted. */
    { "address/prefix-last", FIREWALL("a: allow to 10.0.0.0/8;"),
      "from=192.0.2.7 to=10.255.255.255 proto=tcp", NULL, "allow", "a", PERMIT, " a" },
    { "address/prefix-after", FIREWALL("a: allow to 10.0.0.0/8;"),
      "from=192.0.2.7 to=11.0.0.0 proto=tcp", NULL, "deny", "default", REFUSE, "" },
    { "address/mapped", FIREWALL("a: allow to 10.0.0.0/8;"),
      "from=192.0.2.7 to=::ffff:10.0.0.1 proto=tcp", NULL, "deny", "default", REFUSE, "" },
    { "address/all-v6-is-not-v4", FIREWALL("a: allow to ::/0;"), TCP, NULL, "deny", "default", REFUSE, "" },
    { "address/not-is-both-families", FIREWALL("a: allow to not 10.0.0.0/8;"),
      "from=192.0.2.7 to=2001:db8::1 proto=tcp", NULL, "allow", "a", PERMIT, " a" },
    /* Paths: `*` is one segment, `**` any number; "/a/xx" patterns match "/a" too. */
    { "path/many-none", ACL("a: allow resource \"/residents/**\";"),
      "principal=x action=read resource=/residents", NULL, "allow", "a", PERMIT, " a" },
    { "path/many-two", ACL("a: allow resource \"/residents/**\";"),
      "principal=x action=read resource=/residents/7/x", NULL, "allow", "a", PERMIT, " a" },
    { "path/many-sibling", ACL("a: allow resource \"/residents/**\";"),
      "principal=x action=read resource=/residents2", NULL, "deny", "default", REFUSE, "" },
    { "path/one", ACL("a: allow resource \"/residents/*\";"), WHO, NULL, "allow", "a", PERMIT, " a" },
    { "path/one-is-not-none", ACL("a: allow resource \"/residents/*\";"),
      "principal=x action=read resource=/residents", NULL, "deny", "default", REFUSE, "" },
    { "path/one-is-not-two", ACL("a: allow resource \"/residents/*\";"),
      "principal=x action=read resource=/residents/7/x", NULL, "deny", "default", REFUSE, "" },
    { "path/many-inside", ACL("a: allow resource \"/**/x\";"),
      "principal=x action=read resource=/residents/7/x", NULL, "allow", "a", PERMIT, " a" },
    /* Mail: a domain is exactly it, "*." its subdomains; domains compare in lower case IDNA form, local parts exactly. */
    { "mail/domain", MAIL("a: allow to \"x.jp\";"), "to=a@X.jp", NULL, "allow", "a", PERMIT, " a" },
    { "mail/domain-not-sub", MAIL("a: allow to \"x.jp\";"), "to=a@sub.x.jp", NULL, "deny", "default", REFUSE, "" },
    { "mail/sub", MAIL("a: allow to \"*.x.jp\";"), "to=a@very.deep.x.jp", NULL, "allow", "a", PERMIT, " a" },
    { "mail/sub-not-domain", MAIL("a: allow to \"*.x.jp\";"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "mail/sub-not-suffix", MAIL("a: allow to \"*.x.jp\";"), "to=a@yx.jp", NULL, "deny", "default", REFUSE, "" },
    { "mail/address", MAIL("a: allow to \"a@x.jp\";"), "to=a@X.JP", NULL, "allow", "a", PERMIT, " a" },
    { "mail/local-exactly", MAIL("a: allow to \"a@x.jp\";"), "to=A@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "mail/idna", MAIL("a: allow to \"例え.jp\";"), "to=a@xn--r8jz45g.jp", NULL, "allow", "a", PERMIT, " a" },
    /* Groups close transitively; an unknown principal is in none. */
    { "group/member", ACL("a: allow principal clerks;"), WHO, NULL, "allow", "a", PERMIT, " a" },
    { "group/of-group", ACL("a: allow principal clerks;"), "principal=mori action=read resource=/a", NULL, "allow", "a", PERMIT, " a" },
    { "group/unknown", ACL("a: allow principal clerks;"), "principal=nobody action=read resource=/a", NULL, "deny", "default", REFUSE, "" },
    { "group/exactly", ACL("a: allow principal clerks;"), "principal=Sato action=read resource=/a", NULL, "deny", "default", REFUSE, "" },
    /* Sets that arrive with the request: missing is not empty. */
    { "set/has", ACL("a: allow when groups has \"staff\";"), WHO "groups=guests groups=staff", NULL, "allow", "a", PERMIT, " a" },
    { "set/has-not", ACL("a: allow when groups has \"staff\";"), WHO "groups=guests", NULL, "deny", "default", REFUSE, "" },
    { "set/empty", ACL("a: allow when not (groups has \"staff\");"), WHO "groups={}", NULL, "allow", "a", PERMIT, " a" },
    { "set/missing", ACL("a: allow when not (groups has \"staff\");"), WHO, NULL, "deny", "default", REFUSE, "" },
    { "set/none", ACL("a: allow groups none;"), WHO, NULL, "allow", "a", PERMIT, " a" },
    { "set/none-empty", ACL("a: allow groups none;"), WHO "groups={}", NULL, "deny", "default", REFUSE, "" },
    { "set/has-any-of", ACL("a: allow when groups has { \"staff\", \"board\" };"), WHO "groups=board", NULL, "allow", "a", PERMIT, " a" },
    /* One field with another is exact; unknown if either is missing. */
    { "compare/equal", ACL("field owner : principal; a: allow when principal == owner;"),
      WHO "owner=sato", NULL, "allow", "a", PERMIT, " a" },
    { "compare/other", ACL("field owner : principal; a: allow when principal == owner;"),
      WHO "owner=Sato", NULL, "deny", "default", REFUSE, "" },
    { "compare/mail-canonical", MAIL("a: allow when from == to;"), "from=a@X.jp to=a@x.JP", NULL, "allow", "a", PERMIT, " a" },
    { "compare/mail-missing", MAIL("a: allow when from != to;"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "compare/mail-negated-missing", MAIL("a: allow when not (from == to);"), "to=a@x.jp", NULL, "deny", "default", REFUSE, "" },
    { "compare/address-spellings", FIREWALL("a: allow when from == to;"),
      "from=2001:db8::1 to=2001:db8:0:0:0:0:0:1 proto=tcp", NULL, "allow", "a", PERMIT, " a" },
    { "compare/numbers", FIREWALL("a: allow when source_port > port;"), TCP "source_port=444", NULL, "allow", "a", PERMIT, " a" },
    { "compare/numbers-equal", FIREWALL("a: allow when source_port > port;"), TCP "source_port=443", NULL, "deny", "default", REFUSE, "" },
    /* Ordered enumerations: the first written is the greatest. */
    { "order/at-least", MAIL("a: allow when class >= II;"), "to=a@x.jp class=I", NULL, "allow", "a", PERMIT, " a" },
    { "order/at-least-itself", MAIL("a: allow when class >= II;"), "to=a@x.jp class=II", NULL, "allow", "a", PERMIT, " a" },
    { "order/less", MAIL("a: allow when class >= II;"), "to=a@x.jp class=III", NULL, "deny", "default", REFUSE, "" },
    { "order/schema", GOVERNANCE("a: require count 1 from owners when tier < basic;"),
      CHANGE, NULL, "require", "a", KJ_OUTCOME_REQUIRE, " a" },
    /* Numbers with units. */
    { "unit/size", MAIL("a: allow size <= 10MB;"), "to=a@x.jp size=10000000", NULL, "allow", "a", PERMIT, " a" },
    { "unit/binary", MAIL("a: allow size <= 10MiB;"), "to=a@x.jp size=10485761", NULL, "deny", "default", REFUSE, "" },
    { "unit/duration", PASSWORD("d: deny age > 90d;"), "age=7776001", NULL, "deny", "d", REFUSE, " d" },
};

static void read_request(const char *text, GArray *values, GStrv *words) {
    *words = g_strsplit(text, " ", -1);
    for (char **word = *words; *word; word++) {
        char *equals = strchr(*word, '=');
        KjFieldText value = { *word, equals + 1 };

        if (!**word)
            continue;
        g_assert_nonnull(equals);
        *equals = '\0';
        value.text = strcmp(value.text, "{}") == 0 ? NULL : value.text;
        g_array_append_val(values, value);
    }
}

static void check_verdict(const Row *row, const KjReferenceVerdict *verdict) {
    g_autoptr(GString) matched = g_string_new(NULL);

    for (guint i = 0; i < verdict->matched->len; i++)
        g_string_append_printf(matched, " %s", ((const KjRule *)verdict->matched->pdata[i])->label);
    g_test_message("%s by %s%s%s", verdict->effect, verdict->label, verdict->problem ? ": " : "", verdict->problem ? verdict->problem : "");
    g_assert_cmpstr(verdict->effect, ==, row->effect);
    g_assert_cmpstr(verdict->label, ==, row->label);
    g_assert_cmphex(verdict->outcome, ==, row->outcome);
    g_assert_cmpstr(matched->str, ==, row->matched);
    g_assert_true((verdict->rule != NULL) == (matched->len > 0));
    g_assert_true((verdict->problem != NULL) == (row->outcome == ERROR));
}

static void test_row(gconstpointer data) {
    const Row *row = data;
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjFieldText));
    g_autoptr(GString) told = g_string_new(NULL);
    g_auto(GStrv) words = NULL;
    KjReferenceVerdict verdict;
    gint64 instant = 0;

    kj_compilation_load_text(compilation, "test.pol", row->policy, strlen(row->policy));
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
    if (!compilation->policy)
        g_test_message("%s", told->str);
    g_assert_nonnull(compilation->policy);
    if (row->at)
        g_assert_true(kj_value_read_instant(row->at, strlen(row->at), NULL, &instant, NULL));
    read_request(row->request, values, &words);
    kj_reference_decide(compilation->policy->blocks, (const KjFieldText *)(void *)values->data, values->len, row->at != NULL, instant,
                        &verdict);
    check_verdict(row, &verdict);
    kj_reference_verdict_clear(&verdict);
}

int main(int argc, char **argv) {
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/reference/", rows[i].path, NULL);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    return g_test_run();
}
