/* SPDX-License-Identifier: MIT */
/* test_statuses.c - each call returns each status that the header lists for it */
#include "rig.h"

#include <stdlib.h>

static bool no_memory;

static void *
allocate(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return no_memory ? NULL : realloc(ptr, new_size);
}

typedef struct rig {
    fake fake;
    klingrec_client *client;
    klingrec_request request; /* one that is good */
    klingrec_result *result;
} rig;

static void
begin(rig *r, const fake_answer *answer)
{
    klingrec_config config = rig_config();
    memset(r, 0, sizeof *r);
    r->fake = rig_fake(answer);
    config.alloc = allocate;
    config.max_queued = 1;
    r->client = rig_client(&r->fake, config);
    assert_non_null(r->client);
    r->request = rig_request();
}

static void
end(rig *r)
{
    klingrec_result_free(r->result);
    klingrec_client_free(r->client);
}

/* ---- Calls without a client -------------------------------------------------- */

static klingrec_status
check(klingrec_request request, klingrec_limits limits)
{
    return klingrec_check(&request, &limits, NULL);
}

static void
klingrec_check_returns_what_the_header_lists(void **state)
{
    klingrec_limits none = klingrec_limits_default(), few = none, large = none;
    klingrec_limits odd = none, unsized = none;
    klingrec_request good = rig_request(), bad = good;
    klingrec_image_info info = klingrec_image_info_default();
    (void)state;
    few.max_bytes = 10;
    large.min_side = 301;
    odd.max_aspect_milli = 999;
    unsized.size = 0;
    info.size = 0;

    assert_int_equal(check(good, none), KLINGREC_OK);
    assert_int_equal(check(good, few), KLINGREC_ERR_IMAGE_BYTES);
    assert_int_equal(check(good, large), KLINGREC_ERR_IMAGE_SIDE);
    assert_int_equal(check(klingrec_request_bytes("GIF89a", 6), none),
                     KLINGREC_ERR_IMAGE_FORMAT);
    assert_int_equal(check(klingrec_request_bytes(RIG_PNG, 60), none),
                     KLINGREC_ERR_IMAGE_DAMAGED);
    assert_int_equal(check(klingrec_request_base64("?", 1), none),
                     KLINGREC_ERR_IMAGE_BASE64);
    assert_int_equal(check(klingrec_request_url("ftp://a/"), none),
                     KLINGREC_ERR_IMAGE_URL);
    assert_int_equal(check(klingrec_request_file("no-such-file"), none),
                     KLINGREC_ERR_FILE);
    assert_int_equal(check(good, odd), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(check(good, unsized), KLINGREC_ERR_ABI);
    assert_int_equal(klingrec_check(NULL, NULL, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_check(&good, NULL, &info), KLINGREC_ERR_ABI);
    bad.size = 0;
    assert_int_equal(check(bad, none), KLINGREC_ERR_ABI);
    bad = good;
    bad.reserved = 1;
    assert_int_equal(check(bad, none), KLINGREC_ERR_ARGUMENT);
}

static bool
never_wakes(void *user)
{
    (void)user;
    return false;
}

static void
a_configuration_is_judged_alike_by_both_calls(void **state)
{
    static fake self;
    klingrec_transport transport = fake_transport(&self);
    klingrec_config config = rig_config(), bad = config;
    klingrec_client *client;
    (void)state;
    bad.api_key = NULL;
    assert_int_equal(klingrec_config_check(&bad, NULL, 0), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_new(&bad, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);
    bad = config;
    bad.size = 0;
    assert_int_equal(klingrec_config_check(&bad, NULL, 0), KLINGREC_ERR_ABI);
    assert_int_equal(klingrec_client_new(&bad, NULL, 0, &client), KLINGREC_ERR_ABI);
    assert_int_equal(klingrec_config_check(NULL, NULL, 0), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_new(NULL, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_new(&config, NULL, 0, NULL),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_config_check(&config, NULL, 0), KLINGREC_OK);

    config.transport = &transport;
    config.alloc = allocate;
    no_memory = true;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_NOMEM);
    no_memory = false;
    transport.wake = never_wakes;
    config.run = KLINGREC_RUN_THREAD;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLR_HAS_THREADS ? KLINGREC_ERR_SYSTEM : KLINGREC_ERR_ARGUMENT);
    assert_null(client);
    config.run = KLINGREC_RUN_CALLER;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client), KLINGREC_OK);
    klingrec_client_free(client);
}

#define WRAP(name)                                                                     \
    static klingrec_status init_##name(void *value, size_t size)                       \
    {                                                                                  \
        return klingrec_##name##_init(value, size);                                    \
    }
WRAP(config)
WRAP(request)
WRAP(reader)
WRAP(limits)
WRAP(image_info)
WRAP(batch)
WRAP(transport)
WRAP(stats)
#undef WRAP

/* In the order of KLINGREC_STRUCT_*, with the last field that must be there. */
static const struct {
    klingrec_status (*init)(void *value, size_t size);
    size_t size;
    size_t least;
} sized[] = {
#define ROW(name, last)                                                                \
    {                                                                                  \
        init_##name, sizeof(klingrec_##name),                                          \
            offsetof(klingrec_##name, last) + sizeof(((klingrec_##name *)NULL)->last)  \
    }
    ROW(config, api_key),  ROW(request, from),    ROW(reader, length),
    ROW(limits, size),     ROW(image_info, size), ROW(batch, user),
    ROW(transport, close), ROW(stats, submitted),
#undef ROW
};

static void
a_struct_is_zeroed_as_far_as_its_caller_knows_it(void **state)
{
    static unsigned char bytes[4200];
    size_t rows = sizeof sized / sizeof sized[0], size;
    (void)state;
    for (size_t i = 0; i < rows; i++) {
        size_t least = sized[i].least;
        assert_int_equal(klingrec_struct_size((uint32_t)i + 1), sized[i].size);
        memset(bytes, 0xAA, sizeof bytes);
        assert_int_equal(sized[i].init(NULL, least), KLINGREC_ERR_ARGUMENT);
        assert_int_equal(sized[i].init(bytes, least - 1), KLINGREC_ERR_ABI);
        assert_int_equal(sized[i].init(bytes, 4097), KLINGREC_ERR_ABI);
        assert_int_equal(bytes[0], 0xAA);
        assert_int_equal(sized[i].init(bytes, least), KLINGREC_OK);
        memcpy(&size, bytes, sizeof size);
        assert_int_equal(size, least);
        for (size_t at = sizeof size; at < sizeof bytes; at++)
            assert_int_equal(bytes[at], at < least ? 0 : 0xAA);
        assert_int_equal(sized[i].init(bytes, 4096), KLINGREC_OK);
    }
    assert_int_equal(klingrec_struct_size(0), 0);
    assert_int_equal(klingrec_struct_size((uint32_t)rows + 1), 0);
}

static void
an_initialized_request_equals_the_inline_one(void **state)
{
    klingrec_reader reader = klingrec_reader_default();
    klingrec_request made, wanted;
    size_t size = sizeof made;
    (void)state;
    assert_int_equal(klingrec_request_init_bytes(&made, size, "x", 1), KLINGREC_OK);
    wanted = klingrec_request_bytes(made.data, 1);
    assert_memory_equal(&made, &wanted, size);
    assert_int_equal(klingrec_request_init_file(&made, size, "f"), KLINGREC_OK);
    wanted = klingrec_request_file(made.data);
    assert_memory_equal(&made, &wanted, size);
    assert_int_equal(klingrec_request_init_url(&made, size, "u"), KLINGREC_OK);
    wanted = klingrec_request_url(made.data);
    assert_memory_equal(&made, &wanted, size);
    assert_int_equal(klingrec_request_init_base64(&made, size, "b", 1), KLINGREC_OK);
    wanted = klingrec_request_base64(made.data, 1);
    assert_memory_equal(&made, &wanted, size);
    assert_int_equal(klingrec_request_init_reader(&made, size, &reader), KLINGREC_OK);
    wanted = klingrec_request_reader(&reader);
    assert_memory_equal(&made, &wanted, size);
    assert_int_equal(klingrec_request_init_url(&made, 1, "u"), KLINGREC_ERR_ABI);
    assert_int_equal(klingrec_request_init_url(NULL, size, "u"), KLINGREC_ERR_ARGUMENT);
}

/* ---- Calls with a client ----------------------------------------------------- */

static void
klingrec_submit_returns_what_the_header_lists(void **state)
{
    rig r;
    klingrec_request bad;
    (void)state;
    begin(&r, &RIG_GOOD);
    assert_int_equal(klingrec_submit(NULL, &r.request, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_submit(r.client, NULL, NULL), KLINGREC_ERR_ARGUMENT);
    bad = r.request;
    bad.reserved = 1;
    assert_int_equal(klingrec_submit(r.client, &bad, NULL), KLINGREC_ERR_ARGUMENT);
    bad.size = 0;
    assert_int_equal(klingrec_submit(r.client, &bad, NULL), KLINGREC_ERR_ABI);
    no_memory = true;
    assert_int_equal(klingrec_submit(r.client, &r.request, NULL), KLINGREC_ERR_NOMEM);
    no_memory = false;
    r.client->generation++; /* as in a child of fork() */
    assert_int_equal(klingrec_submit(r.client, &r.request, NULL),
                     KLINGREC_ERR_ARGUMENT);
    r.client->generation--;
    assert_int_equal(klingrec_submit(r.client, &r.request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(r.client, &r.request, NULL),
                     KLINGREC_ERR_QUEUE_FULL);
    assert_int_equal(klingrec_shutdown(r.client), KLINGREC_OK);
    assert_int_equal(klingrec_submit(r.client, &r.request, NULL),
                     KLINGREC_ERR_CANCELED);
    end(&r);
}

static void
polling_returns_what_the_header_lists(void **state)
{
    static klingrec_status (*const calls[])(
        klingrec_client *, int, klingrec_result **) = {klingrec_poll, klingrec_wait};
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        rig r;
        begin(&r, &RIG_GOOD);
        assert_int_equal(calls[i](r.client, 0, &r.result), KLINGREC_IDLE);
        assert_int_equal(klingrec_submit(r.client, &r.request, NULL), KLINGREC_OK);
        assert_int_equal(calls[i](NULL, 0, &r.result), KLINGREC_ERR_ARGUMENT);
        assert_int_equal(calls[i](r.client, 0, NULL), KLINGREC_ERR_ARGUMENT);
        r.client->generation++;
        assert_int_equal(calls[i](r.client, 0, &r.result), KLINGREC_ERR_ARGUMENT);
        r.client->generation--;
        assert_int_equal(calls[i](r.client, 0, &r.result), KLINGREC_PENDING);
        assert_null(r.result);
        assert_int_equal(calls[i](r.client, -1, &r.result), KLINGREC_OK);
        end(&r);
    }
}

/* With a thread: tests/net/test_event_loop.c. */
static void
a_client_without_a_thread_has_no_descriptor(void **state)
{
    rig r;
    intptr_t fd = 0;
    (void)state;
    begin(&r, &RIG_GOOD);
    assert_int_equal(klingrec_client_fd(NULL, &fd), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(fd, -1);
    assert_int_equal(klingrec_client_fd(r.client, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_fd(r.client, &fd), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(fd, -1);
    end(&r);
}

static void
canceling_returns_what_the_header_lists(void **state)
{
    rig r;
    klingrec_job job;
    (void)state;
    begin(&r, &RIG_NEVER);
    assert_int_equal(klingrec_submit(r.client, &r.request, &job), KLINGREC_OK);
    assert_int_equal(klingrec_cancel(NULL, job), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_cancel(r.client, job + 1), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_cancel_waiting(NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_shutdown(NULL), KLINGREC_ERR_ARGUMENT);
    r.client->generation++;
    assert_int_equal(klingrec_cancel(r.client, job), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_cancel_waiting(r.client), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_shutdown(r.client), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_pending(r.client), 0);
    r.client->generation--;
    assert_int_equal(klingrec_cancel_waiting(r.client), KLINGREC_OK);
    assert_int_equal(klingrec_cancel(r.client, 0), KLINGREC_OK);
    assert_int_equal(klingrec_poll(r.client, -1, &r.result), KLINGREC_OK);
    assert_int_equal(klingrec_cancel(r.client, job), KLINGREC_OK);
    assert_int_equal(klingrec_shutdown(r.client), KLINGREC_OK);
    end(&r);
}

/* Also that the result has the same status, and that there is one unless there is no
   memory for it. */
static klingrec_status
recognize(klingrec_client *client, const klingrec_request *request)
{
    klingrec_result *result;
    klingrec_status status = klingrec_recognize(client, request, &result);
    assert_int_equal(result != NULL, !no_memory);
    if (result != NULL)
        assert_int_equal(klingrec_result_status(result), status);
    klingrec_result_free(result);
    return status;
}

static void
klingrec_recognize_returns_what_the_header_lists(void **state)
{
    rig r;
    klingrec_request bad;
    (void)state;
    begin(&r, &RIG_GOOD);
    bad = r.request;
    assert_int_equal(recognize(NULL, &r.request), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(recognize(r.client, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_recognize(r.client, &bad, NULL), KLINGREC_ERR_ARGUMENT);
    bad.reserved = 1;
    assert_int_equal(recognize(r.client, &bad), KLINGREC_ERR_ARGUMENT);
    bad.size = 0;
    assert_int_equal(recognize(r.client, &bad), KLINGREC_ERR_ABI);
    no_memory = true;
    assert_int_equal(recognize(r.client, &r.request), KLINGREC_ERR_NOMEM);
    no_memory = false;
    r.client->generation++;
    assert_int_equal(recognize(r.client, &r.request), KLINGREC_ERR_ARGUMENT);
    r.client->generation--;
    assert_int_equal(recognize(r.client, &r.request), KLINGREC_OK);
    assert_int_equal(klingrec_shutdown(r.client), KLINGREC_OK);
    assert_int_equal(recognize(r.client, &r.request), KLINGREC_ERR_CANCELED);
    end(&r);
    assert_int_equal(klingrec_result_status(NULL), KLINGREC_ERR_ARGUMENT);
}

/* Every status with which an attempt can end; what the service's answers mean, and what
   is wrong with images, is in the tests of both. */
static void
a_job_ends_as_its_transport_says(void **state)
{
    static const klingrec_status ends[] = {
        KLINGREC_ERR_NOMEM,    KLINGREC_ERR_SYSTEM,        KLINGREC_ERR_RESOLVE,
        KLINGREC_ERR_CONNECT,  KLINGREC_ERR_TLS,           KLINGREC_ERR_TIMEOUT,
        KLINGREC_ERR_TRANSFER, KLINGREC_ERR_RESPONSE_BYTES};
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        fake_answer answer = {10, ends[i], true, 0, NULL, NULL, KLINGREC_OK};
        rig r;
        begin(&r, &answer);
        assert_int_equal(recognize(r.client, &r.request), ends[i]);
        end(&r);
        answer.start = ends[i];
        begin(&r, &answer);
        assert_int_equal(recognize(r.client, &r.request), ends[i]);
        end(&r);
    }
}

static void
a_status_that_no_transport_may_give_is_a_failed_transfer(void **state)
{
    static const klingrec_status wrong[] = {
        KLINGREC_PENDING,        KLINGREC_IDLE,     (klingrec_status)7,
        KLINGREC_ERR_ARGUMENT,   KLINGREC_ERR_ABI,  KLINGREC_ERR_QUEUE_FULL,
        KLINGREC_ERR_IMAGE_SIDE, KLINGREC_ERR_AUTH, (klingrec_status)-999};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fake_answer answer = {10, wrong[i], true, 0, NULL, NULL, KLINGREC_OK};
        rig r;
        begin(&r, &answer);
        assert_int_equal(recognize(r.client, &r.request), KLINGREC_ERR_TRANSFER);
        end(&r);
        answer.start = wrong[i];
        begin(&r, &answer);
        assert_int_equal(recognize(r.client, &r.request), KLINGREC_ERR_TRANSFER);
        end(&r);
    }
}

/* ---- A batch ----------------------------------------------------------------- */

typedef struct supply {
    klingrec_request request;
    unsigned left;
    bool go_on;
} supply;

static bool
next(void *user, klingrec_request *request)
{
    supply *s = user;
    *request = s->request;
    return s->left-- > 0;
}

static bool
done(void *user, const klingrec_result *result)
{
    (void)result;
    return ((supply *)user)->go_on;
}

static klingrec_status
run(rig *r, supply s)
{
    klingrec_batch batch = klingrec_batch_default();
    batch.next = next;
    batch.done = done;
    batch.user = &s;
    return klingrec_run_batch(r->client, &batch);
}

static void
klingrec_run_batch_returns_what_the_header_lists(void **state)
{
    static const fake_answer no_credit = {
        10,   KLINGREC_OK, true, 402, "{\"code\":1102,\"message\":\"no\"}",
        NULL, KLINGREC_OK};
    klingrec_batch batch = klingrec_batch_default();
    rig r;
    (void)state;
    begin(&r, &RIG_GOOD);
    supply good = {r.request, 2, true}, bad = good;
    assert_int_equal(klingrec_run_batch(NULL, &batch), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_run_batch(r.client, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_run_batch(r.client, &batch), KLINGREC_ERR_ARGUMENT);
    batch.size = 0;
    assert_int_equal(klingrec_run_batch(r.client, &batch), KLINGREC_ERR_ABI);
    bad.request.reserved = 1;
    assert_int_equal(run(&r, bad), KLINGREC_ERR_ARGUMENT);
    bad.request.size = 0;
    assert_int_equal(run(&r, bad), KLINGREC_ERR_ABI);
    bad = good;
    bad.go_on = false;
    assert_int_equal(run(&r, bad), KLINGREC_ERR_CANCELED);
    no_memory = true;
    assert_int_equal(run(&r, good), KLINGREC_ERR_NOMEM);
    no_memory = false;
    r.client->generation++;
    assert_int_equal(run(&r, good), KLINGREC_ERR_ARGUMENT);
    r.client->generation--;
    assert_int_equal(run(&r, good), KLINGREC_OK);
    r.fake.user = (void *)(uintptr_t)&RIG_AUTH;
    assert_int_equal(run(&r, good), KLINGREC_ERR_AUTH);
    r.fake.user = (void *)(uintptr_t)&no_credit;
    assert_int_equal(run(&r, good), KLINGREC_ERR_ACCOUNT);
    assert_int_equal(klingrec_shutdown(r.client), KLINGREC_OK);
    assert_int_equal(run(&r, good), KLINGREC_ERR_CANCELED);
    end(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(klingrec_check_returns_what_the_header_lists),
        cmocka_unit_test(a_configuration_is_judged_alike_by_both_calls),
        cmocka_unit_test(a_struct_is_zeroed_as_far_as_its_caller_knows_it),
        cmocka_unit_test(an_initialized_request_equals_the_inline_one),
        cmocka_unit_test(klingrec_submit_returns_what_the_header_lists),
        cmocka_unit_test(polling_returns_what_the_header_lists),
        cmocka_unit_test(a_client_without_a_thread_has_no_descriptor),
        cmocka_unit_test(canceling_returns_what_the_header_lists),
        cmocka_unit_test(klingrec_recognize_returns_what_the_header_lists),
        cmocka_unit_test(a_job_ends_as_its_transport_says),
        cmocka_unit_test(a_status_that_no_transport_may_give_is_a_failed_transfer),
        cmocka_unit_test(klingrec_run_batch_returns_what_the_header_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
