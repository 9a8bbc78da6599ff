/* SPDX-License-Identifier: MIT */
/* test_config_limits.c - the last value of a configuration that is taken, and the first
   that is not */
#include "client/config.h"

#include "base/secret.h"
#include "rig.h"

#include <stdio.h>

/* ---- Numbers and texts ------------------------------------------------------ */

/* A text of len times c, valid until the next call. */
static char *
repeated(char c, size_t len)
{
    static char text[KLR_CONFIG_CA_MAX + 2];
    memset(text, c, len);
    text[len] = '\0';
    return text;
}

static void
expect(const klingrec_config *config, const char *line)
{
    char got[256];
    klingrec_status status = klingrec_config_check(config, got, sizeof got);
    assert_string_equal(got, line);
    assert_int_equal(status, strcmp(line, "success") == 0 ? KLINGREC_OK
                                                          : KLINGREC_ERR_ARGUMENT);
}

static void
a_number_is_taken_up_to_its_limit(void **state)
{
    (void)state;
    klingrec_config config = rig_config();
    config.run = KLR_HAS_THREADS ? KLINGREC_RUN_THREAD : KLINGREC_RUN_CALLER;
    config.log_level = KLINGREC_LOG_DEBUG;
    config.max_in_flight = KLR_CONFIG_IN_FLIGHT_MAX;
    expect(&config, "success");

    config.run = KLINGREC_RUN_THREAD + 1;
    expect(&config, "run: 2 is not one of KLINGREC_RUN_*");
    config = rig_config();
    config.log_level = KLINGREC_LOG_DEBUG + 1;
    expect(&config, "log_level: 5 is over 4");
    config = rig_config();
    config.max_in_flight = KLR_CONFIG_IN_FLIGHT_MAX + 1;
    expect(&config, "max_in_flight: 1001 is over 1000");
}

static void
a_text_is_taken_up_to_its_limit(void **state)
{
    (void)state;
    klingrec_config config = rig_config();
    config.user_agent = repeated('a', KLR_CONFIG_TEXT_MAX);
    expect(&config, "success");
    config.user_agent = repeated('a', KLR_CONFIG_TEXT_MAX + 1);
    expect(&config, "user_agent: longer than 4096 bytes");

    config = rig_config();
    config.api_key = repeated('a', KLR_KEY_MAX);
    expect(&config, "success");
    config.api_key = repeated('a', KLR_KEY_MAX + 1);
    expect(&config, "api_key: 4097 bytes; 1 to 4096 are allowed");
    config.api_key = "";
    expect(&config, "api_key: 0 bytes; 1 to 4096 are allowed");

    static const char pem[] = "-----BEGIN CERTIFICATE-----";
    config = rig_config();
    char *text = repeated('\n', KLR_CONFIG_CA_MAX);
    memcpy(text, pem, sizeof pem - 1);
    config.ca_pem = text;
    expect(&config, "success");
    memcpy(repeated('\n', KLR_CONFIG_CA_MAX + 1), pem, sizeof pem - 1);
    expect(&config, "ca_pem: 4194305 bytes are over 4194304");
}

static void
a_text_is_printable_ascii(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } rows[] = {
        {" ~", "success"},
        {"a\x1F", "user_agent: byte 1 is not printable ASCII"},
        {"a\x7F", "user_agent: byte 1 is not printable ASCII"},
        {"\xC3\xA9", "user_agent: byte 0 is not printable ASCII"},
    };
    klingrec_config config = rig_config();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        config.user_agent = rows[i].text;
        expect(&config, rows[i].line);
    }
}

static void
a_proxy_has_no_space_and_no_control_character(void **state)
{
    (void)state;
    static const char control[] = "proxy: it contains a control character";
    static const struct {
        const char *proxy, *line;
    } rows[] = {
        {"http://a%20b:c@127.0.0.1:1", "success"},
        {"http://127.0.0.1:1\x7F", "proxy: byte 18 is not printable ASCII"},
        {"http://a b:c@127.0.0.1:1", "proxy: it contains a space"},
        {"http://a%00b:c@127.0.0.1:1", control},
        {"http://a%1Fb:c@127.0.0.1:1", control},
        {"http://a%41%1f:c@127.0.0.1:1", control},
    };
    klingrec_config config = rig_config();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        config.proxy = rows[i].proxy;
        expect(&config, rows[i].line);
    }
}

static void
what_is_0_has_the_default_of_the_manual(void **state)
{
    (void)state;
    const klingrec_config config = rig_config();
    klingrec_config known;
    char line[256];
    bool https;
    const klr_reason why = {line, sizeof line};
    assert_int_equal(klr_config_import(&known, &config, &https, &why), KLINGREC_OK);
    assert_string_equal(known.endpoint, KLINGREC_ENDPOINT_COMETAPI);
    assert_true(https);
    assert_int_equal(known.log_level, KLINGREC_LOG_WARN);
    assert_int_equal(known.max_in_flight, 4);
    assert_int_equal(known.max_queued, 64);
    assert_int_equal(known.max_attempts, 3);
    assert_int_equal(known.connect_timeout_ms, 10000);
    assert_int_equal(known.attempt_timeout_ms, 90000);
    assert_int_equal(known.deadline_ms, 300000);
}

static void
the_line_fits_into_the_buffer(void **state)
{
    (void)state;
    const klingrec_config config = rig_config();
    char line[4] = "old";
    assert_int_equal(klingrec_config_check(&config, NULL, sizeof line), KLINGREC_OK);
    assert_int_equal(klingrec_config_check(&config, line, 0), KLINGREC_OK);
    assert_string_equal(line, "old");
    assert_int_equal(klingrec_config_check(&config, line, 1), KLINGREC_OK);
    assert_memory_equal(line, "\0ld", 4);
}

/* ---- Structs that it points to ---------------------------------------------- */

static void
wrong_limits_are_named(void **state)
{
    (void)state;
    klingrec_limits limits = klingrec_limits_default();
    klingrec_config config = rig_config();
    char line[256], due[256];
    config.limits = &limits;
    limits.max_aspect_milli = 1000;
    expect(&config, "success");
    limits.max_aspect_milli = 999;
    (void)snprintf(due, sizeof due, "limits: %s",
                   klingrec_status_string(KLINGREC_ERR_ARGUMENT));
    expect(&config, due);
    limits.size = 1;
    (void)snprintf(due, sizeof due, "limits: %s",
                   klingrec_status_string(KLINGREC_ERR_ABI));
    assert_int_equal(klingrec_config_check(&config, line, sizeof line),
                     KLINGREC_ERR_ABI);
    assert_string_equal(line, due);
}

static void
a_transport_has_all_its_functions(void **state)
{
    (void)state;
    static const char missing[] =
        "transport: one of its functions is NULL, or its size is wrong";
    static fake idle;
    const klingrec_transport whole = fake_transport(&idle);
    klingrec_transport transport = whole;
    klingrec_config config = rig_config();
    config.transport = &transport;
    expect(&config, "success");
    transport.start = NULL;
    expect(&config, missing);
    transport = whole;
    transport.size = 1;
    assert_int_equal(klingrec_config_check(&config, NULL, 0), KLINGREC_ERR_ABI);
    transport = whole;
    transport.cancel = NULL;
    expect(&config, missing);
    transport = whole;
    transport.drive = NULL;
    expect(&config, missing);
    transport = whole;
    transport.wake = NULL;
    expect(&config, missing);
    transport = whole;
    transport.close = NULL;
    expect(&config, missing);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_taken_up_to_its_limit),
        cmocka_unit_test(a_text_is_taken_up_to_its_limit),
        cmocka_unit_test(a_text_is_printable_ascii),
        cmocka_unit_test(a_proxy_has_no_space_and_no_control_character),
        cmocka_unit_test(what_is_0_has_the_default_of_the_manual),
        cmocka_unit_test(the_line_fits_into_the_buffer),
        cmocka_unit_test(wrong_limits_are_named),
        cmocka_unit_test(a_transport_has_all_its_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
