# SPDX-License-Identifier: MIT
"""Test check --jobs: the order, slow network shares, signals and closed pipes."""
import json
import os
import re
import resource
import signal
import subprocess
import time

from harness import (KEY, PATIENCE, PROGRAM, Run, environment, holds, png, preload, put, same,
                     server_url, test, wait_until)

# A network share: each open() waits, and one of a name with "stuck" until the file "go".
# One of a name with "mark" adds a byte to the file "marked".
SLOW = r'''
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int slow_open(const char *symbol, const char *path, int flags, int mode)
{
    int (*next)(const char *, int, ...) =
        (int (*)(const char *, int, ...))dlsym((void *)-1L, symbol);
    struct timespec ms = {0, 20000000};
    if (strstr(path, ".png") != NULL)
        nanosleep(&ms, NULL);
    if (strstr(path, "mark") != NULL) {
        int fd = next("marked", O_WRONLY | O_CREAT | O_APPEND, 0600);
        write(fd, "x", 1);
        close(fd);
    }
    while (strstr(path, "stuck") != NULL && access("go", F_OK) != 0)
        nanosleep(&ms, NULL);
    return next(path, flags, mode);
}

#define OPEN(name)                                          \
    int name(const char *path, int flags, ...)              \
    {                                                       \
        va_list args;                                       \
        va_start(args, flags);                              \
        int mode = va_arg(args, int);                       \
        va_end(args);                                       \
        return slow_open(#name, path, flags, mode);         \
    }
OPEN(open)
OPEN(open64)
'''


# Folders whose name begins with "closed" cannot be read, and a thread begins late.
LATE = SLOW + r'''
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

DIR *opendir(const char *path)
{
    DIR *(*next)(const char *) = (DIR * (*)(const char *))dlsym((void *)-1L, "opendir");
    errno = EACCES;
    return strstr(path, "/closed") != NULL ? NULL : next(path);
}

static void *(*late)(void *);

static void *begin(void *argument)
{
    struct timespec ms = {0, 300000000};
    nanosleep(&ms, NULL);
    return late(argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                   void *argument)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(
            (void *)-1L, "pthread_create");
    late = run;
    return next(thread, attr, begin, argument);
}
'''


def put_many(count=60):
    for number in range(count):
        put(f'art/{number % 3}/{number:03}.png', png(280 + number, 400))


def timed(env, *arguments):
    start = time.monotonic()
    done = subprocess.run([PROGRAM, *arguments], env=env, capture_output=True,
                          check=False, timeout=PATIENCE)
    return done.stdout, time.monotonic() - start


def first_event(path):
    with open(path, encoding='utf-8') as file:
        event = json.loads(file.readline())
    return event['event'], event.get('total')


@test
def check_prints_the_same_with_any_number_of_jobs():
    put_many(2500)
    put('art/1/text.png', b'hello')
    for more in ([], ['--json']):
        one = Run('check', '--jobs', '1', *more, 'art', 'none', 'art/0/000.png')
        for jobs in ('2', '4', '64'):
            run = Run('check', '--jobs', jobs, *more, 'art', 'none', 'art/0/000.png')
            same((run.code, run.out == one.out, run.err), (1, True, one.err), jobs)
    same(one.out.count('\n'), 2503)
    mixed = Run('check', '--json', 'art/1', '-', 'art/0', stdin=png())
    inputs = [row['input'] for row in mixed.lines()]
    same(inputs, sorted(i for i in inputs if '/1/' in i) + ['-']
         + sorted(i for i in inputs if '/0/' in i))
    same([row['index'] for row in mixed.lines()], list(range(len(inputs))))


@test
def jobs_hide_the_latency_of_a_share():
    put_many()
    env = preload(SLOW)
    slow, slow_s = timed(env, 'check', '--jobs', '1', '--progress', 'log', 'art')
    same(first_event('log'), ('progress', None))
    fast, fast_s = timed(env, 'check', '--jobs', '20', 'art')
    same(fast, slow)
    same(slow_s >= 1.2, True, f'60 images of 20 ms: {slow_s}')
    same(fast_s < slow_s / 2, True, (fast_s, slow_s))
    timed(env, 'recognize', '-n', '-r', '--progress', 'log', 'art')
    same(first_event('log'), ('progress', 60))


@test
def one_job_waits_for_no_other_thread():
    put_many(1000)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw
    Run('check', '--jobs', '1', 'art')
    waits = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw - before
    same(waits < 100, True, f'{waits} waits')


@test
def one_image_that_hangs_lets_a_bounded_number_go_ahead():
    put('a/stuck.png', png())
    put_many(1500)
    with open('out', 'wb') as out:
        process = subprocess.Popen([PROGRAM, 'check', '-v', '--jobs', '2', 'a', 'art'],
                                   stdout=out, stderr=subprocess.DEVNULL,
                                   env=preload(SLOW))

        def threads():
            with open(f'/proc/{process.pid}/status', encoding='utf-8') as file:
                return int(re.search(r'Threads:\s+(\d+)', file.read())[1])
        wait_until('threads', lambda: threads() >= 2)
        same(threads(), 2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        put('go')
        start = time.monotonic()
        same(process.wait(PATIENCE), 130)
        same(time.monotonic() - start < 5, True, 'what waits is not checked: it takes 10 s')
    with open('out', encoding='utf-8') as file:
        lines = file.read().splitlines()
    same((lines[0].startswith('a/stuck.png: good'), len(lines) < 1500), (True, True))
    same(lines[1:], sorted(lines[1:]), 'what was checked, in its order')


@test
def a_copy_has_the_bytes_that_were_checked():
    names = ['stuck.png', 'a.png', 'b.png', 'mark.png']
    for name in names:
        put(name, png())

    def limit():  # it has to give up before
        resource.setrlimit(resource.RLIMIT_FSIZE, (20 << 20, 20 << 20))
    process = subprocess.Popen([PROGRAM, 'check', '--jobs', '2', '--copy-to', 'to', *names],
                               stderr=subprocess.PIPE, env=preload(SLOW), preexec_fn=limit)
    wait_until('a check of the images between', lambda: os.path.exists('marked'))
    put('a.png', png(513, 512))  # acceptable as well
    os.truncate('b.png', 1 << 30)
    put('go')
    _, err = process.communicate(timeout=PATIENCE)
    same((process.returncode, sorted(os.listdir('to'))), (5, ['mark.png', 'stuck.png']), err)
    for name in ('a.png', 'b.png'):
        holds(err.decode(),
              f"'{name}' is not in 'to/{name}': the file was changed meanwhile")


@test
def check_ends_when_its_reader_is_gone():
    put_many(3000)
    process = subprocess.Popen([PROGRAM, 'check', '-v', 'art'], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment())
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read().decode()
    same(process.wait(PATIENCE), 5, err)
    same('3000 checked' in err, False, err)
    process.stderr.close()


@test
def a_report_ends_when_its_output_fails():
    env = preload(SLOW)
    put('a.png', png())
    put('rows', b'{"input":"a.png"}\n' * 60 + b'{"input":"stuck.png"}\n')
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([PROGRAM, 'report', 'rows'], env=env, stdout=writer,
                          stderr=subprocess.PIPE, check=False, timeout=30)
    os.close(writer)
    same((done.returncode, done.stderr), (5, b''))


@test
def a_low_limit_of_open_files_bounds_the_jobs():
    for number in range(80):
        put(f'art/{number}.png', png(400, 400 + number))
    for limit in ('ulimit -n 44', 'ulimit -Sn 44'):
        done = subprocess.run(
            ['sh', '-c', limit + '; exec "$0" "$@"', PROGRAM, 'recognize', '-j', '256',
             '--retries', '0', '-r', 'art', '--endpoint', server_url('ok:delay=100'),
             '--json'],
            env=environment(COMETAPI_KEY=KEY), capture_output=True, check=False)
        same((done.returncode, done.stdout.count(b'KLINGREC_OK')), (0, 80),
             (limit, done.stderr))


@test
def an_image_after_many_folders_that_cannot_be_read_is_checked_once():
    for number in range(1100):
        os.makedirs(f'art/closed{number}')
    for number in range(20):
        put(f'art/mark{number}.png', png())
    run = subprocess.run([PROGRAM, 'check', '-q', '--jobs', '2', 'art'], env=preload(LATE),
                         capture_output=True, check=False)
    same((run.returncode, run.stdout.count(b'\n')), (1, 1100), run.stderr)
    same(os.path.getsize('marked'), 20)
