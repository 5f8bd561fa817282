/* SPDX-License-Identifier: LGPL-2.1-or-later */
%code top {
/*
 * The grammar: tokens to calls of the constructors in build.c, nothing else.
 *
 * It is a push parser, so that parse.c owns the loop: it counts brackets, recovers from errors by handing in a `;` where a statement has to
 * end, and can give back tokens. Hard words are tokens that are no `name`; every other keyword is one of `word`, `opening` or the two that
 * may begin an item, and a name wherever a name may stand. LALR(1) without a conflict: the words are told apart by what follows.
 */
}

%define api.pure full
%define api.push-pull push
%define api.prefix {kj_yy}
%define api.token.prefix {TOKEN_}
%define api.location.type {KjSpan}
%define parse.error custom
%define parse.lac full
%expect 0
%locations
%parse-param { KjParse *parse }

%code requires {
#include "build.h"
}

%code {
#define YYLLOC_DEFAULT(current, right, count)                                                                                         \
    do {                                                                                                                              \
        (current) = YYRHSLOC(right, (count) > 0 ? 1 : 0);                                                                             \
        (current).end = YYRHSLOC(right, (count)).end;                                                                                 \
        if ((count) == 0)                                                                                                             \
            (current).start = (current).end;                                                                                          \
    } while (0)
/* A statement nests at most KJ_LIMIT_NESTING deep, which parse.c counts, and takes at most six places of the stack for each level. */
#define YYMAXDEPTH (KJ_LIMIT_NESTING * 16)

static void yyerror(const KjSpan *span, KjParse *parse, const char *message);
}

%union {
    const char *text;
    KjAstName *name;
    KjAstValue *value;
    KjTallValue tall;
    KjAstExpression *expression;
    KjAstClause *clause;
    KjAstAnnotation *annotation;
    KjAstType *type;
    KjAstItem *item;
    KjAstCase *case_;
    KjAstConformance *conformance;
    KjAstBinding *binding;
    KjAstDeclaration *declaration;
    KjRelation relation;
    KjList list;
}

%token END 0 "end of file"
%token <text> NAME "name"
 /* hard words */
%token DEFAULT "default" FIELD "field" WHEN "when" UNLESS "unless" AND "and" OR "or" NOT "not" IN "in" HAS "has" DURING "during"
%token ANY "any" NONE "none" TRUE "true" FALSE "false" ZONE "zone"
 /* words that open a declaration */
%token <text> MODULE "module" USE "use" LET "let" TYPE "type" GROUP "group" STANDARD "standard" EXCEPTION "exception" TEST "test"
%token <text> PROVE "prove" ENFORCE "enforce"
 /* words that open an item */
%token <text> REQUIRE "require" PARAMETER "parameter"
 /* the others */
%token <text> TIER "tier" AS "as" CONFORMS "conforms" TO "to" WITH "with" UNTIL "until" REASON "reason" APPROVED "approved" BY "by"
%token <text> FROM "from" WHERE "where" COLUMN "column" ON "on" SET "set" OF "of"
%token <value> INTEGER "integer" SIZE "size" DURATION "duration" RATE "rate" SERVICE "service" ADDRESS "address" DATE "date" TIME "time"
%token <value> STRING "string"
%token RANGE ".." EQUAL "==" NOT_EQUAL "!=" LESS_EQUAL "<=" GREATER_EQUAL ">=" ARROW "=>"

%type <text> word opening effect_word any_word
%type <name> name names dotted domain label effect alias_opt tier_opt approved_opt effects
%type <list> name_list effect_list
%type <tall> value difference unary primary
%type <value> scalar days set window times zone_opt definition csv until_opt reason_opt argument
%type <list> value_list
%type <expression> expression disjunction conjunction negation when_opt unless_opt where_opt
%type <list> or_list and_list
%type <clause> clause
%type <list> clauses some_clauses
%type <relation> relation
%type <annotation> annotation
%type <list> annotations
%type <type> type
%type <list> ranking
%type <item> item item_core rule
%type <list> items cases proofs
%type <case_> case case_core case_head proof proof_core
%type <conformance> conformance
%type <binding> binding
%type <list> conformances_opt conformances bindings
%type <declaration> declaration declaration_core block

%%

module: declarations;

declarations: %empty | declarations declaration { kj_build_append(&parse->declarations, $declaration); };

declaration:
    declaration_core ';'                { $$ = kj_build_declaration_end(parse, $1, @$); }
  | block                               { $$ = kj_build_declaration_end(parse, $1, @$); }
  | error ';'                           { $$ = NULL; parse->failed = FALSE; yyerrok; }
  ;

declaration_core:
    MODULE dotted tier_opt              { $$ = kj_build_declaration(parse, KJ_DECLARATION_MODULE, $dotted); $$->alias = $tier_opt; }
  | USE dotted alias_opt                { $$ = kj_build_declaration(parse, KJ_DECLARATION_USE, $dotted); $$->alias = $alias_opt; }
  | ZONE STRING                         { $$ = kj_build_declaration(parse, KJ_DECLARATION_ZONE, NULL); $$->value = $STRING; }
  | LET name '=' definition             { $$ = kj_build_declaration(parse, KJ_DECLARATION_LET, $name); $$->value = $definition; }
  | GROUP name '=' definition           { $$ = kj_build_declaration(parse, KJ_DECLARATION_GROUP, $name); $$->value = $definition; }
  | TYPE name '=' type                  { $$ = kj_build_declaration(parse, KJ_DECLARATION_TYPE, $name); $$->type = $type; }
  | ENFORCE dotted BY name ON value
        {
            $$ = kj_build_declaration(parse, KJ_DECLARATION_ENFORCE, $dotted);
            $$->target = $name;
            $$->value = $value.value;
        }
  | EXCEPTION STRING TO dotted[standard] IN dotted[target] when_opt until_opt reason_opt approved_opt
        {
            $$ = kj_build_declaration(parse, KJ_DECLARATION_EXCEPTION, NULL);
            $$->value = $STRING;
            $$->standard = $standard;
            $$->target = $target;
            $$->when = $when_opt;
            $$->until = $until_opt;
            $$->reason = $reason_opt;
            $$->approved = $approved_opt;
        }
  ;

tier_opt: %empty { $$ = NULL; } | TIER name { $$ = $name; };
alias_opt: %empty { $$ = NULL; } | AS name { $$ = $name; };
until_opt: %empty { $$ = NULL; } | UNTIL DATE { $$ = $DATE; };
reason_opt: %empty { $$ = NULL; } | REASON STRING { $$ = $STRING; };
approved_opt: %empty { $$ = NULL; } | APPROVED BY dotted { $$ = $dotted; };

block:
    domain name conformances_opt '{' items '}'
        { $$ = kj_build_block(parse, KJ_DECLARATION_BLOCK, $domain, $name, $conformances_opt, $items); }
  | STANDARD name dotted conformances_opt '{' items '}'
        { $$ = kj_build_block(parse, KJ_DECLARATION_STANDARD, $name, $dotted, $conformances_opt, $items); }
  | TEST STRING '{' cases '}'           { $$ = kj_build_cases(parse, KJ_DECLARATION_TEST, $STRING, $cases); }
  | PROVE STRING '{' proofs '}'         { $$ = kj_build_cases(parse, KJ_DECLARATION_PROVE, $STRING, $proofs); }
  ;

conformances_opt: %empty { $$ = kj_list_empty; } | CONFORMS TO conformances { $$ = $conformances; };
conformances:
    conformance                         { $$ = kj_build_list($1); }
  | conformances ',' conformance        { $$ = $1; kj_build_append(&$$, $3); }
  ;
conformance:
    dotted                              { $$ = kj_build_conformance(parse, $dotted, kj_list_empty, @$); }
  | dotted WITH bindings                { $$ = kj_build_conformance(parse, $dotted, $bindings, @$); }
  ;
bindings: binding { $$ = kj_build_list($1); } | bindings AND binding { $$ = $1; kj_build_append(&$$, $3); };
binding: name '=' value { $$ = kj_build_binding(parse, $name, $value.value); };

items: %empty { $$ = kj_list_empty; } | items item { $$ = $1; kj_build_append(&$$, $item); };

item:
    item_core ';'                       { $$ = $1; $$->span = @$; parse->too_deep = FALSE; }
  | error ';'                           { $$ = NULL; parse->failed = FALSE; yyerrok; }
  ;

item_core:
    FIELD name ':' type                 { $$ = kj_build_item(parse, KJ_ITEM_FIELD, $name); $$->type = $type; }
  | PARAMETER name ':' type             { $$ = kj_build_item(parse, KJ_ITEM_PARAMETER, $name); $$->type = $type; }
  | name '=' value                      { $$ = kj_build_item(parse, KJ_ITEM_SETTING, $name); $$->value = $value.value; }
  | DEFAULT name annotations
        {
            $$ = kj_build_item(parse, KJ_ITEM_DEFAULT, NULL);
            $$->effect = $name;
            $$->annotations = $annotations.first;
        }
  | rule
  | label ':' rule                      { $$ = $rule; $$->name = $label; }
  ;

label: name;

rule:
    effect clauses when_opt unless_opt annotations
        { $$ = kj_build_rule(parse, KJ_ITEM_RULE, $effect, $clauses, NULL, $when_opt, $unless_opt, $annotations); }
  | REQUIRE some_clauses when_opt unless_opt annotations
        { $$ = kj_build_rule(parse, KJ_ITEM_REQUIRE, NULL, $some_clauses, NULL, $when_opt, $unless_opt, $annotations); }
  | REQUIRE '(' expression ')' when_opt unless_opt annotations
        { $$ = kj_build_rule(parse, KJ_ITEM_REQUIRE, NULL, kj_list_empty, $expression, $when_opt, $unless_opt, $annotations); }
  ;

effect: effect_word { $$ = kj_build_name(parse, $1, @$); };

clauses: %empty { $$ = kj_list_empty; } | clauses clause { $$ = $1; kj_build_append(&$$, $clause); };
some_clauses: clause { $$ = kj_build_list($1); } | some_clauses clause { $$ = $1; kj_build_append(&$$, $clause); };
clause:
    name value                          { $$ = kj_build_clause(parse, $name, 0, $value.value, @$); }
  | name relation value                 { $$ = kj_build_clause(parse, $name, $relation, $value.value, @$); }
  | DURING value                        { $$ = kj_build_clause(parse, NULL, 0, $value.value, @$); }
  ;

when_opt: %empty { $$ = NULL; } | WHEN expression { $$ = $expression; };
unless_opt: %empty { $$ = NULL; } | UNLESS expression { $$ = $expression; };

annotations: %empty { $$ = kj_list_empty; } | annotations annotation { $$ = $1; kj_build_append(&$$, $annotation); };
annotation:
    '@' name                            { $$ = kj_build_annotation(parse, $name, NULL, NULL, NULL, @$); }
  | '@' name '(' argument ')'           { $$ = kj_build_annotation(parse, $name, $argument, NULL, NULL, @$); }
  | '@' name '(' argument ',' ')'       { $$ = kj_build_annotation(parse, $name, $argument, NULL, NULL, @$); }
  | '@' name '(' argument ',' name[language] STRING ')'
                                        { $$ = kj_build_annotation(parse, $2, $argument, $language, $STRING, @$); }
  | '@' name '(' argument ',' name[language] STRING ',' ')'
                                        { $$ = kj_build_annotation(parse, $2, $argument, $language, $STRING, @$); }
  ;
argument: value { $$ = kj_build_argument(parse, $value.value); };

cases: %empty { $$ = kj_list_empty; } | cases case { $$ = $1; kj_build_append(&$$, $case); };
case:
    case_core ';'                       { $$ = $1; $$->span = @$; parse->too_deep = FALSE; }
  | error ';'                           { $$ = NULL; parse->failed = FALSE; yyerrok; }
  ;
case_core:
    case_head ARROW effects             { $$ = kj_build_case(parse, $case_head, NULL, $effects, NULL); }
  | case_head ARROW effects BY name     { $$ = kj_build_case(parse, $case_head, NULL, $effects, $name); }
  | case_head ARROW effects BY DEFAULT
        { $$ = kj_build_case(parse, $case_head, NULL, $effects, kj_build_name(parse, "default", @DEFAULT)); }
  ;
case_head: name dotted ':' clauses      { $$ = kj_build_case_head(parse, $name, $dotted, $clauses); };

proofs: %empty { $$ = kj_list_empty; } | proofs proof { $$ = $1; kj_build_append(&$$, $proof); };
proof:
    proof_core ';'                      { $$ = $1; $$->span = @$; parse->too_deep = FALSE; }
  | error ';'                           { $$ = NULL; parse->failed = FALSE; yyerrok; }
  ;
proof_core: case_head when_opt ARROW effects { $$ = kj_build_case(parse, $case_head, $when_opt, $effects, NULL); };

effects: effect_list { $$ = $1.first; };
effect_list: name { $$ = kj_build_list($1); } | effect_list ',' name { $$ = $1; kj_build_append(&$$, $3); };

 /* ---- types ---- */

type:
    dotted                              { $$ = kj_build_type(parse, KJ_AST_TYPE_NAME, @$); $$->name = $dotted; }
  | scalar RANGE scalar                 { $$ = kj_build_type(parse, KJ_AST_TYPE_RANGE, @$); $$->low = $1; $$->high = $3; }
  | SET OF type                         { $$ = kj_build_type_set(parse, $3, @$); }
  | '{' names '}'                       { $$ = kj_build_type(parse, KJ_AST_TYPE_ENUM, @$); $$->values = $names; }
  | ranking
        {
            $$ = kj_build_type(parse, KJ_AST_TYPE_ENUM, @$);
            $$->values = $ranking.first;
            $$->ordered = TRUE;
        }
  ;
names: name_list { $$ = $1.first; } | name_list ',' { $$ = $1.first; };
name_list: name { $$ = kj_build_list($1); } | name_list ',' name { $$ = $1; kj_build_append(&$$, $3); };
ranking:
    name '>' name                       { $$ = kj_build_list($1); kj_build_append(&$$, $3); }
  | ranking '>' name                    { $$ = $1; kj_build_append(&$$, $3); }
  ;

 /* ---- values ---- */

definition:
    value                               { $$ = $value.value; }
  | WHEN expression                     { $$ = kj_build_value(parse, KJ_VALUE_WHEN, @$); $$->expression = $expression; }
  | csv
  ;
csv: FROM STRING COLUMN name where_opt  { $$ = kj_build_csv(parse, $STRING, $name, $where_opt, @$); };
where_opt: %empty { $$ = NULL; } | WHERE expression { $$ = $expression; };

value: difference;
difference: unary | difference '-' unary { $$ = kj_build_minus(parse, $1, $3, @$); };
unary: primary | NOT unary              { $$ = kj_build_not(parse, $2, @$); };
primary:
    INTEGER                             { $$ = kj_build_flat($1); }
  | SIZE                                { $$ = kj_build_flat($1); }
  | DURATION                            { $$ = kj_build_flat($1); }
  | RATE                                { $$ = kj_build_flat($1); }
  | SERVICE                             { $$ = kj_build_flat($1); }
  | ADDRESS                             { $$ = kj_build_flat($1); }
  | DATE                                { $$ = kj_build_flat($1); }
  | TIME                                { $$ = kj_build_flat($1); }
  | STRING                              { $$ = kj_build_flat($1); }
  | TRUE                                { $$ = kj_build_flat(kj_build_bool(parse, TRUE, @$)); }
  | FALSE                               { $$ = kj_build_flat(kj_build_bool(parse, FALSE, @$)); }
  | ANY                                 { $$ = kj_build_flat(kj_build_value(parse, KJ_VALUE_ANY, @$)); }
  | NONE                                { $$ = kj_build_flat(kj_build_value(parse, KJ_VALUE_NONE, @$)); }
  | days                                { $$ = kj_build_flat($1); }
  | window                              { $$ = kj_build_flat($1); }
  | '(' value ')'                       { $$ = $2; }
  ;

 /* What may stand before the times of a window; a date alone is told apart from an instant by what follows. */
days: dotted { $$ = kj_build_value_name(parse, $1, @$); } | scalar RANGE scalar { $$ = kj_build_range(parse, $1, $3, @$); } | set;
scalar:
    INTEGER | SIZE | DURATION | SERVICE | ADDRESS | DATE
  | dotted                              { $$ = kj_build_value_name(parse, $1, @$); }
  ;
set:
    '{' '}'                             { $$ = kj_build_value(parse, KJ_VALUE_SET, @$); }
  | '{' value_list '}'                  { $$ = kj_build_value(parse, KJ_VALUE_SET, @$); $$->items = $2.first; }
  | '{' value_list ',' '}'              { $$ = kj_build_value(parse, KJ_VALUE_SET, @$); $$->items = $2.first; }
  ;
value_list:
    value                               { $$ = kj_build_list($1.value); }
  | value_list ',' value                { $$ = $1; kj_build_append(&$$, $3.value); }
  ;
window:
    days times zone_opt                 { $$ = kj_build_window(parse, $days, $times, $zone_opt, @$); }
  | days ZONE STRING                    { $$ = kj_build_window(parse, $days, NULL, $STRING, @$); }
  | DATE times zone_opt                 { $$ = kj_build_window(parse, $DATE, $times, $zone_opt, @$); }
  | DATE ZONE STRING                    { $$ = kj_build_window(parse, $DATE, NULL, $STRING, @$); }
  | DATE TIME zone_opt                  { $$ = kj_build_instant(parse, $DATE, $TIME, $zone_opt, @$); }
  | times zone_opt                      { $$ = kj_build_window(parse, NULL, $times, $zone_opt, @$); }
  ;
times: TIME RANGE TIME                  { $$ = kj_build_range(parse, $1, $3, @$); };
zone_opt: %empty { $$ = NULL; } | ZONE STRING { $$ = $STRING; };

 /* ---- conditions ---- */

expression: disjunction;
disjunction: conjunction | or_list      { $$ = kj_build_junction(parse, KJ_EXPRESSION_OR, $1, @$); };
or_list:
    conjunction OR conjunction
        {
            $$ = kj_list_empty;
            kj_build_operand(&$$, KJ_EXPRESSION_OR, $1);
            kj_build_operand(&$$, KJ_EXPRESSION_OR, $3);
        }
  | or_list OR conjunction              { $$ = $1; kj_build_operand(&$$, KJ_EXPRESSION_OR, $3); }
  ;
conjunction: negation | and_list        { $$ = kj_build_junction(parse, KJ_EXPRESSION_AND, $1, @$); };
and_list:
    negation AND negation
        {
            $$ = kj_list_empty;
            kj_build_operand(&$$, KJ_EXPRESSION_AND, $1);
            kj_build_operand(&$$, KJ_EXPRESSION_AND, $3);
        }
  | and_list AND negation               { $$ = $1; kj_build_operand(&$$, KJ_EXPRESSION_AND, $3); }
  ;
negation:
    NOT negation                        { $$ = kj_build_expression(parse, KJ_EXPRESSION_NOT, NULL, NULL, @$); $$->items = $2; }
  | '(' expression ')'                  { $$ = $2; $$->parenthesised = TRUE; }
  | dotted                              { $$ = kj_build_expression(parse, KJ_EXPRESSION_NAME, $1, NULL, @$); }
  | dotted relation value               { $$ = kj_build_expression(parse, KJ_EXPRESSION_COMPARE, $1, $3.value, @$); $$->relation = $2; }
  | dotted IN value                     { $$ = kj_build_expression(parse, KJ_EXPRESSION_IN, $1, $3.value, @$); }
  | dotted NOT IN value                 { $$ = kj_build_expression(parse, KJ_EXPRESSION_IN, $1, $4.value, @$); $$->negated = TRUE; }
  | dotted HAS value                    { $$ = kj_build_expression(parse, KJ_EXPRESSION_HAS, $1, $3.value, @$); }
  | DURING value                        { $$ = kj_build_expression(parse, KJ_EXPRESSION_DURING, NULL, $2.value, @$); }
  ;
relation:
    EQUAL { $$ = KJ_RELATION_EQUAL; } | NOT_EQUAL { $$ = KJ_RELATION_NOT_EQUAL; }
  | '<' { $$ = KJ_RELATION_LESS; } | LESS_EQUAL { $$ = KJ_RELATION_LESS_EQUAL; }
  | '>' { $$ = KJ_RELATION_GREATER; } | GREATER_EQUAL { $$ = KJ_RELATION_GREATER_EQUAL; }
  ;

 /* ---- names ---- */

dotted: name | dotted '.' name          { $$ = kj_build_dotted(parse, $1, $3); };
name: any_word                          { $$ = kj_build_name(parse, $1, @$); };
domain: word                            { $$ = kj_build_name(parse, $1, @$); };
any_word: effect_word | REQUIRE | PARAMETER;
effect_word: word | opening;
opening: MODULE | USE | LET | TYPE | GROUP | STANDARD | EXCEPTION | TEST | PROVE | ENFORCE;
word: NAME | TIER | AS | CONFORMS | TO | WITH | UNTIL | REASON | APPROVED | BY | FROM | WHERE | COLUMN | ON | SET | OF;

%%

static int
yyreport_syntax_error(const yypcontext_t *context, KjParse *parse)
{
    yysymbol_kind_t kinds[YYNTOKENS];
    const char *names[YYNTOKENS];
    int count = 0;

    /* Not worth its time for an error that will only be counted. */
    if (kj_diagnostics_errors(parse->diagnostics) < KJ_LIMIT_ERRORS)
        count = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
    for (int i = 0; i < count; i++)
        names[i] = yysymbol_name(kinds[i]);
    kj_expected_report(parse, *yypcontext_location(context), names, (guint)MAX(count, 0));
    return 0;
}

/* Only called when the parser's stack is at its end. */
static void
yyerror(const KjSpan *span, KjParse *parse, const char *message)
{
    (void)message;
    kj_report(parse->diagnostics, KJ_CODE_NESTING_TOO_DEEP, *span, KJ_LIMIT_NESTING);
}
