/* SPDX-License-Identifier: MIT */
/* test_json.c - every shape of an answer is parsed into the same fields */
#include "answer/json.h"

#include "../../sampling.h"

#include <jansson.h>
#include <limits.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static klr_alloc heap;

static void
add(char *out, size_t room, const char *name, const char *value)
{
    size_t used = strlen(out);
    if (value == NULL)
        return;
    int n = snprintf(out + used, room - used, " %s=%s", name, value);
    assert_true(n > 0 && (size_t)n < room - used);
}

/* An answer as one line, so that a table can say what is expected. */
static void
describe(const klr_answer *answer, char *out, size_t room)
{
    char code[16];
    (void)snprintf(code, sizeof code, "%d", answer->code);
    (void)snprintf(out, room, "%s%s", answer->is_object ? "object" : "nothing",
                   answer->has_data ? " data" : "");
    add(out, room, "code", answer->has_code ? code : NULL);
    add(out, room, "word", answer->gateway_code);
    add(out, room, "message", answer->message);
    add(out, room, "id", answer->request_id);
    add(out, room, "units", answer->units);
    for (size_t i = 0; i < answer->region_count; i++) {
        const klingrec_region *region = &answer->regions[i];
        char value[600];
        (void)snprintf(value, sizeof value, "%u%s%s%s", region->kind,
                       region->contained == 1 ? " yes" : " no",
                       region->url != NULL ? " " : "",
                       region->url != NULL ? region->url : "");
        add(out, room, region->name, value);
    }
}

/* In a block of exactly this size, so that a sanitizer detects reads past the end. */
static void
check(const char *body, size_t len, const char *expected)
{
    char line[4096], *exact = malloc(len > 0 ? len : 1);
    klr_arena arena;
    klr_answer answer;
    assert_non_null(exact);
    if (len > 0)
        memcpy(exact, body, len);
    klr_arena_init(&arena, &heap);
    assert_int_equal(klr_json_parse(&arena, exact, len, &answer), KLINGREC_OK);
    free(exact);
    describe(&answer, line, sizeof line);
    assert_string_equal(line, expected);
    assert_int_equal(answer.regions != NULL, answer.region_count > 0);
    klr_arena_free(&arena);
}

#define ID    "9ab376fc-9059-487f-9e2a-c9c89f1a344f"
#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG                                                                           \
    FIFTY FIFTY FIFTY FIFTY FIFTY /* longer than the initial size of any buffer */
#define TENTH         TEN "\""
#define TENTH_ESCAPED TEN "\\\""
#define FIVE(x)       x x x x x
#define GATEWAY_ID    "20260205132859798638387SIHCnxzJ"

static const struct {
    const char *body, *expected;
} SHAPES[] = {
    /* success, as CometAPI and as Kling document it */
    {"{\"code\":0,\"message\":\"SUCCEED\",\"data\":{\"task_result\":{\"images\":["
     "{\"type\":\"head_seg\",\"is_contain\":true},"
     "{\"type\":\"face_seg\",\"is_contain\":true},"
     "{\"type\":\"cloth_seg\",\"is_contain\":false},"
     "{\"type\":\"object_seg\",\"is_contain\":true}]}}}",
     "object data code=0 message=SUCCEED head_seg=1 yes face_seg=2 yes cloth_seg=4 no "
     "object_seg=8 yes"},
    {"{\"code\":0,\"message\":\"ok\",\"request_id\":\"" ID "\",\"data\":{"
     "\"final_unit_deduction\":\"0.2\",\"task_result\":{\"images\":["
     "{\"type\":\"object_seg\",\"is_contain\":true,\"url\":\"https://a/b.png?c=d\"}]},"
     "\"final_unit_deduction\":\"0.1\",\"final_balance_deduction\":{\"quota\":\"1\","
     "\"list_price\":\"2\"}}}",
     "object data code=0 message=ok id=" ID " units=0.1 object_seg=8 yes "
     "https://a/b.png?c=d"},
    {"{\"code\":0,\"data\":{\"task_result\":{\"images\":[{\"type\":\"face_seg\","
     "\"is_contain\":true,\"url\":\"" LONG "\"}]}}}",
     "object data code=0 face_seg=2 yes " LONG},
    {"{\"message\":\"" FIVE(FIVE(TENTH_ESCAPED)) "\"}",
     "object message=" FIVE(FIVE(TENTH))},
    {"{\"code\":0,\"data\":{}}", "object data code=0"},

    /* the service's error envelope, with and without data */
    {"{\"code\":1201,\"message\":\"Image pixel is invalid\",\"request_id\":\"" ID
     "\",\"data\":null}",
     "object code=1201 message=Image pixel is invalid id=" ID},
    {"{\"code\":1302,\"message\":\"m\",\"data\":{\"request_id\":\"" ID "\"}}",
     "object data code=1302 message=m id=" ID},

    /* {"error":{...}}, with a code of every JSON type */
    {"{\"error\":{\"code\":\"\",\"message\":\"model name is required (request id: "
     "abc)\",\"type\":\"comet_api_error\"}}",
     "object message=model name is required id=abc"},
    {"{\"error\":{\"message\":\"field messages is required (request id: x)\","
     "\"type\":\"comet_api_error\",\"param\":\"\",\"code\":\"invalid_request\"}}",
     "object word=invalid_request message=field messages is required id=x"},
    {"{\"error\":{\"code\":\"model_not_found\",\"message\":\"no channel (distributor) "
     "(request id: " GATEWAY_ID ")\"}}",
     "object word=model_not_found message=no channel (distributor) id=" GATEWAY_ID},
    {"{\"error\":{\"code\":1102,\"message\":\"m\",\"request_id\":\"i\"}}",
     "object code=1102 message=m id=i"},
    {"{\"error\":{\"code\":null,\"message\":\"m\"}}", "object message=m"},
    {"{\"error\":{\"code\":true,\"message\":\"m\"}}", "object message=m"},
    {"{\"error\":{\"code\":[1],\"message\":\"m\"}}", "object message=m"},
    {"{\"error\":{\"code\":{\"a\":1},\"message\":\"m\"}}", "object message=m"},
    {"{\"error\":\"in plain words\"}", "object message=in plain words"},
    {"{\"code\":0,\"data\":{},\"error\":{\"code\":1101}}", "object data code=1101"},
    {"{\"code\":1000,\"message\":\"m\",\"error\":null}", "object code=1000 message=m"},

    /* {"code":word or null, ...} */
    {"{\"code\":null,\"message\":\"user quota is not enough\"}",
     "object message=user quota is not enough"},
    {"{\"code\":\"quota_not_enough\",\"message\":\"user quota is not enough\","
     "\"data\":null}",
     "object word=quota_not_enough message=user quota is not enough"},

    /* a document inside the message */
    {"{\"code\":\"fail_to_fetch_task\",\"message\":\"{\\\"code\\\":1201,\\\"message"
     "\\\":\\\"Image pixel is invalid\\\",\\\"request_id\\\":\\\"" ID "\\\"}\"}",
     "object code=1201 word=fail_to_fetch_task message=Image pixel is invalid id=" ID},
    {"{\"code\":\"fail_to_fetch_task\",\"message\":\"upstream said {\\\"error\\\":"
     "{\\\"code\\\":\\\"model_not_found\\\",\\\"message\\\":\\\"none (request id: "
     "in)\\\"}} (request id: out)\"}",
     "object word=model_not_found message=none id=out"},
    {"{\"error\":{\"message\":\"{\\\"code\\\":0,\\\"data\\\":{}}\",\"code\":\"\"}}",
     "object message={\"code\":0,\"data\":{}}"},
    {"{\"error\":{\"message\":\"{\\\"code\\\":1,\\\"message\\\":\\\"{\\\\\\\"code"
     "\\\\\\\":2}\\\"}\"}}",
     "object code=1 message={\"code\":2}"},
    {"{\"code\":0,\"message\":\"{\\\"code\\\":1201}\",\"data\":{}}",
     "object data code=0 message={\"code\":1201}"},
    {"{\"message\":\"use {braces}\"}", "object message=use {braces}"},
    {"{\"message\":\"{ only one\"}", "object message={ only one"},
    {"{\"message\":\"{[1]}\"}", "object message={[1]}"},
    {"{\"message\":\"{\\\"code\\\":100000000000000000000}\"}",
     "object message={\"code\":100000000000000000000}"},
};

static void
every_documented_shape_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(SHAPES); i++)
        check(SHAPES[i].body, strlen(SHAPES[i].body), SHAPES[i].expected);
}

static const char *const BROKEN[] = {
    "",
    " ",
    "\n",
    "null",
    "true",
    "0",
    "\"text\"",
    "[]",
    "[{\"code\":0}]",
    "{",
    "{]",
    "}",
    "{\"code\":0",
    "{\"code\":0,}",
    "{\"code\":0} x",
    "{\"code\":0}{}",
    "{\"code\":0},{}",
    "{}]",
    "]",
    ",",
    "{},",
    "\"x\",{}",
    "[",
    "<!DOCTYPE html><html>",
    "\xEF\xBB\xBF",
    "\xEF\xBB",
    "{\"code\":01}",
    "{'code':0}",
    "{code:0}",
    "{\"code\":NaN}",
    "{\"code\":+1}",
    "{\"code\":-}",
    "{\"code\":.5}",
    "{\"code\":1e400}",
    "{\"message\":\"\xC3\x28\"}",
    "{\"message\":\"\xC0\x80\"}",
    "{\"message\":\"\xED\xA0\x80\"}",
    "{\"message\":\"\\ud800\"}",
    "{\"message\":\"\\udc00\"}",
    "{\"message\":\"\\ud800\\u0041\"}",
    "{\"message\":\"a\nb\"}",
    "{\"message\":\"\\x\"}",
    "{\"message\":\"\\",
    "{\"\\u0000\":1}",
    "\xFF\xFE{\0}\0",
};

static void
a_body_that_is_not_one_object_is_ignored(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(BROKEN); i++)
        check(BROKEN[i], strlen(BROKEN[i]), "nothing");
    check(NULL, 0, "nothing");
    check("{\"code\":0\0}", 11, "nothing");
    check("{\"code\":0}\0", 11, "nothing");
}

/* Such an answer is not believed to be harmless. */
static void
what_begins_as_json_and_cannot_be_read_is_noted(void **state)
{
    static const struct {
        const char *body;
        size_t len; /* what follows is not looked at */
        bool unparsed;
    } rows[] = {
        {"{x", 2, true},
        {"[1", 2, true},
        {" \t\r\n{", 5, true},
        {" \t\r\n{", 4, false},
        {"\xEF\xBB\xBF \xEF\xBB\xBF{", 8, true},
        {"\xEF\xBB{", 3, false},
        {"x{", 2, false},
        {"!{", 2, false},
        {"[]", 2, false},
        {"{}", 2, false},
        {"{\"message\":\"{\\\"code\\\":1}\"}", 26, false},
        {"{\"message\":\"{\\\"code\\\":x}\"}", 26, true},
        {"{\"message\":\"{\\\"code\\\":1} {\"}", 28, true},
        {"{\"code\":0,\"message\":\"{\\\"code\\\":1}\"}", 35, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        klr_arena arena;
        klr_answer answer;
        klr_arena_init(&arena, &heap);
        assert_int_equal(klr_json_parse(&arena, rows[i].body, rows[i].len, &answer),
                         KLINGREC_OK);
        if (answer.has_unparsed != rows[i].unparsed)
            fail_msg("%.*s", (int)rows[i].len, rows[i].body);
        klr_arena_free(&arena);
    }
}

static void
a_truncated_answer_is_ignored(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(SHAPES[1].body); len++)
        check(SHAPES[1].body, len, "nothing");
}

static const struct {
    const char *body, *expected;
} ODD[] = {
    {"\xEF\xBB\xBF{\"code\":0}", "object code=0"},
    {" \r\n\t{ } \n", "object"},
    {"{\"code\":1,\"code\":2}", "object code=2"},
    {"{\"code\":1,\"error\":{\"code\":\"2\"}}", "object code=2"},
    {"{\"code\":\"a\",\"error\":{\"code\":\"b\"}}", "object word=b"},

    /* codes: integers in every notation, at and beyond the limits */
    {"{\"code\":\"1201\"}", "object code=1201"},
    {"{\"code\":\"0\"}", "object code=0"},
    {"{\"code\":\"1909\"}", "object code=1909"},
    {"{\"code\":\"-5\"}", "object code=-5"},
    {"{\"code\":-0}", "object code=0"},
    {"{\"code\":\"-\"}", "object word=-"},
    {"{\"code\":\"12x\"}", "object word=12x"},
    {"{\"code\":\"1 2\"}", "object"},
    {"{\"code\":1201.0}", "object code=1201"},
    {"{\"code\":1.2e3}", "object code=1200"},
    {"{\"code\":1201.5}", "object"},
    {"{\"code\":2147483647}", "object code=2147483647"},
    {"{\"code\":2147483648}", "object"},
    {"{\"code\":-2147483648}", "object code=-2147483648"},
    {"{\"code\":-2147483649}", "object"},
    {"{\"code\":\"2147483647\"}", "object code=2147483647"},
    {"{\"code\":\"2147483648\"}", "object word=2147483648"},
    {"{\"code\":123456789012345678901234567890}", "object"},
    {"{\"code\":5,\"request_id\":123456789012345678901234567890}", "object code=5"},
    {"{\"code\":5,\"x\":-99999999999999999999}", "object code=5"},
    {"{\"message\":\"a\\u0000b\",\"x\":99999999999999999999}", "object message=a b"},
    {"{\"data\":{\"code\":5}}", "object data"},
    {"{\"code\":5,\"x\":1e-400}", "object code=5"},
    {"{\"code\":\"\\u0030\\u0000\"}", "object"},

    /* request ids */
    {"{\"request_id\":9223372036854775807}", "object id=9223372036854775807"},
    {"{\"request_id\":\"a\",\"error\":{\"request_id\":\"b\"}}", "object id=b"},
    {"{\"request_id\":\"a b\"}", "object"},
    {"{\"request_id\":\" a\"}", "object"},
    {"{\"request_id\":\"!~\"}", "object id=!~"},
    {"{\"request_id\":\"a\\u0000b\"}", "object"},
    {"{\"request_id\":\"a\\u007fb\"}", "object"},
    {"{\"request_id\":\"\",\"message\":\"m (request id: b)\"}",
     "object message=m id=b"},
    {"{\"request_id\":\"a\",\"message\":\"m (request id: b)\"}",
     "object message=m id=a"},
    {"{\"message\":\"m (request id: a) (request id: b)  \"}", "object message=m id=b"},
    {"{\"message\":\"(request id: a)\"}", "object id=a"},
    {"{\"message\":\"m (request id: )\"}", "object message=m"},
    {"{\"message\":\"m (request ID; a)\"}", "object message=m (request ID; a)"},
    {"{\"message\":\"m (request id: a) more\"}",
     "object message=m (request id: a) more"},
    {"{\"message\":\"request id: abcdefgh)\"}", "object message=request id: abcdefgh)"},
    {"{\"message\":\"m (request id: a b)\"}", "object message=m"},

    /* messages */
    {"{\"message\":7}", "object"},
    {"{\"message\":\"\\u0001a\"}", "object message= a"},
    {"{\"message\":\"\"}", "object"},
    {"{\"message\":\" \"}", "object"},
    {"{\"message\":\"a\\u0000b\\u001b[31m\\nc\\u007f\"}", "object message=a b [31m c "},
    {"{\"message\":\"a\",\"error\":{\"message\":\"b\"}}", "object message=b"},
    {"{\"message\":\"a\",\"error\":{\"message\":4}}", "object message=a"},

    /* units */
    {"{\"data\":{\"final_unit_deduction\":1}}", "object data units=1"},
    {"{\"data\":{\"final_unit_deduction\":0.1}}", "object data units=0.1"},
    {"{\"request_id\":\"i\",\"data\":{\"final_unit_deduction\":0.5}}",
     "object data id=i units=0.5"},
    {"{\"data\":{\"final_unit_deduction\":0.014}}", "object data units=0.014"},
    {"{\"data\":{\"final_unit_deduction\":\"\"}}", "object data"},
    {"{\"data\":{\"final_unit_deduction\":null}}", "object data"},
    {"{\"data\":{\"final_unit_deduction\":-1.5e300}}", "object data units=-1.5e300"},
    {"{\"data\":[]}", "object"},

    /* a long token, and then short ones */
    {"{\"message\":\"" LONG "\",\"request_id\":\"i\",\"code\":5}",
     "object code=5 message=" LONG " id=i"},
};

static void
unusual_values_are_accepted_and_ambiguous_ones_dropped(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ODD); i++)
        check(ODD[i].body, strlen(ODD[i].body), ODD[i].expected);
}

static const struct {
    const char *images, *expected; /* the content of task_result */
} REGIONS[] = {
    {"\"images\":[]", ""},
    {"\"images\":null", ""},
    {"\"images\":{}", ""},
    {"\"images\":\"\"", ""},
    {"\"images\":[1,null,\"a\",[],{},true,1.5]", ""},
    {"\"images\":[{\"type\":\"face_seg\"}]", ""},
    {"\"images\":[{\"is_contain\":true}]", ""},
    {"\"images\":[{\"type\":\"\",\"is_contain\":true}]", ""},
    {"\"images\":[{\"type\":7,\"is_contain\":true}]", ""},
    {"\"images\":[{\"type\":\"face_seg\\u0000\",\"is_contain\":true}]", ""},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":null}]", ""},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":2}]", ""},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":-1}]", ""},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":\"yes\"}]", ""},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":\"true\\u0000\"}]", ""},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":1}]", " face_seg=2 yes"},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":0.0}]", " face_seg=2 no"},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":\"true\"}]", " face_seg=2 yes"},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":\"false\"}]", " face_seg=2 no"},
    {"\"images\":[{\"type\":\"face_seg\",\"is_contain\":\"1\"}]", " face_seg=2 yes"},
    {"\"images\":[{\"type\":\"FACE_SEG\",\"is_contain\":true}]", " FACE_SEG=0 yes"},
    {"\"images\":[{\"type\":\"hand_seg\",\"is_contain\":true,\"box\":[1,2]}]",
     " hand_seg=0 yes"},
    {"\"images\":[{\"type\":\"head_seg\",\"is_contain\":true,\"url\":\"\"},"
     "{\"type\":\"head_seg\",\"is_contain\":false,\"url\":null},5,"
     "{\"type\":\"head_seg\",\"is_contain\":true,\"url\":\"u\"}]",
     " head_seg=1 yes head_seg=1 no head_seg=1 yes u"},
    {"\"images\":[{\"type\":\"head_seg\",\"is_contain\":true,\"url\":\"a\\u0000b\"}]",
     " head_seg=1 yes"},
    {"\"images\":[{\"type\":\"head_seg\",\"is_contain\":true,\"url\":\"a\\u007fb\"}]",
     " head_seg=1 yes"},
    {"\"images\":[{\"type\":\"head_seg\",\"is_contain\":true,\"url\":\"a b\"}]",
     " head_seg=1 yes"},
    {"\"images\":[{\"type\":\"head_seg\",\"is_contain\":true,\"url\":\" a\"}]",
     " head_seg=1 yes"},
    {"\"images\":[{\"type\":\"head_seg\",\"is_contain\":true,\"url\":7}]",
     " head_seg=1 yes"},
};

static void
regions_keep_their_order_and_nothing_is_guessed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(REGIONS); i++) {
        char body[512], expected[512];
        (void)snprintf(body, sizeof body, "{\"data\":{\"task_result\":{%s}}}",
                       REGIONS[i].images);
        (void)snprintf(expected, sizeof expected, "object data%s", REGIONS[i].expected);
        check(body, strlen(body), expected);
    }
}

/* ---- Sizes ------------------------------------------------------------------ */

/* prefix, then unit count times, then suffix; to be freed. */
static char *
repeat(const char *prefix, const char *unit, size_t count, const char *suffix)
{
    size_t n = strlen(unit);
    size_t len = strlen(prefix) + n * count + strlen(suffix);
    char *text = malloc(len + 1), *at = text;
    assert_non_null(text);
    at += sprintf(at, "%s", prefix);
    for (; count > 0; count--, at += n)
        memcpy(at, unit, n);
    (void)sprintf(at, "%s", suffix);
    return text;
}

static const klr_answer *
parse_in(klr_arena *arena, char *body)
{
    static klr_answer answer;
    klr_arena_init(arena, &heap);
    assert_int_equal(klr_json_parse(arena, body, strlen(body), &answer), KLINGREC_OK);
    free(body);
    return &answer;
}

static void
long_strings_are_truncated_or_dropped_at_their_limit(void **state)
{
    (void)state;
    static const struct {
        const char *prefix, *unit, *suffix;
        size_t count, message, id, url;
    } ROWS[] = {
        {"{\"message\":\"", "m", "\"}", 1024, 1024, 0, 0},
        {"{\"message\":\"", "m", "\"}", 1025, 1024, 0, 0},
        {"{\"message\":\"", "\xE2\x82\xAC", "\"}", 342, 1023, 0, 0},
        {"{\"message\":\"", "\xE2\x82\xAC", "\"}", 200000, 1023, 0, 0},
        {"{\"request_id\":\"", "i", "\"}", 128, 0, 128, 0},
        {"{\"request_id\":\"", "i", "\"}", 129, 0, 0, 0},
        {"{\"data\":{\"task_result\":{\"images\":[{\"type\":\"face_seg\",\"is_contain\""
         ":true,\"url\":\"",
         "u", "\"}]}}}", 16384, 0, 0, 16384},
        {"{\"data\":{\"task_result\":{\"images\":[{\"type\":\"face_seg\",\"is_contain\""
         ":true,\"url\":\"",
         "u", "\"}]}}}", 16385, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        klr_arena arena;
        const klr_answer *answer =
            parse_in(&arena, repeat(ROWS[i].prefix, ROWS[i].unit, ROWS[i].count,
                                    ROWS[i].suffix));
        const char *url = answer->region_count > 0 ? answer->regions[0].url : NULL;
        assert_true(answer->is_object);
        assert_int_equal(answer->message ? strlen(answer->message) : 0,
                         ROWS[i].message);
        assert_int_equal(answer->request_id ? strlen(answer->request_id) : 0,
                         ROWS[i].id);
        assert_int_equal(url ? strlen(url) : 0, ROWS[i].url);
        klr_arena_free(&arena);
    }
}

static void
a_million_levels_or_items_do_no_harm(void **state)
{
    (void)state;
    klr_arena arena;
    const size_t million = 1000000 / thin();
    assert_false(parse_in(&arena, repeat("", "[", million, ""))->is_object);
    klr_arena_free(&arena);
    assert_false(parse_in(&arena, repeat("", "{\"a\":", million, ""))->is_object);
    klr_arena_free(&arena);
    assert_true(parse_in(&arena, repeat("{\"a\":[0", ",0", million, "]}"))->is_object);
    klr_arena_free(&arena);
    assert_false(parse_in(&arena, repeat("{\"message\":\"", "\\", million + 1, "\"}"))
                     ->is_object);
    klr_arena_free(&arena);
    assert_true(
        parse_in(&arena, repeat("{\"message\":\"", "{", million, "}\"}"))->is_object);
    klr_arena_free(&arena);
    assert_false(parse_in(&arena, repeat("{\"a\":", "9", million, "}"))->is_object);
    klr_arena_free(&arena);
}

static void
only_the_first_1024_regions_are_kept(void **state)
{
    (void)state;
    klr_arena arena;
    const char *unit = ",{\"type\":\"a\",\"is_contain\":1}";
    const char *prefix = "{\"data\":{\"task_result\":{\"images\":[{\"type\":\"face_seg"
                         "\",\"is_contain\":1}";
    assert_int_equal(parse_in(&arena, repeat(prefix, unit, 1023, "]}}}"))->region_count,
                     1024);
    klr_arena_free(&arena);
    assert_int_equal(parse_in(&arena, repeat(prefix, unit, 1024, "]}}}"))->region_count,
                     1024);
    klr_arena_free(&arena);
}

/* ---- Every field with every type -------------------------------------------- */

/* The accepted types of each field. */
enum { BOOL = 1, INT = 2, REAL = 4, TEXT = 8, ARRAY = 16, OBJECT = 32 };

static const struct {
    const char *before, *after; /* around the value */
    const char *without;        /* expected if it is not accepted */
    unsigned believed;
} FIELDS[] = {
    {"{\"code\":", ",\"message\":\"m\"}", "object message=m", INT | REAL | TEXT},
    {"{\"code\":3,\"message\":", "}", "object code=3", TEXT},
    {"{\"code\":3,\"request_id\":", "}", "object code=3", INT | TEXT},
    {"{\"code\":3,\"error\":", "}", "object code=3", TEXT},
    {"{\"error\":{\"message\":", "}}", "object", TEXT},
    {"{\"error\":{\"code\":", "}}", "object", INT | REAL | TEXT},
    {"{\"code\":0,\"data\":", "}", "object code=0", OBJECT},
    {"{\"data\":{\"request_id\":", "}}", "object data", INT | TEXT},
    {"{\"data\":{\"final_unit_deduction\":", "}}", "object data", INT | REAL | TEXT},
    {"{\"data\":{\"task_result\":", "}}", "object data", 0},
    {"{\"data\":{\"task_result\":{\"images\":", "}}}", "object data", 0},
    {"{\"data\":{\"task_result\":{\"images\":[", "]}}}", "object data", 0},
    {"{\"data\":{\"task_result\":{\"images\":[{\"is_contain\":true,\"type\":", "}]}}}",
     "object data", TEXT},
    {"{\"data\":{\"task_result\":{\"images\":[{\"type\":\"a\",\"is_contain\":", "}]}}}",
     "object data", BOOL | INT | REAL},
    {"{\"data\":{\"task_result\":{\"images\":[{\"type\":\"a\",\"is_contain\":true,"
     "\"url\":",
     "}]}}}", "object data a=0 yes", TEXT},
};

static const struct {
    unsigned type;
    const char *text;
} VALUES[] = {
    {0, "null"},    {BOOL, "true"},        {INT, "1"}, {REAL, "1.0"}, {TEXT, "\"x\""},
    {ARRAY, "[1]"}, {OBJECT, "{\"z\":1}"},
};

static void
each_field_is_accepted_only_in_its_own_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(FIELDS); i++)
        for (size_t k = 0; k < COUNT(VALUES); k++) {
            char body[256], line[512];
            klr_arena arena;
            (void)snprintf(body, sizeof body, "%s%s%s", FIELDS[i].before,
                           VALUES[k].text, FIELDS[i].after);
            char *copied = repeat(body, "", 0, "");
            describe(parse_in(&arena, copied), line, sizeof line);
            bool believed = (FIELDS[i].believed & VALUES[k].type) != 0;
            if (believed == (strcmp(line, FIELDS[i].without) == 0))
                fail_msg("%s became: %s", body, line);
            klr_arena_free(&arena);
        }
}

/* ---- Memory ----------------------------------------------------------------- */

#define FOR_GOOD LONG_MAX

static struct {
    long countdown; /* allocations that still succeed */
    long in_a_row;  /* and then fail */
    bool failed;    /* one did */
    long live;
} memory;

static bool
memory_is_short(void)
{
    if (memory.countdown-- > 0 || memory.in_a_row == 0)
        return false;
    memory.in_a_row--;
    memory.failed = true;
    return true;
}

static void *
short_malloc(size_t size)
{
    void *ptr = memory_is_short() ? NULL : malloc(size);
    memory.live += ptr != NULL;
    return ptr;
}

static void
short_free(void *ptr)
{
    memory.live -= ptr != NULL;
    free(ptr);
}

static void *
short_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size != 0)
        return short_malloc(new_size); /* the arena never resizes */
    short_free(ptr);
    return NULL;
}

/* Fails the n-th allocation of one parse and all after it, for n = 0 until none
   fails. */
static void
starve(const char *body, const char *expected, long in_a_row)
{
    klr_alloc alloc = klr_alloc_from(short_alloc, NULL);
    for (long n = 0;; n++) {
        char line[4096];
        klr_arena arena;
        klr_answer answer;
        klr_arena_init(&arena, &alloc);
        memory.countdown = n;
        memory.in_a_row = in_a_row;
        memory.failed = false;
        klingrec_status status = klr_json_parse(&arena, body, strlen(body), &answer);
        memory.in_a_row = 0;
        describe(&answer, line, sizeof line);
        klr_arena_free(&arena);
        assert_int_equal(memory.live, 0);
        if (status == KLINGREC_ERR_NOMEM)
            assert_string_equal(line, "nothing");
        else /* jansson works without it, or repeated the allocation */
            assert_string_equal(line, expected);
        if (in_a_row == FOR_GOOD && memory.failed)
            assert_int_equal(status, KLINGREC_ERR_NOMEM);
        if (!memory.failed)
            return;
    }
}

static void
a_failed_allocation_causes_no_leak_and_no_wrong_answer(void **state)
{
    static const long in_a_row[] = {1, 2, 30, FOR_GOOD};
    (void)state;
    json_set_alloc_funcs(short_malloc, short_free);
    for (size_t k = 0; k < COUNT(in_a_row); k++) {
        for (size_t i = 0; i < COUNT(SHAPES); i++)
            starve(SHAPES[i].body, SHAPES[i].expected, in_a_row[k]);
        for (size_t i = 0; i < COUNT(ODD); i++)
            starve(ODD[i].body, ODD[i].expected, in_a_row[k]);
    }
    json_set_alloc_funcs(malloc, free);
}

static void
a_locale_with_a_decimal_comma_changes_nothing(void **state)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        skip();
    unusual_values_are_accepted_and_ambiguous_ones_dropped(state);
    every_documented_shape_is_understood(state);
    (void)setlocale(LC_ALL, "C");
}

static void
the_version_is_that_of_the_library(void **state)
{
    (void)state;
    assert_int_equal(strncmp(klr_json_version(), "2.", 2), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_documented_shape_is_understood),
        cmocka_unit_test(a_body_that_is_not_one_object_is_ignored),
        cmocka_unit_test(what_begins_as_json_and_cannot_be_read_is_noted),
        cmocka_unit_test(a_truncated_answer_is_ignored),
        cmocka_unit_test(unusual_values_are_accepted_and_ambiguous_ones_dropped),
        cmocka_unit_test(regions_keep_their_order_and_nothing_is_guessed),
        cmocka_unit_test(long_strings_are_truncated_or_dropped_at_their_limit),
        cmocka_unit_test(a_million_levels_or_items_do_no_harm),
        cmocka_unit_test(only_the_first_1024_regions_are_kept),
        cmocka_unit_test(each_field_is_accepted_only_in_its_own_types),
        cmocka_unit_test(a_failed_allocation_causes_no_leak_and_no_wrong_answer),
        cmocka_unit_test(a_locale_with_a_decimal_comma_changes_nothing),
        cmocka_unit_test(the_version_is_that_of_the_library),
    };
    heap = klr_alloc_from(NULL, NULL);
    klr_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
