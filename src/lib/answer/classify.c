/* SPDX-License-Identifier: MIT */
/* classify.c - what the outcome of an attempt means for the caller and for the bill */
#include "base/build.h"

#include "answer/classify.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct meaning {
    klingrec_status status;
    klr_retry retry;
} meaning;

/*
 * The service's published codes, then ranges for new codes of the same classes. The
 * first matching row decides.
 */
static const struct {
    int first, last;
    meaning means;
} CODES[] = {
    {1000, 1099, {KLINGREC_ERR_AUTH, KLR_RETRY_NEVER}},
    {1100, 1199, {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}},
    {1302, 1303, {KLINGREC_ERR_RATE_LIMIT, KLR_RETRY_SAFE}},
    {1304, 1304, {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}}, /* not on the IP whitelist */
    {1200, 1399, {KLINGREC_ERR_REFUSED, KLR_RETRY_NEVER}},
    {5002,
     5002,
     {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}}, /* the service's own time limit */
    {5000, 5999, {KLINGREC_ERR_SERVER, KLR_RETRY_SAFE}},
};

/* Code words of gateways. They take precedence over the HTTP status. */
static const struct {
    const char *word;
    meaning means;
} WORDS[] = {
    {"invalid_request", {KLINGREC_ERR_REFUSED, KLR_RETRY_NEVER}},
    {"convert_request_failed", {KLINGREC_ERR_REFUSED, KLR_RETRY_NEVER}},
    {"do_request_failed", {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {"read_response_body_failed", {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {"unmarshal_response_failed", {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {"unmarshal_response_body_failed", {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {"close_response_body_failed", {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {"bad_response_body", {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {"empty_response", {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {"invalid_response", {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {"model_not_found", {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}},
    {"quota_not_enough", {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}},
    {"insufficient_quota", {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}},
    {"insufficient_user_quota", {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}},
};

/* Texts that gateways put only into the message. */
static const struct {
    const char *part;
    meaning means;
} PARTS[] = {
    {"quota is not enough", {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}},
    {"no available channel", {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}},
    {"\xE8\xB4\x9F\xE8\xBD\xBD\xE5\xB7\xB2\xE9\xA5\xB1\xE5\x92\x8C", /* saturated */
     {KLINGREC_ERR_RATE_LIMIT, KLR_RETRY_SAFE}},
};

/* The first matching row decides. 52x come from a CDN's edge: with 521, 523, 525, 526,
   527 and 530 the request never reached the service, with 520, 522 and 524 its response
   was lost. */
static const struct {
    int first, last;
    meaning means;
} HTTP[] = {
    {401, 401, {KLINGREC_ERR_AUTH, KLR_RETRY_NEVER}},
    {402, 403, {KLINGREC_ERR_ACCOUNT, KLR_RETRY_NEVER}},
    {408, 408, {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {429, 429, {KLINGREC_ERR_RATE_LIMIT, KLR_RETRY_SAFE}},
    {400, 499, {KLINGREC_ERR_REFUSED, KLR_RETRY_NEVER}},
    {504, 504, {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {520, 520, {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {522, 522, {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {524, 524, {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}},
    {598, 599, {KLINGREC_ERR_SERVER, KLR_RETRY_UNSURE}}, /* time limits of proxies */
    {500, 599, {KLINGREC_ERR_SERVER, KLR_RETRY_SAFE}},
};

/* For an attempt without a complete response: the retry if the request was not sent,
   and if it was. Other statuses are not retried: they would fail again. */
static const struct {
    klingrec_status status;
    klr_retry unsent, sent;
} TRANSPORT[] = {
    {KLINGREC_ERR_RESOLVE, KLR_RETRY_SAFE, KLR_RETRY_UNSURE},
    {KLINGREC_ERR_CONNECT, KLR_RETRY_SAFE, KLR_RETRY_UNSURE},
    {KLINGREC_ERR_TIMEOUT, KLR_RETRY_SAFE, KLR_RETRY_UNSURE},
    {KLINGREC_ERR_TRANSFER, KLR_RETRY_SAFE, KLR_RETRY_UNSURE},
};

/* 3xx, or 200 with HTML, mean a wrong endpoint. A 200 may still be billed. */
static const meaning NOT_UNDERSTOOD = {KLINGREC_ERR_RESPONSE, KLR_RETRY_NEVER};
static const meaning SUCCESS = {KLINGREC_OK, KLR_RETRY_NEVER};

static const meaning *
by_code(const klr_answer *answer)
{
    for (size_t i = 0; answer->has_code && i < COUNT(CODES); i++)
        if (answer->code >= CODES[i].first && answer->code <= CODES[i].last)
            return &CODES[i].means;
    return NULL;
}

static bool
message_has(const klr_answer *answer, const char *part)
{
    return answer->message != NULL && strstr(answer->message, part) != NULL;
}

static const meaning *
of_word(const klr_answer *answer, const char *word)
{
    for (size_t i = 0; word != NULL && i < COUNT(WORDS); i++) {
        if (strcmp(word, WORDS[i].word) != 0)
            continue;
        /* Go's error text for a failed connect: the gateway sent nothing. */
        bool unsent =
            WORDS[i].means.retry == KLR_RETRY_UNSURE && message_has(answer, "dial tcp");
        return unsent ? NULL : &WORDS[i].means;
    }
    return NULL;
}

/* If the outer gateway lost the response, that takes precedence over the inner code. */
static const meaning *
by_word(const klr_answer *answer)
{
    const meaning *outer = of_word(answer, answer->outer_code);
    bool lost = outer != NULL && outer->retry == KLR_RETRY_UNSURE;
    return lost ? outer : of_word(answer, answer->gateway_code);
}

static const meaning *
by_message(const klr_answer *answer)
{
    for (size_t i = 0; i < COUNT(PARTS); i++)
        if (message_has(answer, PARTS[i].part))
            return &PARTS[i].means;
    return NULL;
}

static const meaning *
by_http_status(int http_status)
{
    for (size_t i = 0; i < COUNT(HTTP); i++)
        if (http_status >= HTTP[i].first && http_status <= HTTP[i].last)
            return &HTTP[i].means;
    return &NOT_UNDERSTOOD;
}

static const meaning *
of_answer(const klr_answer *answer, int http_status)
{
    bool good = http_status >= 200 && http_status <= 299;
    bool bad = http_status >= 400 && http_status <= 599;
    if (answer == NULL || !answer->is_object || !(good || bad))
        return by_http_status(http_status);
    const meaning *means = by_code(answer);
    if (means == NULL)
        means = by_word(answer);
    if (means == NULL && good && answer->has_code && answer->code == 0 &&
        answer->has_data)
        means = &SUCCESS;
    if (means == NULL)
        means = by_message(answer);
    return means != NULL ? means : by_http_status(http_status);
}

static klr_verdict
of_transport(klingrec_status status, bool sent)
{
    klr_verdict verdict = {status,
                           sent ? KLINGREC_DELIVERY_UNSURE : KLINGREC_DELIVERY_NOT_SENT,
                           KLR_RETRY_NEVER};
    for (size_t i = 0; i < COUNT(TRANSPORT); i++)
        if (TRANSPORT[i].status == status)
            verdict.retry = sent ? TRANSPORT[i].sent : TRANSPORT[i].unsent;
    return verdict;
}

/*
 * Whether an answer with a safe retry may still be billed: a success with an HTTP error
 * status, or a server's error with JSON that was not fully parsed and may contain 5002.
 * No code that comes with 429 is billed.
 */
static bool
may_be_billed(const klr_answer *answer, const meaning *means)
{
    if (answer == NULL)
        return false;
    bool success = answer->has_code && answer->code == 0 && answer->has_data;
    return answer->inner_success || success ||
           (answer->has_unparsed && means->status == KLINGREC_ERR_SERVER);
}

klr_verdict
klr_classify(const klr_outcome *outcome)
{
    if (outcome->transport != KLINGREC_OK)
        return of_transport(outcome->transport, outcome->sent);
    const meaning *means = of_answer(outcome->answer, outcome->http_status);
    klr_retry retry = means->retry;
    if (retry == KLR_RETRY_SAFE && may_be_billed(outcome->answer, means))
        retry = KLR_RETRY_UNSURE;
    /* The gateway or the service lost the result of the request. */
    bool lost = retry == KLR_RETRY_UNSURE;
    klr_verdict verdict = {means->status,
                           lost ? KLINGREC_DELIVERY_UNSURE : KLINGREC_DELIVERY_ANSWERED,
                           retry};
    return verdict;
}

klingrec_delivery
klr_worse_delivery(klingrec_delivery a, klingrec_delivery b)
{
    if (a == KLINGREC_DELIVERY_UNSURE || b == KLINGREC_DELIVERY_UNSURE)
        return KLINGREC_DELIVERY_UNSURE;
    return a == KLINGREC_DELIVERY_ANSWERED ? a : b;
}
