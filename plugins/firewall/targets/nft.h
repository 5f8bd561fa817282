/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the nftables target. nftables.c says how a block becomes a script; each other file answers one question of it:
 *
 *     name.c      what things are called, and the texts nft puts in quotes
 *     number.c    sets of addresses and numbers as nft writes them
 *     box.c       what one box of a rule says, as real values
 *     match.c     the nft expressions that say the same, one line or several
 *     timeline.c  windows of any zone as weekly patterns in UTC
 *     moment.c    a timeline as nft lines
 *     action.c    what happens to a packet that matches: counters, logs, limits, verdicts
 */
#ifndef KJ_NFT_H
#define KJ_NFT_H

#include <kijun/plugin.h>
#include <kijun/view.h>

typedef enum { KJ_NFT_INPUT, KJ_NFT_FORWARD, KJ_NFT_OUTPUT } KjNftHook;

/* What a field of the block is to this target. */
typedef enum {
    KJ_NFT_OTHER, /* nothing that nftables can see */
    KJ_NFT_FROM,
    KJ_NFT_TO,
    KJ_NFT_PROTO,
    KJ_NFT_SOURCE_PORT, /* the four transport fields stand together, in this order */
    KJ_NFT_PORT,
    KJ_NFT_ICMP_TYPE,
    KJ_NFT_ICMP_CODE,
    KJ_NFT_IIF,
    KJ_NFT_OIF,
    KJ_NFT_STATE,
    KJ_NFT_TIME,
} KjNftRole;

enum { KJ_NFT_IPV4, KJ_NFT_IPV6, KJ_NFT_FAMILIES };

#define KJ_NFT_TRANSPORT_FIELDS 4u
#define KJ_NFT_PROTOCOLS 256u

/* One script in the making. The rules are gone through twice: first only to count how often each address set is wanted. */
typedef struct {
    const KjTable *table;
    KjBlockView block;
    KjNftHook hook;
    gboolean stateful;
    KjNftRole *roles; /* for each field of the block */
    gboolean counting;
    guint sets_wanted; /* how many sets the first pass met */
    GString *objects, *chains; /* of the nft table: counters, limits and sets; chains that are jumped to */
    GString *rules;            /* of the base chain */
    GString *fragments;        /* of the chain for later fragments; stateless blocks only */
    GHashTable *set_uses;  /* "ip 10.0.0.0/8, ..." -> how often */
    GHashTable *set_names; /* the same -> "address4-1" */
    GHashTable *moments;   /* text of a chain of moments -> its name */
    GHashTable *lines;     /* of the rule and chain being written, so that none stands twice */
    GHashTable *windows;   /* field -> KjTimeline */
    GHashTable *zones;     /* zone -> its offsets (timeline.c) */
    GHashTable *labels;    /* those of rules written so far, as nft takes them */
    guint chain_count;
} KjNft;

/* The rule being written; `index` is absolute. */
typedef struct {
    guint index;
    KjRuleView view;
    char *name;    /* its label as nft takes it; of a second rule of that label (an emergency's table has two versions) "web-v3" */
    const char *told; /* the label as nft takes it */
    char *comment; /* ` comment "border.pol:12 web"` */
    char *action;  /* what a matching line ends with */
} KjNftRule;

/* Refuses the rule: the message names it, says why, and what to write instead. Always FALSE. */
void kj_nft_tell_refusal(const KjRuleView *rule, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
#define kj_nft_refuse(...) (kj_nft_tell_refusal(__VA_ARGS__), FALSE)

/* ---- name.c ---- */

/* The reversible ASCII form of an identifier; free with g_free. NULL when it is longer than the kernel takes. */
char *kj_nft_encode(const char *identifier);
/* The same for a name that stands alone in nft: a label, of a counter or a limit. */
char *kj_nft_name(const char *label);
/* Appends `"text"` with nothing in it that nft could not read back, cut to `most` bytes between the quotes. */
void kj_nft_quote(const char *text, gsize most, GString *out);
/* FALSE when no interface can have this name, or nft cannot write it. */
gboolean kj_nft_is_interface(const char *name);

/* ---- number.c ---- */

/* Appends `{ 1, 5-7 }`, or one element bare. `intervals` holds KjInterval of family 0, sorted. */
void kj_nft_numbers(const GArray *intervals, GString *out);
/* `ip saddr 10.0.0.0/8 `, `ip6 daddr @address6-1 `: `end` is saddr or daddr. One expression, or several where the list is spread (char *). */
GPtrArray *kj_nft_address_matches(KjNft *nft, guint family, const char *end, const GArray *intervals);
/* Whether a list of so many elements becomes several lines. */
gboolean kj_nft_spreads(const KjNft *nft, guint count);

/* ---- box.c ---- */

/* One optional number of the transport header. */
typedef struct {
    gboolean tested;  /* FALSE: free */
    gboolean missing; /* a packet without it belongs to the box */
    gboolean all;     /* every value belongs to the box */
    GArray *present;  /* KjInterval */
} KjNftNumber;

typedef struct {
    gboolean empty; /* no packet at this hook is in it */
    gboolean address_tested[2];
    GArray *address[2][KJ_NFT_FAMILIES]; /* [from, to]: KjInterval */
    guint8 protocols[KJ_NFT_PROTOCOLS];
    KjNftNumber transport[KJ_NFT_TRANSPORT_FIELDS];
    char *interfaces; /* `iifname "eth0" `, or "" */
    char *state;      /* `ct state { new, untracked } `, or "" */
    struct KjTimeline *time; /* NULL: always */
} KjNftBox;

/* Reads a box; FALSE with KJ_ERROR_TARGET when it tests what nftables cannot see. Clear with kj_nft_box_clear either way. */
gboolean kj_nft_box_read(KjNft *nft, const KjNftRule *rule, guint box, KjNftBox *result, GError **error);
void kj_nft_box_clear(KjNftBox *box);

/* ---- match.c ---- */

#define KJ_NFT_PORTED "6, 17, 33, 132, 136" /* tcp, udp, dccp, sctp, udplite: the protocols whose header begins with two ports */
#define KJ_NFT_ICMP "1, 58"

gboolean kj_nft_has_ports(guint protocol);
gboolean kj_nft_is_icmp(guint protocol);

/* The lines that together match exactly the box, time apart, for whole packets or for later fragments; char *, each ending in a space or
 * empty. */
GPtrArray *kj_nft_matches(KjNft *nft, const KjNftBox *box, gboolean fragments);

/* ---- moment.c ---- */

/* The box's lines with the rule's action, into the base chain and that of fragments. */
void kj_nft_write_box(KjNft *nft, const KjNftRule *rule, const KjNftBox *box);

/* ---- action.c ---- */

/* Fills rule->action, declaring counters, limits and chains that it needs. */
gboolean kj_nft_action(KjNft *nft, KjNftRule *rule, GError **error);
/* The same for what no rule matches. */
gboolean kj_nft_default_action(KjNft *nft, GString *out, GError **error);
void kj_nft_declare_counter(KjNft *nft, const char *name);

#endif
