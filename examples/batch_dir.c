/* SPDX-License-Identifier: MIT */
/* batch_dir.c - ask about every image of a folder, a few at a time, in bounded memory
 */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct folder {
    DIR *dir;
    const char *path;
    unsigned long good;
    unsigned long all;
} folder;

/* Each job gets its own copy of the path, which is also its user_data. */
static bool
next_image(void *user, klingrec_request *request)
{
    folder *f = user;
    const struct dirent *entry;

    while ((entry = readdir(f->dir)) != NULL && entry->d_name[0] == '.')
        continue;
    if (entry == NULL)
        return false;
    size_t size = strlen(f->path) + strlen(entry->d_name) + 2;
    char *path = malloc(size);
    if (path == NULL)
        return false;
    snprintf(path, size, "%s/%s", f->path, entry->d_name);
    *request = klingrec_request_file(path);
    request->user_data = path;
    /* The library copies the path; done() frees ours. */
    return true;
}

static bool
done(void *user, const klingrec_result *result)
{
    folder *f = user;
    char *path = klingrec_result_user_data(result);

    printf("%s: %s\n", path,
           klingrec_result_contains(result, KLINGREC_KIND_OBJECT)
               ? "has a main subject"
               : klingrec_result_message(result));
    f->good += klingrec_result_status(result) == KLINGREC_OK;
    f->all++;
    free(path);
    return true;
}

int
main(int argc, char **argv)
{
    klingrec_config config = klingrec_config_default();
    config.api_key = getenv("COMETAPI_KEY");
    config.endpoint = getenv("KLINGREC_ENDPOINT");
    char why[256];
    klingrec_client *client = NULL;
    folder f = {NULL, argc == 2 ? argv[1] : NULL, 0, 0};
    if (f.path == NULL) {
        fputs("usage: COMETAPI_KEY=... batch_dir FOLDER\n", stderr);
        return 2;
    }
    f.dir = opendir(f.path);
    if (f.dir == NULL) {
        perror(f.path);
        return 2;
    }
    if (klingrec_client_new(&config, why, sizeof why, &client) < 0) {
        fprintf(stderr, "batch_dir: %s\n", why);
        return 2;
    }
    klingrec_batch batch = klingrec_batch_default();
    batch.next = next_image;
    batch.done = done;
    batch.user = &f;
    klingrec_status status = klingrec_run_batch(client, &batch);
    printf("%lu of %lu answered: %s\n", f.good, f.all, klingrec_status_string(status));
    klingrec_client_free(client);
    closedir(f.dir);
    return status < 0;
}
