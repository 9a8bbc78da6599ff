/*
 * own_reader.c - an image inside an archive, read where it lies
 *
 * The "archive" here is any file: own_reader FILE OFFSET LENGTH checks the image
 * that begins at OFFSET. An engine's file system fits the same way.
 */
#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct member {
    FILE *archive;
    long start;
} member;

/* Called with any offset, in any order; 0 only past the end. */
static ptrdiff_t
read_member(void *user, uint64_t offset, void *buf, size_t len)
{
    member *m = user;
    if (fseek(m->archive, m->start + (long)offset, SEEK_SET) != 0)
        return -1;
    size_t n = fread(buf, 1, len, m->archive);
    return n == 0 && ferror(m->archive) ? -1 : (ptrdiff_t)n;
}

int
main(int argc, char **argv)
{
    member m = {argc == 4 ? fopen(argv[1], "rb") : NULL, 0};
    if (m.archive == NULL) {
        fputs("usage: own_reader FILE OFFSET LENGTH\n", stderr);
        return 2;
    }
    m.start = strtol(argv[2], NULL, 10);
    klingrec_reader reader = klingrec_reader_default();
    reader.user = &m;
    reader.read_at = read_member;
    reader.length = strtoul(argv[3], NULL, 10);

    klingrec_request request = klingrec_request_reader(&reader);
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_status status = klingrec_check(&request, NULL, &info);
    char line[256];
    klingrec_image_explain(&info, NULL, line, sizeof line);
    puts(line);
    fclose(m.archive);
    return status < 0;
}
