/* SPDX-License-Identifier: MIT */
/*
 * diff_folder.c - compare our verdicts with other decoders' on every file of a folder
 *
 *     diff_folder [-v] [-t TRUTH.tsv] FOLDER
 *
 * -v prints explained disagreements too. -t names a table of tab-separated columns
 * (file, magic, width, height, orientation, expect, class, decode) with what is
 * known of each file. Exits 1 when anything stays unexplained.
 */
#define _POSIX_C_SOURCE 200809L

#include "compare.h"

#include "base/detail.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The file's bytes in *bytes, to be freed; false when it is no readable file. */
static bool
load(const char *path, unsigned char **bytes, size_t *len)
{
    struct stat st;
    FILE *file = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "rb") : NULL;
    if (file == NULL)
        return false;
    *len = (size_t)st.st_size;
    *bytes = malloc(*len > 0 ? *len : 1);
    bool whole = *bytes != NULL && fread(*bytes, 1, *len, file) == *len;
    (void)fclose(file);
    if (!whole)
        free(*bytes);
    return whole;
}

static void
compare_folder(const char *folder, tally *counts)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[8192];
        unsigned char *bytes;
        size_t len;
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (load(path, &bytes, &len)) {
            compare_image(entry->d_name, bytes, len, counts);
            free(bytes);
        } else {
            compare_folder(path, counts);
        }
    }
    if (dir != NULL)
        (void)closedir(dir);
}

/* ---- The table -------------------------------------------------------------- */

enum { FILE_NAME, MAGIC, WIDTH, HEIGHT, ORIENTATION, EXPECT, CLASS, DECODE, COLUMNS };

static void
split(char *line, char *columns[COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++) {
        columns[i] = line;
        line += strcspn(line, "\t\r\n");
        if (*line != '\0')
            *line++ = '\0';
    }
}

static const char *
fault_of(char *const columns[COLUMNS], const unsigned char *bytes, size_t len)
{
    klingrec_image_info header, whole;
    bool usable = our_verdict(bytes, len, true, &header) == KLINGREC_OK;
    bool complete = our_verdict(bytes, len, false, &whole) == KLINGREC_OK;
    bool same_size = header.width == strtoul(columns[WIDTH], NULL, 10) &&
                     header.height == strtoul(columns[HEIGHT], NULL, 10);
    unsigned long turned = strtoul(columns[ORIENTATION], NULL, 10);
    bool must = strcmp(columns[EXPECT], "accept") == 0;
    if (must && !usable)
        return "must be accepted";
    if (must && !same_size)
        return "another size";
    if (must && header.orientation != (turned != 0 ? turned : 1))
        return "another orientation";
    if (strcmp(columns[EXPECT], "reject") == 0 && usable)
        return "must be refused";
    if (strcmp(columns[DECODE], "clean") == 0 && !complete)
        return "decodes cleanly and is called damaged";
    if (strcmp(columns[DECODE], "premature-eof") == 0 &&
        whole.detail != KLR_DETAIL_TRUNCATED)
        return "is cut off and not called so";
    return NULL;
}

static unsigned long
check_truth(const char *table, const char *folder)
{
    unsigned long rows = 0, faults = 0;
    char line[4096];
    FILE *file = fopen(table, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char path[8200], *columns[COLUMNS];
        unsigned char *bytes;
        size_t len;
        split(line, columns);
        (void)snprintf(path, sizeof path, "%s/%s", folder, columns[FILE_NAME]);
        if (!load(path, &bytes, &len))
            continue;
        const char *fault = fault_of(columns, bytes, len);
        if (fault != NULL)
            printf("%s: %s\n", columns[FILE_NAME], fault);
        faults += fault != NULL;
        rows++;
        free(bytes);
    }
    if (file != NULL)
        (void)fclose(file);
    printf("%lu rows of the table, %lu not as it says\n", rows, faults);
    return faults + (rows == 0);
}

int
main(int argc, char **argv)
{
    tally counts = {.verbose = false};
    const char *folder = NULL, *table = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0)
            counts.verbose = true;
        else if (strcmp(argv[i], "-t") == 0 && i + 1 < argc)
            table = argv[++i];
        else
            folder = argv[i];
    }
    if (folder == NULL) {
        fprintf(stderr, "usage: diff_folder [-v] [-t TRUTH.tsv] FOLDER\n");
        return 2;
    }
    compare_folder(folder, &counts);
    int unexplained = print_tally(&counts);
    if (counts.images == 0)
        return 2;
    return table != NULL && check_truth(table, folder) != 0 ? 1 : unexplained;
}
