/* SPDX-License-Identifier: MIT */
/* test_attempt.c - what the end of an attempt means for the result */
#include "counting_allocator.h"
#include "rig.h"

#include <stdio.h>

/* ---- The line for people ---------------------------------------------------- */

static klingrec_result *
result_of(klingrec_client *client)
{
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_poll(client, 200000, &result), KLINGREC_OK);
    return result;
}

static void
the_words_of_the_transport_are_shown_unless_the_library_stopped_it(void **state)
{
    static const fake_answer late = {10,   KLINGREC_ERR_TIMEOUT, false, 0, NULL,
                                     NULL, KLINGREC_OK};
    static const struct {
        const fake_answer *answer;
        bool cancel, shown;
        klingrec_status status;
    } rows[] = {
        {&RIG_UNSENT, false, true, KLINGREC_ERR_CONNECT},
        {&late, false, true, KLINGREC_ERR_TIMEOUT},
        {&RIG_NEVER, false, false, KLINGREC_ERR_TIMEOUT},
        {&RIG_NEVER, true, false, KLINGREC_ERR_CANCELED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake self = rig_fake(rows[i].answer);
        self.detail = "what the transport says";
        klingrec_config config = rig_config();
        klingrec_request request = rig_request();
        klingrec_result *result = NULL;
        config.max_attempts = 1;
        klingrec_client *client = rig_client(&self, config);
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
        assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
        if (rows[i].cancel)
            assert_int_equal(klingrec_cancel(client, 0), KLINGREC_OK);
        result = result_of(client);
        assert_int_equal(klingrec_result_status(result), rows[i].status);
        bool shown = strstr(klingrec_result_message(result), self.detail) != NULL;
        assert_int_equal(shown, rows[i].shown);
        klingrec_result_free(result);
        klingrec_client_free(client);
    }
}

/* ---- Time ------------------------------------------------------------------- */

static void
an_answer_that_came_counts_at_the_very_end_of_the_time_limit(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.attempt_timeout_ms = 1000;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    fake_set_now(1000 + config.attempt_timeout_ms);
    result = result_of(client);
    assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

/* ---- An answer for which there is no memory --------------------------------- */

typedef struct shortage {
    const fake_answer *answer;
    meter memory;
    unsigned long from; /* which allocation after the answer fails; 0: none */
} shortage;

static const fake_answer *
shortage_answer(fake *self, klingrec_exchange *x, unsigned n)
{
    const shortage *s = self->user;
    (void)x;
    (void)n;
    return s->answer;
}

static void
begin_shortage(fake *self, const klingrec_exchange *x, klingrec_status end, bool sent)
{
    shortage *s = self->user;
    (void)x;
    (void)end;
    (void)sent;
    s->memory.fail_at = s->from != 0 ? s->memory.calls + s->from : 0;
}

/* Returns the number of allocations after the answer has arrived. */
static unsigned long
lack_memory(const fake_answer *answer, unsigned long from)
{
    shortage s = {.answer = answer, .from = from};
    fake self = {.answer = shortage_answer, .ending = begin_shortage, .user = &s};
    klingrec_config config = rig_config();
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    config.flags = KLINGREC_CLIENT_RETRY_UNSURE;
    config.alloc = metered;
    config.alloc_user = &s.memory;
    config.max_attempts = from == 0 ? 1 : 3;
    klingrec_client *client = rig_client(&self, config);
    klingrec_status status = klingrec_recognize(client, &request, &result);
    unsigned long calls = s.memory.calls;
    if (status == KLINGREC_ERR_NOMEM) {
        assert_int_equal(self.started, 1);
        assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_UNSURE);
    }
    klingrec_result_free(result);
    klingrec_client_free(client);
    return from == 0 ? calls : status == KLINGREC_ERR_NOMEM;
}

static void
an_answer_that_is_lost_for_lack_of_memory_is_in_doubt_and_never_asked_again(
    void **state)
{
    static char body[2 * 3000 + 300];
    const fake_answer large = {.http_status = 200, .body = body};
    const fake_answer *const answers[] = {&RIG_GOOD, &RIG_SERVER, &large};
    (void)state;
    (void)snprintf(body, sizeof body,
                   "{\"code\":0,\"data\":{\"task_result\":{\"images\":["
                   "{\"type\":\"a\",\"is_contain\":true,\"url\":\"%03000d\"},"
                   "{\"type\":\"b\",\"is_contain\":true,\"url\":\"%03000d\"}]}}}",
                   1, 2);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        unsigned long lost = 0, calls = lack_memory(answers[i], 0);
        for (unsigned long from = 1; from <= calls; from++)
            lost += lack_memory(answers[i], from);
        /* There is memory for a small answer before the request is sent. */
        assert_int_equal(lost > 1, answers[i] == &large);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_words_of_the_transport_are_shown_unless_the_library_stopped_it),
        cmocka_unit_test(an_answer_that_came_counts_at_the_very_end_of_the_time_limit),
        cmocka_unit_test(
            an_answer_that_is_lost_for_lack_of_memory_is_in_doubt_and_never_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
