/* SPDX-License-Identifier: MIT */
/* test_requests.c - real requests on Windows; requests.py starts it and the servers */
#define WIN32_LEAN_AND_MEAN

#include <klingrec/klingrec.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <winsock2.h>

#include <windows.h>

#include <psapi.h>
#include <shellapi.h>

#include <cmocka.h>

/* The arguments: URLs of the stand-in over http, over https, and of a server that never
   answers; files: the CA, another CA, an image, and one of 10 MB. */
static char with[10][400];
enum { HTTP = 1, HTTPS, SILENT, CA, WRONG_CA, IMAGE, LARGE, ARGUMENTS };

static klingrec_client *
make_client(int endpoint, int ca, uint32_t run)
{
    char why[256] = "";
    klingrec_client *client = NULL;
    klingrec_config config = klingrec_config_default();
    config.endpoint = with[endpoint];
    config.api_key = "standin-key";
    config.ca_file = ca != 0 ? with[ca] : NULL;
    config.run = run;
    config.max_attempts = 1;
    if (klingrec_client_new(&config, why, sizeof why, &client) != KLINGREC_OK)
        fail_msg("%s", why);
    return client;
}

static void
expect_regions(const klingrec_result *result)
{
    if (klingrec_result_status(result) != KLINGREC_OK)
        fail_msg("%s", klingrec_result_message(result));
    assert_true(klingrec_result_contains(result, KLINGREC_KIND_HEAD));
    assert_true(klingrec_result_contains(result, KLINGREC_KIND_FACE));
}

static void
recognize(int endpoint, int ca, uint32_t run)
{
    klingrec_client *client = make_client(endpoint, ca, run);
    for (unsigned i = 0; i < 3; i++) {
        klingrec_request request = klingrec_request_file(with[IMAGE]);
        klingrec_result *result = NULL;
        assert_true(klingrec_recognize(client, &request, &result) <= KLINGREC_OK);
        expect_regions(result);
        klingrec_result_free(result);
    }
    klingrec_client_free(client);
}

static void
http_and_https_work_in_both_run_modes(void **state)
{
    (void)state;
    recognize(HTTP, 0, KLINGREC_RUN_CALLER);
    recognize(HTTP, 0, KLINGREC_RUN_THREAD);
    recognize(HTTPS, CA, KLINGREC_RUN_CALLER);
    recognize(HTTPS, CA, KLINGREC_RUN_THREAD);
}

static void
a_server_of_another_ca_is_refused_and_nothing_is_sent(void **state)
{
    (void)state;
    klingrec_client *client = make_client(HTTPS, WRONG_CA, KLINGREC_RUN_CALLER);
    klingrec_request request = klingrec_request_file(with[IMAGE]);
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_ERR_TLS);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    print_message("%s\n", klingrec_result_message(result));
    klingrec_result_free(result);
    klingrec_client_free(client);
}

static void
several_requests_run_at_once(void **state)
{
    enum { JOBS = 24 };
    (void)state;
    for (int endpoint = HTTP; endpoint <= HTTPS; endpoint++)
        for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
            klingrec_client *client =
                make_client(endpoint, endpoint == HTTPS ? CA : 0, run);
            klingrec_request request = klingrec_request_file(with[IMAGE]);
            unsigned results = 0;
            for (unsigned i = 0; i < JOBS; i++)
                assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
            for (klingrec_result *result;
                 klingrec_poll(client, -1, &result) == KLINGREC_OK; results++) {
                expect_regions(result);
                klingrec_result_free(result);
            }
            assert_int_equal(results, JOBS);
            klingrec_client_free(client);
        }
}

static void
an_event_loop_can_wait_for_results(void **state)
{
    struct timeval limit = {30, 0}, at_once = {0, 0};
    klingrec_result *result = NULL;
    (void)state;
    klingrec_client *client = make_client(HTTP, 0, KLINGREC_RUN_THREAD);
    klingrec_request request = klingrec_request_file(with[IMAGE]);
    intptr_t fd = -1;
    assert_int_equal(klingrec_client_fd(client, &fd), KLINGREC_OK);
    fd_set fds = {1, {(SOCKET)fd}};
    assert_int_equal(select(0, &fds, NULL, NULL, &at_once), 0);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    fds = (fd_set){1, {(SOCKET)fd}};
    assert_int_equal(select(0, &fds, NULL, NULL, &limit), 1);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    expect_regions(result);
    klingrec_result_free(result);
    fds = (fd_set){1, {(SOCKET)fd}};
    assert_int_equal(select(0, &fds, NULL, NULL, &at_once), 0);
    klingrec_client_free(client);
}

/* As klingrec_client_fds() says. */
static void
wait_for_fds(klingrec_client *client)
{
    klingrec_fd fds[16];
    size_t count;
    int timeout_ms;
    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    assert_int_equal(klingrec_client_fds(client, fds, 16, &count, &timeout_ms),
                     KLINGREC_OK);
    assert_true(count <= 16);
    for (size_t i = 0; i < count; i++) {
        if ((fds[i].events & KLINGREC_FD_READ) != 0)
            FD_SET((SOCKET)fds[i].fd, &readable);
        if ((fds[i].events & KLINGREC_FD_WRITE) != 0)
            FD_SET((SOCKET)fds[i].fd, &writable);
    }
    if (timeout_ms < 0)
        timeout_ms = 30000;
    struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    if (count > 0) /* select() of Windows needs a socket */
        assert_true(select(0, &readable, &writable, NULL, &limit) >= 0);
    else
        Sleep((DWORD)timeout_ms);
}

static void
an_event_loop_drives_a_client_without_a_thread(void **state)
{
    enum { JOBS = 12 };
    (void)state;
    for (int endpoint = HTTP; endpoint <= HTTPS; endpoint++) {
        klingrec_client *client =
            make_client(endpoint, endpoint == HTTPS ? CA : 0, KLINGREC_RUN_CALLER);
        klingrec_request request = klingrec_request_file(with[IMAGE]);
        klingrec_result *result;
        unsigned results = 0;
        ULONGLONG start = GetTickCount64();
        for (unsigned i = 0; i < JOBS; i++)
            assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
        while (results < JOBS && GetTickCount64() - start < 60000) {
            wait_for_fds(client);
            for (; klingrec_poll(client, 0, &result) == KLINGREC_OK; results++) {
                expect_regions(result);
                klingrec_result_free(result);
            }
        }
        assert_int_equal(results, JOBS);
        klingrec_client_free(client);
    }
}

static void
a_connection_can_be_opened_before_there_is_a_job(void **state)
{
    (void)state;
    for (int endpoint = HTTP; endpoint <= HTTPS; endpoint++) {
        klingrec_client *client =
            make_client(endpoint, endpoint == HTTPS ? CA : 0, KLINGREC_RUN_THREAD);
        klingrec_request request = klingrec_request_file(with[IMAGE]);
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_warm_up(client), KLINGREC_OK);
        Sleep(200);
        assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_OK);
        expect_regions(result);
        klingrec_result_free(result);
        klingrec_client_free(client);
    }
}

/* Far shorter than the 90 s after which an attempt ends without it. */
static void
a_deadline_and_cancel_hold_while_the_server_is_silent(void **state)
{
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
        klingrec_client *client = make_client(SILENT, 0, run);
        klingrec_request request = klingrec_request_file(with[IMAGE]);
        klingrec_result *result = NULL;
        klingrec_job job = 0;
        ULONGLONG start = GetTickCount64();
        request.deadline_ms = 700;
        assert_int_equal(klingrec_recognize(client, &request, &result),
                         KLINGREC_ERR_TIMEOUT);
        klingrec_result_free(result);
        request.deadline_ms = 0;
        assert_int_equal(klingrec_submit(client, &request, &job), KLINGREC_OK);
        assert_int_equal(klingrec_poll(client, 500, &result), KLINGREC_PENDING);
        assert_int_equal(klingrec_cancel(client, job), KLINGREC_OK);
        assert_int_equal(klingrec_poll(client, 30000, &result), KLINGREC_OK);
        assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
        klingrec_result_free(result);
        assert_true(GetTickCount64() - start < 45000);
        klingrec_client_free(client);
    }
}

static void
a_client_is_freed_while_it_waits_for_the_server(void **state)
{
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
        klingrec_client *client = make_client(SILENT, 0, run);
        klingrec_request request = klingrec_request_file(with[IMAGE]);
        klingrec_result *result = NULL;
        ULONGLONG start = GetTickCount64();
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
        assert_int_equal(klingrec_poll(client, 300, &result), KLINGREC_PENDING);
        klingrec_client_free(client);
        assert_true(GetTickCount64() - start < 45000);
    }
}

static size_t
peak_memory(void)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    assert_true(GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters));
    return counters.PeakPagefileUsage;
}

/* The first request shows what libcurl and TLS take; the file is more than that. */
static void
a_file_of_10_mb_is_not_kept_in_memory(void **state)
{
    (void)state;
    klingrec_client *client = make_client(HTTP, 0, KLINGREC_RUN_CALLER);
    size_t peak[2];
    for (int i = 0; i < 2; i++) {
        klingrec_request request = klingrec_request_file(with[i == 0 ? IMAGE : LARGE]);
        klingrec_result *result = NULL;
        assert_true(klingrec_recognize(client, &request, &result) <= KLINGREC_OK);
        expect_regions(result);
        klingrec_result_free(result);
        peak[i] = peak_memory();
    }
    print_message("peak memory: %u KiB, with 10 MB: %u KiB\n",
                  (unsigned)(peak[0] / 1024), (unsigned)(peak[1] / 1024));
    assert_true(peak[1] - peak[0] < 1024 * 1024);
    klingrec_client_free(client);
}

/* The thread is not joined before main() returns: the process must end all the same. */
static void
a_client_with_a_running_job_is_left_to_the_end_of_the_process(void **state)
{
    (void)state;
    klingrec_client *client = make_client(SILENT, 0, KLINGREC_RUN_THREAD);
    klingrec_request request = klingrec_request_file(with[IMAGE]);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
}

/* main()'s arguments are not UTF-8. */
static bool
take_arguments(void)
{
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    bool ok = wide != NULL && count == ARGUMENTS;
    for (int i = 0; ok && i < count; i++)
        ok = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, with[i], sizeof with[i], NULL,
                                 NULL) > 0;
    return ok;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_10_mb_is_not_kept_in_memory),
        cmocka_unit_test(http_and_https_work_in_both_run_modes),
        cmocka_unit_test(a_server_of_another_ca_is_refused_and_nothing_is_sent),
        cmocka_unit_test(several_requests_run_at_once),
        cmocka_unit_test(an_event_loop_can_wait_for_results),
        cmocka_unit_test(an_event_loop_drives_a_client_without_a_thread),
        cmocka_unit_test(a_connection_can_be_opened_before_there_is_a_job),
        cmocka_unit_test(a_deadline_and_cancel_hold_while_the_server_is_silent),
        cmocka_unit_test(a_client_is_freed_while_it_waits_for_the_server),
        cmocka_unit_test(a_client_with_a_running_job_is_left_to_the_end_of_the_process),
    };
    if (!take_arguments())
        return 2;
    print_message("%s\n", klingrec_version_string());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
