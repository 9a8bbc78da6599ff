/* SPDX-License-Identifier: MIT */
/*
 * own_reader.c - images inside an archive, read without extracting them
 *
 * The archive here is any file: own_reader FILE OFFSET LENGTH [OFFSET LENGTH]...
 * checks the images that begin at the offsets. With COMETAPI_KEY in the environment
 * it also asks about them, several at once, while this thread continues to check.
 */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct member {
    int archive; /* one descriptor for all members and threads */
    unsigned long long start;
} member;

/*
 * Called with any offset, in any order, and by the client's thread while this program
 * checks other members. pread() is safe then; fseek() and fread() of a shared FILE are
 * not, because both threads move one position.
 */
static ptrdiff_t
read_member(void *user, uint64_t offset, void *buf, size_t len)
{
    const member *m = user;
    ssize_t n;
    do
        n = pread(m->archive, buf, len, (off_t)(m->start + offset));
    while (n < 0 && errno == EINTR);
    return n; /* 0 only at the archive's end */
}

static bool
check(const klingrec_request *request)
{
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_status status = klingrec_check(request, NULL, &info);
    char line[256];
    klingrec_image_explain(&info, NULL, line, sizeof line);
    puts(line);
    return status == KLINGREC_OK;
}

/* Take every finished result; all: also wait for those that have not finished. */
static int
poll_results(klingrec_client *client, bool all)
{
    klingrec_result *result;
    int failed = 0;
    while (klingrec_poll(client, all ? -1 : 0, &result) == KLINGREC_OK) {
        const member *m = klingrec_result_user_data(result);
        printf("at %llu: %s\n", m->start, klingrec_result_message(result));
        failed |= klingrec_result_status(result) < 0;
        klingrec_result_free(result);
    }
    return failed;
}

static klingrec_client *
make_client(int members)
{
    klingrec_config config = klingrec_config_default();
    klingrec_client *client = NULL;
    char why[256];
    config.api_key = getenv("COMETAPI_KEY");
    config.endpoint = getenv("KLINGREC_ENDPOINT");
    config.run = KLINGREC_RUN_THREAD;
    config.max_queued = (uint32_t)members;
    if (klingrec_client_new(&config, why, sizeof why, &client) < 0)
        fprintf(stderr, "own_reader: %s\n", why);
    return client;
}

static int
run(klingrec_client *client, member *members, int count, char **numbers)
{
    int failed = 0;
    for (int i = 0; i < count; i++) {
        klingrec_reader reader = klingrec_reader_default();
        members[i].start = strtoull(numbers[2 * i], NULL, 10);
        reader.user = &members[i];
        reader.read_at = read_member;
        reader.length = strtoul(numbers[2 * i + 1], NULL, 10);
        klingrec_request request = klingrec_request_reader(&reader);
        request.user_data = &members[i];
        if (!check(&request))
            failed = 1;
        else if (client != NULL) /* copies the reader, not what it reads */
            failed |= klingrec_submit(client, &request, NULL) < 0;
        if (client != NULL)
            failed |= poll_results(client, false);
    }
    return client != NULL ? failed | poll_results(client, true) : failed;
}

int
main(int argc, char **argv)
{
    int archive = argc >= 4 && argc % 2 == 0 ? open(argv[1], O_RDONLY) : -1;
    if (archive < 0) {
        fputs("usage: own_reader FILE OFFSET LENGTH [OFFSET LENGTH]...\n", stderr);
        return 2;
    }
    int count = (argc - 2) / 2, code = 2;
    bool send = getenv("COMETAPI_KEY") != NULL;
    klingrec_client *client = send ? make_client(count) : NULL;
    member *members = calloc((size_t)count, sizeof *members);
    for (int i = 0; members != NULL && i < count; i++)
        members[i].archive = archive;
    if (members != NULL && (client != NULL || !send))
        code = run(client, members, count, argv + 2);
    klingrec_client_free(client); /* from here on nothing reads the archive */
    free(members);
    close(archive);
    return code;
}
