/* SPDX-License-Identifier: MIT */
/* test_source.c - all sources return the right bytes */
#include "image/source.h"

#include "base/base64.h"
#include "base/detail.h"

#include "../../sampling.h"
#include "../os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "open_file.h"

static char folder[300];

static int
make_folder(void **state)
{
    (void)state;
    os_folder_new(folder, sizeof folder);
    return 0;
}

static const char *
in_folder(const char *name)
{
    static char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int
remove_folder(void **state)
{
    (void)state;
    (void)remove(in_folder("image"));
    (void)remove(in_folder("empty"));
    os_folder_remove(folder);
    return 0;
}

static const char *
write_file(const char *name, const void *bytes, size_t len)
{
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* ---- Files ------------------------------------------------------------------ */

static void
a_library_without_files_refuses_every_path(void **state)
{
    (void)state;
    if (KLR_HAS_FILES)
        skip();
    char text[256];
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_file(write_file("image", "0123", 4));
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_FILE);
    (void)klingrec_image_explain(&info, NULL, text, sizeof text);
    assert_string_equal(text, "the image cannot be read: this library is built without "
                              "files");
    expect_file(in_folder("none"), KLINGREC_ERR_FILE, KLR_DETAIL_NOT_BUILT, 0);
    expect_file("/", KLINGREC_ERR_FILE, KLR_DETAIL_NOT_BUILT, 0);
}

static void
an_empty_file_is_an_image_of_no_bytes(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    klr_source source;
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_file(write_file("empty", "", 0));
    unsigned char byte;
    size_t got = 1;
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_OK);
    assert_int_equal(source.length, 0);
    assert_int_equal(klr_source_read(&source, 0, &byte, 1, &got), KLINGREC_OK);
    assert_int_equal(got, 0);
    klr_source_close(&source);
}

static void
open_image_file(klr_source *source)
{
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request =
        klingrec_request_file(write_file("image", "0123456789", 10));
    assert_int_equal(klr_source_open(source, &request, &info), KLINGREC_OK);
    assert_int_equal(source->length, 10);
}

static void
a_file_that_grows_is_read_to_its_old_size_and_has_changed(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    klr_source source;
    char bytes[20];
    size_t got;
    open_image_file(&source);
    assert_int_equal(klr_source_verify(&source), KLINGREC_OK);
    (void)write_file("image", "0123456789AB", 12);
    assert_int_equal(klr_source_read(&source, 0, bytes, 20, &got), KLINGREC_OK);
    assert_int_equal(got, 10);
    assert_int_equal(klr_source_verify(&source), KLINGREC_ERR_FILE);
    assert_int_equal(source.detail, KLR_DETAIL_CHANGED);
    klr_source_close(&source);
}

static void
a_file_that_shrinks_cannot_be_read(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    klr_source source;
    char bytes[20];
    size_t got;
    open_image_file(&source);
    (void)write_file("image", "012", 3);
    assert_int_equal(klr_source_read(&source, 2, bytes, 8, &got), KLINGREC_ERR_FILE);
    assert_int_equal(got, 0);
    assert_int_equal(source.detail, KLR_DETAIL_SHORT_READ);
    assert_int_equal(klr_source_verify(&source), KLINGREC_ERR_FILE);
    klr_source_close(&source);
}

static void
a_file_overwritten_in_place_has_changed(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    klr_source source;
    open_image_file(&source);
    /* The clock of some file systems is coarse, so the time is set instead of
       awaited. */
    os_set_time(in_folder("image"), 1);
    assert_int_equal(klr_source_verify(&source), KLINGREC_ERR_FILE);
    klr_source_close(&source);
}

/* On Windows the time stamps never prove it. */
#ifdef _WIN32
enum { SETTLES = false };
#else
enum { SETTLES = true };
#endif

static void
a_file_has_settled_a_minute_after_its_last_change(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    klr_file file = {.modified = {9000, 0, 5000, 999999999}}; /* mtime may be set */
    assert_false(klr_file_settled(&file, 5059));
    assert_int_equal(klr_file_settled(&file, 5060), SETTLES);
    assert_int_equal(klr_file_settled(&file, 9999), SETTLES);
    assert_false(klr_file_settled(&file, 5000));
    assert_false(klr_file_settled(&file, 4000)); /* a time stamp in the future */
    assert_false(klr_file_settled(&file, 0));
}

/* Both have more bits than a long of 32 bits. */
static void
a_length_over_4_gib_and_a_time_after_2038_are_whole(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    const uint64_t length = ((uint64_t)1 << 32) + 10;
    const int64_t at = 2500000000;
    const os_file large = os_file_new(folder); /* it uses one block */
    os_file_write(&large, 0, "0123456789", 10);
    os_file_truncate(&large, length);
    os_set_time(large.path, at);

    klr_file file;
    int error;
    char byte = 1;
    assert_int_equal(klr_file_open(&file, large.path, &error), KLR_OPEN_OK);
    assert_int_equal(file.length, length);
    assert_int_equal(file.modified[0], at);
    assert_int_equal(klr_file_read(&file, 9, &byte, 1, &error), 1);
    assert_int_equal(byte, '9');
    assert_int_equal(klr_file_read(&file, length - 1, &byte, 1, &error), 1);
    assert_int_equal(byte, 0);
    assert_true(klr_file_unchanged(&file));
    klr_file_close(&file);
    os_file_remove(&large);
}

static klingrec_status
read_all(klr_source *source, const char *expected)
{
    char bytes[20];
    size_t got;
    klr_source_restart(source);
    assert_int_equal(klr_source_read(source, 0, bytes, 3, &got), KLINGREC_OK);
    assert_memory_equal(bytes, expected, 3);
    assert_int_equal(klr_source_read(source, 3, bytes, 20, &got), KLINGREC_OK);
    assert_memory_equal(bytes, expected + 3, 7);
    return klr_source_verify(source);
}

/* All time stamps are those of the open. */
static void
time_stamps_are_trusted_only_of_a_settled_file(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    for (int64_t age = 0; age <= 60; age += 60) {
        klr_source source;
        char byte;
        size_t got;
        open_image_file(&source);
        klr_source_watch(&source, source.file.modified[2] + age);
        /* Reads one byte in the middle, as the check does, and then the rest. */
        assert_int_equal(klr_source_read(&source, 4, &byte, 1, &got), KLINGREC_OK);
        assert_int_equal(klr_source_finish_check(&source), KLINGREC_OK);
        for (unsigned attempt = 0; attempt < 3; attempt++)
            assert_int_equal(read_all(&source, "0123456789"), KLINGREC_OK);
        const char *path = write_file("image", "0123456780", 10);
        klr_file now;
        int error;
        assert_int_equal(klr_file_open(&now, path, &error), KLR_OPEN_OK);
        memcpy(source.file.modified, now.modified, sizeof now.modified);
        klr_file_close(&now);
        assert_int_equal(read_all(&source, "0123456780"),
                         age == 60 && SETTLES ? KLINGREC_OK : KLINGREC_ERR_FILE);
        klr_source_close(&source);
    }
}

/* Its time stamps or its length say so before its bytes do. */
static void
a_recent_file_that_changed_is_refused_after_its_check(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    klr_source source;
    char bytes[4];
    size_t got;
    open_image_file(&source);
    klr_source_watch(&source, source.file.modified[2]);
    assert_int_equal(klr_source_finish_check(&source), KLINGREC_OK);
    klr_source_restart(&source);
    assert_int_equal(klr_source_read(&source, 0, bytes, 4, &got), KLINGREC_OK);
    assert_int_equal(klr_source_read(&source, 1, bytes, 2, &got), KLINGREC_OK);
    assert_memory_equal(bytes, "1223", 4); /* read twice, and in the sum once */
    assert_int_equal(read_all(&source, "0123456789"), KLINGREC_OK);
    os_set_time(in_folder("image"), 1);
    assert_int_equal(read_all(&source, "0123456789"), KLINGREC_ERR_FILE);
    klr_source_close(&source);
}

static klr_source
open_old_file(const char *bytes, size_t len)
{
    klr_source source;
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_file(write_file("image", bytes, len));
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_OK);
    klr_source_watch(&source, source.file.modified[2] + 60);
    return source;
}

static void
a_small_settled_file_is_loaded(void **state)
{
    static char large[KLR_LOAD_MAX + 1];
    static unsigned char memory[KLR_LOAD_MAX];
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    for (size_t more = 0; more < 2; more++) {
        klr_source source = open_old_file(large, KLR_LOAD_MAX + more);
        assert_int_equal(klr_source_is_loadable(&source), SETTLES && more == 0);
        klr_source_close(&source);
    }
    klr_source source = open_old_file("0123456789", 10);
    if (klr_source_is_loadable(&source)) {
        assert_int_equal(klr_source_load(&source, memory), KLINGREC_OK);
        assert_false(klr_source_is_loadable(&source));
        (void)write_file("image", "abc", 3);
        assert_int_equal(klr_source_finish_check(&source), KLINGREC_OK);
        assert_int_equal(read_all(&source, "0123456789"), KLINGREC_OK);
    }
    klr_source_close(&source);
    open_image_file(&source); /* it is recent */
    klr_source_watch(&source, source.file.modified[2]);
    assert_false(klr_source_is_loadable(&source));
    klr_source_close(&source);
}

static void
a_file_that_changes_before_it_is_loaded_is_refused(void **state)
{
    unsigned char memory[20];
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    klr_source source = open_old_file("0123456789", 10);
    os_set_time(in_folder("image"), 1);
    assert_int_equal(klr_source_load(&source, memory), KLINGREC_ERR_FILE);
    assert_int_equal(source.detail, KLR_DETAIL_CHANGED);
    klr_source_close(&source);
    source = open_old_file("0123456789", 10);
    (void)write_file("image", "012", 3);
    assert_int_equal(klr_source_load(&source, memory), KLINGREC_ERR_FILE);
    assert_int_equal(source.detail, KLR_DETAIL_SHORT_READ);
    klr_source_close(&source);
}

static void
a_recent_file_that_shrinks_during_its_check_cannot_be_read(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    klr_source source;
    open_image_file(&source);
    klr_source_watch(&source, source.file.modified[2]);
    (void)write_file("image", "012", 3);
    assert_int_equal(klr_source_finish_check(&source), KLINGREC_ERR_FILE);
    assert_int_equal(source.detail, KLR_DETAIL_SHORT_READ);
    klr_source_close(&source);
}

/* ---- Base64 ----------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *text;
    klr_detail detail;
    size_t where; /* of the character, or the image's bytes when all is well */
} base64_rows[] = {
    {"nothing", "", KLR_DETAIL_NONE, 0},
    {"only blanks", " \r\n\t", KLR_DETAIL_NONE, 0},
    {"three bytes", "AAAA", KLR_DETAIL_NONE, 3},
    {"two bytes", "AAA=", KLR_DETAIL_NONE, 2},
    {"one byte", "AA==", KLR_DETAIL_NONE, 1},
    {"the whole alphabet",
     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
     KLR_DETAIL_NONE, 48},
    {"line breaks", "AA\r\nAA\nAA AA\t\v\f", KLR_DETAIL_NONE, 6},
    {"blanks around the padding", "AA\n=\n=\n", KLR_DETAIL_NONE, 1},
    {"a prefix", "data:image/png;base64,AAAA", KLR_DETAIL_NONE, 3},
    {"the shortest prefix", "data:;base64,AAAA", KLR_DETAIL_NONE, 3},
    {"a prefix in capitals behind blanks", " \nDATA:image/PNG;BASE64,AAAA",
     KLR_DETAIL_NONE, 3},
    {"a prefix with a parameter", "data:image/png;name=a;base64,AAAA", KLR_DETAIL_NONE,
     3},
    {"a prefix without base64", "data:image/png,AAAA", KLR_DETAIL_BASE64_PREFIX, 0},
    {"a prefix without a comma", " data:image/png;base64", KLR_DETAIL_BASE64_PREFIX, 1},
    {"a prefix too short for base64", "data:base64,AAAA", KLR_DETAIL_BASE64_PREFIX, 0},
    {"a prefix with a control character for its colon", "data\x1Aimage/png;base64,AAAA",
     KLR_DETAIL_BASE64_CHAR, 4},
    {"a prefix with a control character for a digit", "data:;base\x16\x14,AAAA",
     KLR_DETAIL_BASE64_PREFIX, 0},
    {"a star", "AAA*", KLR_DETAIL_BASE64_CHAR, 3},
    {"the URL alphabet's minus", "AA-A", KLR_DETAIL_BASE64_CHAR, 2},
    {"the URL alphabet's underscore", "_AAA", KLR_DETAIL_BASE64_CHAR, 0},
    {"a byte above ASCII", "AA\xC3\xA4", KLR_DETAIL_BASE64_CHAR, 2},
    {"a wrong character behind a prefix", "data:;base64,A*AA", KLR_DETAIL_BASE64_CHAR,
     14},
    {"a wrong character behind a blank", "AA\n*A", KLR_DETAIL_BASE64_CHAR, 3},
    {"one character", "A", KLR_DETAIL_BASE64_LENGTH, 1},
    {"five characters", "AAAAA", KLR_DETAIL_BASE64_LENGTH, 5},
    {"missing padding", "AAAAAA", KLR_DETAIL_BASE64_LENGTH, 6},
    {"half of the padding", "AA=", KLR_DETAIL_BASE64_LENGTH, 3},
    {"padding first", "=AAA", KLR_DETAIL_BASE64_PADDING, 0},
    {"padding second", "A===", KLR_DETAIL_BASE64_PADDING, 1},
    {"padding in the middle", "AA==AAAA", KLR_DETAIL_BASE64_PADDING, 4},
    {"padding behind a whole group", "AAAA=", KLR_DETAIL_BASE64_PADDING, 4},
    {"three characters of padding", "AA===", KLR_DETAIL_BASE64_PADDING, 4},
    {"a character behind the padding", "AA=A", KLR_DETAIL_BASE64_PADDING, 3},
    {"a last bit that padding cuts off", "AAB=", KLR_DETAIL_BASE64_PADDING, 2},
    {"the bits above it", "AAE=", KLR_DETAIL_NONE, 2},
    {"four last bits that padding cuts off", "AP==", KLR_DETAIL_BASE64_PADDING, 1},
    {"the bits above them", "AQ==", KLR_DETAIL_NONE, 1},
};

static void
base64_is_decoded_strictly_and_errors_have_an_offset(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof base64_rows / sizeof base64_rows[0]; i++) {
        klr_source source;
        klingrec_image_info info = klingrec_image_info_default();
        klingrec_request request = klingrec_request_base64(base64_rows[i].text, 0);
        klingrec_status status = klr_source_open(&source, &request, &info);
        if (info.detail != base64_rows[i].detail)
            fail_msg("%s: detail %u", base64_rows[i].name, info.detail);
        if (info.detail == KLR_DETAIL_NONE) {
            assert_int_equal(status, KLINGREC_OK);
            assert_int_equal(source.length, base64_rows[i].where);
        } else {
            assert_int_equal(status, KLINGREC_ERR_IMAGE_BASE64);
            if (info.where != base64_rows[i].where)
                fail_msg("%s: at %zu", base64_rows[i].name, info.where);
        }
    }
}

/* ---- Reading anywhere ------------------------------------------------------- */

enum { IMAGE = 4000 };
static unsigned char plain[IMAGE];
static char text[IMAGE * 4];

static ptrdiff_t
read_some(void *user, uint64_t offset, void *buf, size_t len)
{
    size_t at_most = *(const size_t *)user;
    assert_true(offset + len <= IMAGE);
    if (len > at_most)
        len = at_most;
    memcpy(buf, plain + offset, len);
    return (ptrdiff_t)len;
}

/* Reads of several lengths at every offset, forward and then back. */
static void
expect_reads(const klingrec_request *request, size_t length)
{
    static const size_t lengths[] = {1, 2, 3, 4, 511, 1536, 2048};
    klr_source source;
    unsigned char buf[2048];
    klingrec_image_info info = klingrec_image_info_default();
    assert_int_equal(klr_source_open(&source, request, &info), KLINGREC_OK);
    assert_int_equal(source.length, length);
    size_t reads = 0;
    for (size_t i = 0; i < 2 * (length + 2); i += thin(), reads++) {
        size_t offset = i < length + 2 ? i : 2 * (length + 2) - 1 - i;
        size_t len = lengths[reads % (sizeof lengths / sizeof lengths[0])], got;
        size_t left = offset < length ? length - offset : 0;
        memset(buf, 0x5A, sizeof buf);
        assert_int_equal(klr_source_read(&source, offset, buf, len, &got), KLINGREC_OK);
        assert_int_equal(got, len < left ? len : left);
        assert_memory_equal(buf, plain + (got > 0 ? offset : 0), got);
        for (size_t k = got; k < len; k++)
            assert_int_equal(buf[k], 0x5A);
    }
    assert_int_equal(klr_source_verify(&source), KLINGREC_OK);
    klr_source_close(&source);
}

/* Encode; a blank after every `every` characters, 0 for none. */
static size_t
make_text(size_t length, size_t every)
{
    static char solid[KLR_BASE64_SIZE(IMAGE)];
    size_t n = klr_base64_encode(solid, plain, length), at = 0;
    for (size_t i = 0; i < n; i++) {
        text[at++] = solid[i];
        if (every != 0 && i % every == 0)
            text[at++] = i % 3 == 0 ? '\n' : ' ';
    }
    return at;
}

static void
every_source_reads_the_same_bytes_at_every_offset(void **state)
{
    (void)state;
    for (size_t i = 0; i < IMAGE; i++)
        plain[i] = (unsigned char)(i * i * 31 >> 4);
    for (size_t length = IMAGE - 2; length <= IMAGE; length++) {
        klingrec_request request = klingrec_request_bytes(plain, length);
        expect_reads(&request, length);
        request = klingrec_request_file(write_file("image", plain, length));
        if (KLR_HAS_FILES)
            expect_reads(&request, length);
        for (size_t every = 0; every < 5; every++) {
            request = klingrec_request_base64(text, make_text(length, every));
            expect_reads(&request, length);
        }
        for (size_t at_most = 1; at_most <= 2048; at_most *= 8) {
            klingrec_reader reader = klingrec_reader_default();
            reader.user = &at_most;
            reader.read_at = read_some;
            reader.length = length;
            request = klingrec_request_reader(&reader);
            expect_reads(&request, length);
        }
    }
}

/* ---- Readers and requests --------------------------------------------------- */

static ptrdiff_t
answer(void *user, uint64_t offset, void *buf, size_t len)
{
    (void)offset;
    (void)buf;
    (void)len;
    return *(const ptrdiff_t *)user;
}

static void
a_reader_that_fails_or_returns_a_wrong_length_is_detected(void **state)
{
    static const struct {
        ptrdiff_t answer;
        klr_detail detail;
    } rows[] = {
        {-1, KLR_DETAIL_READER_FAILED},
        {PTRDIFF_MIN, KLR_DETAIL_READER_FAILED},
        {0, KLR_DETAIL_SHORT_READ},
        {9, KLR_DETAIL_READER_FAILED}, /* more than was asked for */
        {PTRDIFF_MAX, KLR_DETAIL_READER_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ptrdiff_t n = rows[i].answer;
        klr_source source;
        unsigned char buf[8];
        size_t got;
        klingrec_image_info info = klingrec_image_info_default();
        klingrec_reader reader = klingrec_reader_default();
        reader.user = &n;
        reader.read_at = answer;
        reader.length = 100;
        klingrec_request request = klingrec_request_reader(&reader);
        assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_OK);
        assert_int_equal(klr_source_read(&source, 0, buf, 8, &got), KLINGREC_ERR_FILE);
        assert_int_equal(source.detail, rows[i].detail);
        assert_int_equal(got, 0);
        klr_source_close(&source);
    }
}

static klingrec_image_info
open_path(const char *path, size_t len, klingrec_status due)
{
    klr_source source;
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_from(KLINGREC_FROM_FILE, path, len);
    assert_int_equal(klr_source_open(&source, &request, &info), due);
    klr_source_close(&source);
    return info;
}

static void
a_path_with_a_length_needs_no_nul_and_may_have_none(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    char path[4200];
    (void)write_file("image", "0123", 4);
    size_t len = (size_t)snprintf(path, sizeof path, "%s", in_folder("image"));
    memset(path + len, 'x', sizeof path - len);
    assert_int_equal(open_path(path, len + 1, KLINGREC_ERR_FILE).detail,
                     KLR_DETAIL_NOT_FOUND);
    (void)open_path(path, len, KLINGREC_OK);
    path[len] = '\0';
    klingrec_image_info info = open_path(path, len + 1, KLINGREC_ERR_FILE);
    assert_int_equal(info.detail, KLR_DETAIL_NOT_FOUND);
    assert_int_equal(info.system_error, 0);
}

/* The size of its base64 has 64 bits at most. */
static void
a_reader_has_a_function_and_a_bounded_length(void **state)
{
    (void)state;
#if SIZE_MAX > UINT32_MAX
    klingrec_reader reader = klingrec_reader_default();
    klingrec_reader known;
    reader.read_at = read_some;
    reader.length = UINT64_MAX / 4;
    assert_int_equal(klr_reader_import(&known, &reader), KLINGREC_OK);
    reader.length = UINT64_MAX / 4 + 1;
    assert_int_equal(klr_reader_import(&known, &reader), KLINGREC_ERR_ARGUMENT);
    reader.length = 1;
    reader.read_at = NULL;
    assert_int_equal(klr_reader_import(&known, &reader), KLINGREC_ERR_ARGUMENT);
#endif
}

static void
a_path_may_have_one_byte(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    assert_int_equal(open_path("/no such file", 1, KLINGREC_ERR_FILE).detail,
                     KLR_DETAIL_DIRECTORY);
}

static void
a_path_of_4096_bytes_is_too_long(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    char path[4097];
    memset(path, '/', sizeof path);
    for (size_t len = 4096; len <= sizeof path; len++) {
        klingrec_image_info info = open_path(path, len, KLINGREC_ERR_FILE);
        assert_int_equal(info.detail, KLR_DETAIL_UNREADABLE);
        assert_int_equal(info.system_error, KLR_ERROR_NAME_TOO_LONG);
    }
}

static void
an_empty_request_is_refused(void **state)
{
    (void)state;
    klr_source source;
    for (uint32_t from = 0; from <= 6; from++) {
        klingrec_image_info info = klingrec_image_info_default();
        klingrec_request request = klingrec_request_from(from, NULL, 1);
        assert_int_equal(klr_source_open(&source, &request, &info),
                         KLINGREC_ERR_ARGUMENT);
        assert_int_equal(info.detail, KLR_DETAIL_NO_DATA);
    }
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_from(6, "", 0);
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(info.detail, KLR_DETAIL_FROM);

    klingrec_reader reader = klingrec_reader_default();
    request = klingrec_request_reader(&reader);
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(info.detail, KLR_DETAIL_NO_DATA);
    reader.size = 8;
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_ERR_ABI);

    request = klingrec_request_bytes(NULL, 0);
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_OK);
    assert_int_equal(source.length, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_without_files_refuses_every_path),
        cmocka_unit_test(an_empty_file_is_an_image_of_no_bytes),
        cmocka_unit_test(a_file_that_grows_is_read_to_its_old_size_and_has_changed),
        cmocka_unit_test(a_file_that_shrinks_cannot_be_read),
        cmocka_unit_test(a_file_overwritten_in_place_has_changed),
        cmocka_unit_test(a_file_has_settled_a_minute_after_its_last_change),
        cmocka_unit_test(a_length_over_4_gib_and_a_time_after_2038_are_whole),
        cmocka_unit_test(a_small_settled_file_is_loaded),
        cmocka_unit_test(a_file_that_changes_before_it_is_loaded_is_refused),
        cmocka_unit_test(time_stamps_are_trusted_only_of_a_settled_file),
        cmocka_unit_test(a_recent_file_that_changed_is_refused_after_its_check),
        cmocka_unit_test(a_recent_file_that_shrinks_during_its_check_cannot_be_read),
        cmocka_unit_test(base64_is_decoded_strictly_and_errors_have_an_offset),
        cmocka_unit_test(every_source_reads_the_same_bytes_at_every_offset),
        cmocka_unit_test(a_reader_that_fails_or_returns_a_wrong_length_is_detected),
        cmocka_unit_test(a_path_with_a_length_needs_no_nul_and_may_have_none),
        cmocka_unit_test(a_reader_has_a_function_and_a_bounded_length),
        cmocka_unit_test(a_path_may_have_one_byte),
        cmocka_unit_test(a_path_of_4096_bytes_is_too_long),
        cmocka_unit_test(an_empty_request_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
