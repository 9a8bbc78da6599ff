/* SPDX-License-Identifier: MIT */
/* test_abi.c - structs of older and newer callers */
#include "rig.h"

#include "http/transport_curl.h"

static klingrec_status
new_and_free(const klingrec_config *config)
{
    klingrec_client *client = NULL;
    klingrec_status status = klingrec_client_new(config, NULL, 0, &client);
    assert_int_equal(client != NULL, status == KLINGREC_OK);
    klingrec_client_free(client);
    return status;
}

static void
an_older_caller_gets_the_defaults(void **state)
{
    (void)state;
    klingrec_config config = rig_config();
    size_t known = offsetof(klingrec_config, user_agent);
    memset((char *)&config + known, 0xAA, sizeof config - known);
    config.size = known;
    /* Its struct has no place for a transport. */
    assert_int_equal(new_and_free(&config),
                     klr_curl_is_built() ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT);
}

static void
a_newer_caller_is_served_if_it_asks_for_nothing_new(void **state)
{
    (void)state;
    struct newer {
        klingrec_config config;
        uint32_t future[2];
    } newer;
    memset(&newer, 0, sizeof newer);
    newer.config = rig_config();
    newer.config.size = sizeof newer;
    assert_int_equal(new_and_free(&newer.config), KLINGREC_OK);
    newer.future[1] = 1;
    assert_int_equal(new_and_free(&newer.config), KLINGREC_ERR_ABI);
}

static void
a_size_that_was_never_set_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, sizeof(size_t), 4097, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        klingrec_config config = rig_config();
        config.size = sizes[i];
        assert_int_equal(new_and_free(&config), KLINGREC_ERR_ABI);
    }
}

static void
image_info_of_an_older_caller_is_not_written_past_its_size(void **state)
{
    (void)state;
    klingrec_request request = rig_request();
    klingrec_image_info info = klingrec_image_info_default();
    info.size = offsetof(klingrec_image_info, detail);
    info.detail = 0xAAAAAAAA;
    info.system_error = 0x55555555;
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_OK);
    assert_int_equal(info.size, offsetof(klingrec_image_info, detail));
    assert_int_equal(info.width, 300);
    assert_int_equal(info.detail, 0xAAAAAAAA);
    assert_int_equal(info.system_error, 0x55555555);
}

static void
the_version_is_that_of_the_header(void **state)
{
    (void)state;
    assert_int_equal(klingrec_version(), KLINGREC_VERSION_NUMBER);
    assert_int_equal(KLINGREC_VERSION_NUMBER, KLINGREC_VERSION_MAJOR << 16 |
                                                  KLINGREC_VERSION_MINOR << 8 |
                                                  KLINGREC_VERSION_PATCH);
    const char *text = klingrec_version_string();
    const char *begins = klr_curl_is_built()
                             ? "klingrec/" KLINGREC_VERSION_STRING " libcurl/"
                             : "klingrec/" KLINGREC_VERSION_STRING " no-libcurl ";
    assert_int_equal(strncmp(text, begins, strlen(begins)), 0);
    assert_non_null(strstr(text, " jansson/"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_caller_gets_the_defaults),
        cmocka_unit_test(a_newer_caller_is_served_if_it_asks_for_nothing_new),
        cmocka_unit_test(a_size_that_was_never_set_is_refused),
        cmocka_unit_test(image_info_of_an_older_caller_is_not_written_past_its_size),
        cmocka_unit_test(the_version_is_that_of_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
