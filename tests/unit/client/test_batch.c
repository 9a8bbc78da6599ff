/* SPDX-License-Identifier: MIT */
/* test_batch.c - many images with bounded memory */
#include "../../between.h"
#include "rig.h"

typedef struct run {
    fake fake;
    klingrec_client *client; /* that done() shuts down */
    unsigned given;
    unsigned images;
    unsigned results[KLINGREC_DELIVERY_ANSWERED + 1];
    unsigned good;
    unsigned canceled;
    unsigned stop_after; /* results; 0: never */
    unsigned most_ahead; /* images taken, without a result yet */
    unsigned seen;
} run;

static bool
next(void *user, klingrec_request *request)
{
    run *r = user;
    if (r->given == r->images)
        return false;
    r->given++;
    if (r->given - r->seen > r->most_ahead)
        r->most_ahead = r->given - r->seen;
    /* every tenth is not an image */
    *request = r->given % 10 == 0 ? klingrec_request_bytes("text", 4) : rig_request();
    return true;
}

static bool
done(void *user, const klingrec_result *result)
{
    run *r = user;
    r->seen++;
    r->results[klingrec_result_delivery(result)]++;
    r->good += klingrec_result_status(result) == KLINGREC_OK;
    r->canceled += klingrec_result_status(result) == KLINGREC_ERR_CANCELED;
    return r->stop_after == 0 || r->seen < r->stop_after;
}

static klingrec_status
run_batch(run *r, const fake_answer *const *answers)
{
    r->fake.answer = rig_script;
    r->fake.user = (void *)(uintptr_t)answers;
    klingrec_config config = rig_config();
    config.max_in_flight = 3;
    klingrec_client *client = rig_client(&r->fake, config);
    klingrec_batch batch = klingrec_batch_default();
    batch.next = next;
    batch.done = done;
    batch.user = r;
    klingrec_status status = klingrec_run_batch(client, &batch);
    assert_int_equal(klingrec_pending(client), 0);
    klingrec_client_free(client);
    return status;
}

static void
a_batch_continues_after_refused_images_and_holds_only_a_few(void **state)
{
    (void)state;
    static const fake_answer *const answers[] = {&RIG_REFUSED, &RIG_LOST, &RIG_GOOD,
                                                 NULL};
    run r = {.images = 1000};
    assert_int_equal(run_batch(&r, answers), KLINGREC_OK);
    assert_int_equal(r.seen, 1000);
    assert_int_equal(r.good, 898);
    assert_int_equal(r.results[KLINGREC_DELIVERY_NOT_SENT], 100);
    assert_int_equal(r.results[KLINGREC_DELIVERY_UNSURE], 1);
    assert_int_equal(r.fake.most_at_once, 3);
    assert_between(r.most_ahead, 3, 6);
}

static void
a_refused_key_stops_the_batch_at_once(void **state)
{
    (void)state;
    static const fake_answer *const answers[] = {&RIG_GOOD, &RIG_AUTH, NULL};
    run r = {.images = 1000};
    assert_int_equal(run_batch(&r, answers), KLINGREC_ERR_AUTH);
    assert_int_equal(r.seen, r.given);
    assert_true(r.given < 10);
    assert_true(r.fake.started <= 6);
}

static const fake_answer *
no_credit_for_the_second(fake *self, klingrec_exchange *x, unsigned n)
{
    static fake_answer slow, no_credit;
    (void)self;
    (void)x;
    slow = RIG_GOOD;
    slow.after_ms = 500;
    no_credit = RIG_AUTH;
    no_credit.body = "{\"code\":1102}";
    return n == 1 ? &no_credit : &slow;
}

/* The last of the credit was used for them. */
static void
requests_in_flight_are_awaited_when_the_credit_is_used_up(void **state)
{
    (void)state;
    run r = {.images = 1000};
    r.fake.answer = no_credit_for_the_second;
    klingrec_config config = rig_config();
    config.max_in_flight = 3;
    klingrec_client *client = rig_client(&r.fake, config);
    klingrec_batch batch = klingrec_batch_default();
    batch.next = next;
    batch.done = done;
    batch.user = &r;
    assert_int_equal(klingrec_run_batch(client, &batch), KLINGREC_ERR_ACCOUNT);
    assert_int_equal(r.fake.started, 3);
    assert_int_equal(r.good, 2);
    assert_int_equal(r.results[KLINGREC_DELIVERY_UNSURE], 0);
    assert_int_equal(r.seen, r.given);
    klingrec_client_free(client);
}

/* done() stops at the refused image, which is answered first. */
static void
done_cancels_running_requests_also_when_the_credit_is_used_up(void **state)
{
    (void)state;
    run r = {.images = 1000, .stop_after = 1};
    r.fake.answer = no_credit_for_the_second;
    klingrec_config config = rig_config();
    config.max_in_flight = 3;
    klingrec_client *client = rig_client(&r.fake, config);
    klingrec_batch batch = klingrec_batch_default();
    batch.next = next;
    batch.done = done;
    batch.user = &r;
    assert_int_equal(klingrec_run_batch(client, &batch), KLINGREC_ERR_ACCOUNT);
    assert_int_equal(r.fake.started, 3);
    assert_int_equal(r.good, 0);
    assert_int_equal(r.seen, r.given);
    klingrec_client_free(client);
}

static bool
shut_down(void *user, const klingrec_result *result)
{
    run *r = user;
    return klingrec_shutdown(r->client) == KLINGREC_OK && done(user, result);
}

/* The next request is refused then, which must not end the attempts that run. */
static void
a_shutdown_lets_running_requests_of_a_batch_end(void **state)
{
    (void)state;
    static fake_answer slow;
    slow = RIG_GOOD;
    slow.after_ms = 500;
    const fake_answer *answers[] = {&RIG_GOOD, &slow, NULL};
    run r = {.images = 1000};
    r.fake.answer = rig_script;
    r.fake.user = answers;
    klingrec_config config = rig_config();
    config.max_in_flight = 3;
    r.client = rig_client(&r.fake, config);
    klingrec_batch batch = klingrec_batch_default();
    batch.next = next;
    batch.done = shut_down;
    batch.user = &r;
    assert_int_equal(klingrec_run_batch(r.client, &batch), KLINGREC_ERR_CANCELED);
    assert_int_equal(r.fake.started, 3);
    assert_int_equal(r.good, 3);
    assert_int_equal(r.results[KLINGREC_DELIVERY_UNSURE], 0);
    klingrec_client_free(r.client);
}

/* Like a program that was compiled with a later header. */
static bool
next_is_larger(void *user, klingrec_request *request)
{
    unsigned *left = user;
    memset(request, 0, 1024);
    *request = rig_request();
    request->size = 1024;
    return (*left)-- > 0;
}

static void
a_larger_request_of_a_newer_program_is_supported(void **state)
{
    (void)state;
    unsigned left = 3;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_batch batch = klingrec_batch_default();
    batch.next = next_is_larger;
    batch.user = &left;
    assert_int_equal(klingrec_run_batch(client, &batch), KLINGREC_OK);
    assert_int_equal(self.started, 3);
    klingrec_client_free(client);
}

static void
done_can_stop_the_batch(void **state)
{
    (void)state;
    static const fake_answer *const answers[] = {&RIG_GOOD, NULL};
    run r = {.images = 1000, .stop_after = 5};
    assert_int_equal(run_batch(&r, answers), KLINGREC_ERR_CANCELED);
    assert_int_equal(r.seen,
                     r.given); /* every started job is reported, canceled or not */
    assert_int_equal(r.canceled, r.given - r.good);
    assert_between(r.good, 5, 5 + 3); /* some had ended when it said so */
    assert_true(r.given <= 5 + 6);
}

static void
count_up(void *release_user)
{
    ++*(unsigned *)release_user;
}

/* release() gets release_user, not the user_data of the result. */
static bool
next_lent(void *user, klingrec_request *request)
{
    unsigned *counters = user;
    *request = rig_request();
    request->release = count_up;
    request->release_user = &counters[0];
    request->user_data = &counters[1];
    request->flags = counters[2]++ == 5 ? 1u << 31 : 0; /* the sixth one is refused */
    return true;
}

static bool
see_lent(void *user, const klingrec_result *result)
{
    unsigned *counters = user;
    assert_ptr_equal(klingrec_result_user_data(result), &counters[1]);
    counters[1]++;
    assert_true(counters[0] >= counters[1]); /* released before it is seen */
    return true;
}

static void
a_batch_releases_each_request_once_and_the_refused_one_too(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.max_in_flight = 3;
    klingrec_client *client = rig_client(&self, config);
    klingrec_batch batch = klingrec_batch_default();
    unsigned counters[3] = {0};
    batch.next = next_lent;
    batch.done = see_lent;
    batch.user = counters;
    assert_int_equal(klingrec_run_batch(client, &batch), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(counters[0], 6);
    assert_int_equal(counters[1], 5);
    klingrec_client_free(client);
}

static void
a_batch_requires_next_and_done_is_optional(void **state)
{
    (void)state;
    static const fake_answer *const answers[] = {&RIG_GOOD, NULL};
    run r = {.images = 3};
    r.fake.answer = rig_script;
    r.fake.user = (void *)(uintptr_t)answers;
    klingrec_client *client = rig_client(&r.fake, rig_config());
    klingrec_batch batch = klingrec_batch_default();
    assert_int_equal(klingrec_run_batch(client, &batch), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_run_batch(client, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_run_batch(NULL, &batch), KLINGREC_ERR_ARGUMENT);
    batch.next = next;
    batch.user = &r;
    assert_int_equal(klingrec_run_batch(client, &batch), KLINGREC_OK);
    assert_int_equal(r.fake.started, 3);
    klingrec_client_free(client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_continues_after_refused_images_and_holds_only_a_few),
        cmocka_unit_test(a_refused_key_stops_the_batch_at_once),
        cmocka_unit_test(requests_in_flight_are_awaited_when_the_credit_is_used_up),
        cmocka_unit_test(a_larger_request_of_a_newer_program_is_supported),
        cmocka_unit_test(done_cancels_running_requests_also_when_the_credit_is_used_up),
        cmocka_unit_test(done_can_stop_the_batch),
        cmocka_unit_test(a_shutdown_lets_running_requests_of_a_batch_end),
        cmocka_unit_test(a_batch_releases_each_request_once_and_the_refused_one_too),
        cmocka_unit_test(a_batch_requires_next_and_done_is_optional),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
