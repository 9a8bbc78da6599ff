# SPDX-License-Identifier: MIT
"""Test what is on the disk when a request leaves and when an answer is printed, and how
often the journal is synced."""
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess

from cases_journal import LoggedServer, ask
from harness import (KEY, PROGRAM, Run, Server, chunk, holds, png, preload, put, same,
                     test, wait_until)

# After each sync, which takes 100 ms, the journal is copied: the copies have what would be
# there after a power failure. The log has the order of copies and requests.
RECORDER = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void record(const char *line)
{
    int fd = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    write(fd, line, strlen(line));
    close(fd);
}

static void copy(const char *from, const char *to)
{
    static char bytes[1 << 16];
    ssize_t n;
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (in >= 0 && (n = read(in, bytes, sizeof bytes)) > 0)
        write(out, bytes, n);
    close(in);
    close(out);
}

int fdatasync(int fd)
{
    static int number;
    char path[64], line[64];
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int result = real(fd);
    usleep(100000);
    snprintf(path, sizeof path, "copies/%d-wal", number);
    copy("j-wal", path);
    snprintf(path, sizeof path, "copies/%d", number);
    copy("j", "copies/new");
    rename("copies/new", path);
    snprintf(line, sizeof line, "copy %d\n", number++);
    record(line);
    return result;
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    ssize_t (*real)(int, const void *, size_t, int) =
        (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    char head[2000];
    const char *at;
    if (len > 5 && memcmp(bytes, "POST ", 5) == 0) {
        snprintf(head, sizeof head, "%.*s", (int)(len < 1999 ? len : 1999),
                 (const char *)bytes);
        at = strstr(head, "Content-Length:");
        if (at != NULL) {
            snprintf(head, sizeof head, "sent %.30s", at + 15);
            strcpy(strchr(head, '\r'), "\n");
            record(head);
        }
    }
    return real(fd, bytes, len, flags);
}
'''
IMAGES = 120


def request_size(image):
    return len('{"image":""}') + (len(image) + 2) // 3 * 4


def images():
    """Images whose requests differ in size: {size: digest}."""
    found = {}
    for i in range(IMAGES):
        data = png(300 + i, 300)
        while request_size(data) in found:
            data = data[:-12] + chunk(b'prVt', bytes(4)) + data[-12:]  # before IEND
        put(f'art/{i:03}.png', data)
        found[request_size(data)] = hashlib.sha256(data).digest()
    return found


def states(number):
    """The states of the calls in a copy of the journal, by digest."""
    for end in ('', '-wal'):
        shutil.copy(f'copies/{number}{end}', f'copy{end}')
    base = sqlite3.connect('copy')
    try:
        return dict(base.execute('SELECT digest, state FROM call'))
    except sqlite3.OperationalError:  # the tables are not there yet
        return {}
    finally:
        base.close()


def newest_copy():
    return max(int(name) for name in os.listdir('copies') if name.isdigit())


@test
def marks_are_on_the_disk_before_requests_and_answers_before_they_are_printed():
    digests = images()
    env = preload(RECORDER)
    os.mkdir('copies')
    with Server() as server:
        process = subprocess.Popen(
            [PROGRAM, 'recognize', '--json', '-j4', '--journal', 'j', '-r', 'art',
             '--endpoint', server.url()], stdout=subprocess.PIPE, env=env)
        for i, line in enumerate(process.stdout):
            same(json.loads(line)['status'], 'KLINGREC_OK')
            stored = list(states(newest_copy()).values()).count(2)
            same(stored > i, True, f'{stored} answers are on the disk, {i + 1} printed')
        same(process.wait(), 0)
    with open('log', encoding='ascii') as file:
        log = [line.split() for line in file]
    marked = {}
    for what, number in log:
        if what == 'copy':
            marked = states(number)
        else:
            same(marked.get(digests[int(number)], 0) > 0, True, 'marked before it is sent')
    same([what for what, _ in log].count('sent'), IMAGES)
    # One after the other, 4 at a time, it would be 60.
    copies = [what for what, _ in log].count('copy')
    same(copies < 40, True, f'{copies} syncs')


@test
def marks_of_images_that_are_not_sent_are_removed():
    images()
    with LoggedServer() as server:
        run = Run('recognize', '--endpoint', server.url(), '-r', 'art', '-j4', '-o',
                  'out.csv', env={'COMETAPI_KEY': 'wrong'})
        before = server.requests()
        same((run.code, 1 <= before < IMAGES), (3, True), before)
        holds(run.err, f'{IMAGES - before} not sent')
        run = ask(server, '-r', 'art', '-j4', '-o', 'out.csv')
        same((run.code, server.requests()), (0, before + IMAGES), run.err)


@test
def with_a_slow_service_few_images_are_marked_ahead():
    images()
    with LoggedServer('--delay', '300') as server:
        process = subprocess.Popen(
            [PROGRAM, 'recognize', '-j4', '-r', '--journal', 'j', '--endpoint',
             server.url(), 'art'], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, 'COMETAPI_KEY': KEY})
        wait_until('three turns', lambda: server.requests() >= 12)
        process.kill()
        process.wait()
        sent = server.requests()
        run = ask(server, '--json', '-r', '-j64', '--journal', 'j', 'art')
        unsure = [row for row in run.lines() if row['delivery'] == 'unsure']
        same((run.code, len(unsure) <= 4 + 16), (4, True), len(unsure))
        same(re.search(r'(\d+) sent,', run.err)[1], str(server.requests() - sent))


# From the second connection on: then both requests are on their way.
BROKEN_DISK = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

static volatile int connections;

int connect(int fd, const struct sockaddr *peer, socklen_t len)
{
    int (*real)(int, const struct sockaddr *, socklen_t) =
        (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    connections++;
    return real(fd, peer, len);
}

int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    errno = EIO;
    return connections >= 2 ? -1 : real(fd);
}
'''


@test
def answers_in_flight_are_printed_when_the_journal_fails():
    env = preload(BROKEN_DISK)
    for number in range(2):
        put(f'{number}.png', png(400, 400 + number))
    with Server('--script', 'ok:delay=700,ok:delay=2200') as server:
        run = subprocess.run(
            [PROGRAM, 'recognize', '--json', '--endpoint', server.url(), '--jobs', '2',
             '--journal', 'j', '0.png', '1.png'],
            env=env, capture_output=True, check=False)
        out, err = run.stdout, run.stderr
        same([json.loads(line)['status'] for line in out.splitlines()],
             ['KLINGREC_OK', 'KLINGREC_OK'], err)
        same(run.returncode, 5, err)
        holds(err.decode(), "'j': disk I/O error", 'the journal has failed')
        again = ask(server, '--json', '--journal', 'j', '0.png', '1.png')
        same(server.stats()['requests'], 2, again.err)
