/* SPDX-License-Identifier: MIT */
/* test_hooks.c - the host's hooks: token and admit */
#include "rig.h"

#include <stdio.h>

static bool
next_token(void *user, char *buf, size_t len)
{
    unsigned *n = user;
    ++*n;
    if (*n == 3)
        return false;
    snprintf(buf, len, *n == 4 ? "bad token" : "token-%u", *n);
    return true;
}

static void
a_token_is_requested_and_checked_for_each_attempt(void **state)
{
    (void)state;
    rig_capture c = {{0}, 0, {0}};
    unsigned asked = 0;
    fake self = {.answer = rig_answer_and_capture, .user = &c};
    klingrec_config config = rig_config();
    config.api_key = NULL;
    config.token = next_token;
    config.token_user = &asked;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = klingrec_request_url("https://example.org/");
    static const klingrec_status expected[] = {KLINGREC_OK, KLINGREC_OK,
                                               KLINGREC_ERR_AUTH, KLINGREC_ERR_AUTH};
    for (unsigned i = 0; i < 4; i++) {
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_recognize(client, &request, &result), expected[i]);
        bool explained =
            strstr(klingrec_result_message(result), "the token callback") != NULL;
        assert_int_equal(explained, expected[i] == KLINGREC_ERR_AUTH);
        klingrec_result_free(result);
    }
    assert_non_null(strstr(c.headers, "Bearer token-1\n"));
    assert_non_null(strstr(c.headers, "Bearer token-2\n"));
    assert_int_equal(self.started, 2);
    klingrec_client_free(client);
}

/* Admits at multiples of `every` ms of the clock, from 1000 on; 0: never. */
typedef struct gate {
    uint64_t every;
    uint64_t next;
    unsigned asked;
    unsigned admitted;
} gate;

static uint32_t
ask_gate(void *user)
{
    gate *g = user;
    g->asked++;
    if (g->every == 0)
        return UINT32_MAX;
    if (fake_now() < g->next)
        return (uint32_t)(g->next - fake_now());
    g->next = fake_now() + g->every;
    g->admitted++;
    return 0;
}

static void
each_attempt_waits_until_the_host_admits_it(void **state)
{
    (void)state;
    /* the second attempt fails and is tried again: that is asked for as well */
    const fake_answer *answers[] = {&RIG_GOOD, &RIG_SERVER, &RIG_GOOD, NULL};
    fake self = {.answer = rig_script, .user = answers};
    gate g = {5000, 1000, 0, 0};
    klingrec_config config = rig_config();
    config.admit = ask_gate;
    config.admit_user = &g;
    klingrec_client *client = rig_client(&self, config);
    klingrec_result *result = NULL;
    unsigned attempts = 0;
    for (int i = 0; i < 3; i++) {
        klingrec_request request = rig_request();
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    }
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK) {
        assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
        attempts += klingrec_result_attempts(result);
        klingrec_result_free(result);
    }
    assert_int_equal(attempts, 4);
    assert_int_equal(g.admitted, 4);
    assert_int_equal(g.asked,
                     7); /* it returns the time, so it is not called in between */
    assert_int_equal(self.started, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(self.started_at[i], 1000 + i * 5000);
    klingrec_client_free(client);
}

static void
an_image_that_fails_the_check_needs_no_admission(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    gate g = {5000, 1000, 0, 0};
    klingrec_config config = rig_config();
    config.admit = ask_gate;
    config.admit_user = &g;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = klingrec_request_bytes(RIG_PNG, RIG_PNG_SIZE - 1);
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_recognize(client, &request, &result),
                     KLINGREC_ERR_IMAGE_DAMAGED);
    assert_int_equal(g.asked, 0);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

static void
a_job_that_the_host_never_admits_ends_by_deadline_and_cancel_unsent(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    gate g = {0, 0, 0, 0};
    klingrec_config config = rig_config();
    config.admit = ask_gate;
    config.admit_user = &g;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    rig_released = 0;
    request.release = rig_count_release;
    request.deadline_ms = 700;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    request.deadline_ms = 0;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_TIMEOUT);
    assert_int_equal(fake_now(), 1700);
    assert_int_equal(klingrec_result_attempts(result), 0);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    klingrec_result_free(result);
    assert_int_equal(klingrec_cancel(client, 2), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    klingrec_result_free(result);
    assert_int_equal(g.asked, 1);
    klingrec_client_free(client); /* and the third with it */
    assert_int_equal(rig_released, 3);
    assert_int_equal(self.started, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_requested_and_checked_for_each_attempt),
        cmocka_unit_test(each_attempt_waits_until_the_host_admits_it),
        cmocka_unit_test(an_image_that_fails_the_check_needs_no_admission),
        cmocka_unit_test(
            a_job_that_the_host_never_admits_ends_by_deadline_and_cancel_unsent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
