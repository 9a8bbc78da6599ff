/* SPDX-License-Identifier: MIT */
/* test_memory.c - every allocation of the library fails once, and nothing leaks */
#include "counting_allocator.h"
#include "rig.h"

static klingrec_client *
metered_client(fake *self, meter *m)
{
    klingrec_config config = rig_config();
    config.user_agent = "meter/1";
    config.alloc = metered;
    config.alloc_user = m;
    return rig_client(self, config);
}

static bool
nomem_or(klingrec_status status, klingrec_status other)
{
    return status == KLINGREC_ERR_NOMEM || status == other;
}

static void
count(void *release_user)
{
    ++*(unsigned *)release_user;
}

static klingrec_status
recognize_once(klingrec_client *client)
{
    unsigned released = 0;
    klingrec_request request = rig_request();
    request.release = count;
    request.release_user = &released;
    klingrec_result *result = NULL;
    klingrec_status status = klingrec_recognize(client, &request, &result);
    assert_int_equal(released, 1);
    if (result != NULL)
        assert_int_equal(klingrec_result_status(result), status);
    if (status == KLINGREC_OK)
        assert_true(klingrec_result_contains(result, KLINGREC_KIND_HEAD));
    klingrec_result_free(result);
    return status;
}

static klingrec_status
submit_three(klingrec_client *client)
{
    klingrec_status worst = KLINGREC_OK;
    klingrec_result *result = NULL;
    size_t accepted = 0, yielded = 0;

    for (int i = 0; i < 3; i++) {
        klingrec_request request = rig_request();
        klingrec_status status = klingrec_submit(client, &request, NULL);
        accepted += status == KLINGREC_OK;
        if (status != KLINGREC_OK)
            worst = status;
    }
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK) {
        yielded++;
        if (klingrec_result_status(result) != KLINGREC_OK)
            worst = klingrec_result_status(result);
        klingrec_result_free(result);
    }
    assert_int_equal(yielded, accepted);
    return worst;
}

static void
sweep(klingrec_status (*scenario)(klingrec_client *), bool fail_from)
{
    static const fake_answer *answers[] = {&RIG_SERVER, &RIG_GOOD, NULL};
    unsigned long total = 0;
    for (unsigned long n = 0; n == 0 || n <= total; n++) {
        meter m = {0, n, fail_from, 0};
        fake self = {.answer = rig_script, .user = answers};
        klingrec_client *client = metered_client(&self, &m);
        if (client != NULL) {
            klingrec_status status = scenario(client);
            assert_true(nomem_or(status, KLINGREC_OK));
            if (n == 0)
                assert_int_equal(status, KLINGREC_OK);
            m.fail_at = 0; /* memory is back: the client must work */
            m.fail_from = false;
            assert_int_equal(scenario(client), KLINGREC_OK);
        }
        klingrec_client_free(client);
        assert_int_equal(m.live, 0);
        if (n == 0)
            total = m.calls;
    }
    assert_true(total > 10);
}

static void
every_allocation_of_a_blocking_call_may_fail_once(void **state)
{
    (void)state;
    sweep(recognize_once, false);
}

static void
every_allocation_of_a_blocking_call_may_be_the_last_that_succeeds(void **state)
{
    (void)state;
    sweep(recognize_once, true);
}

static void
every_allocation_of_submitted_jobs_may_fail(void **state)
{
    (void)state;
    sweep(submit_three, false);
    sweep(submit_three, true);
}

static void
a_batch_does_not_grow_with_the_number_of_images(void **state)
{
    (void)state;
    meter m = {0};
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = metered_client(&self, &m);
    assert_int_equal(recognize_once(client), KLINGREC_OK); /* it leaves spare memory */
    size_t before = m.live, most = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(recognize_once(client), KLINGREC_OK);
        if (m.live > most)
            most = m.live;
    }
    assert_int_equal(most, before);
    klingrec_client_free(client);
    assert_int_equal(m.live, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_a_blocking_call_may_fail_once),
        cmocka_unit_test(
            every_allocation_of_a_blocking_call_may_be_the_last_that_succeeds),
        cmocka_unit_test(every_allocation_of_submitted_jobs_may_fail),
        cmocka_unit_test(a_batch_does_not_grow_with_the_number_of_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
