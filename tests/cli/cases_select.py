# SPDX-License-Identifier: MIT
"""Test what selects images: --require, --include, names, --copy-to and --link-to."""
import fcntl
import hashlib
import os
import re
import subprocess

from harness import (DOCS, KEY, PATIENCE, PROGRAM, Run, Server, environment, holds, png,
                     preload, put, recognize, same, server_url, test, wait_until,
                     wait_until_it_waits)


def names(command, *arguments, code=0, stdin=b''):
    """The bytes of standard output, split at each NUL."""
    if command == 'recognize':
        arguments = ['--endpoint', server_url(), '--ordered', *arguments]
    done = subprocess.run([PROGRAM, command, '--format', 'names', *arguments],
                          input=stdin, capture_output=True, check=False,
                          env=environment(COMETAPI_KEY=KEY))
    same(done.returncode, code, done.stderr)
    *found, rest = done.stdout.split(b'\0')
    same(rest, b'')
    return found


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def files_in(folder):
    """{path below: bytes} of all files, hidden ones too."""
    return {os.path.relpath(os.path.join(top, name), folder): read(os.path.join(top, name))
            for top, _, found in os.walk(folder) for name in found}


def put_heads():
    for name, marker in (('art/both.png', 'head,face'), ('art/deep/head.png', 'head'),
                         ('art/deep/face.png', 'face'), ('art/none.png', 'none')):
        put(name, png(400, 400, marker))
    put('art/small.png', png(200, 200))


@test
def an_image_qualifies_by_what_it_contains_and_what_it_does_not():
    put_heads()
    rows = [
        ('head', [b'art/both.png', b'art/deep/head.png']),
        ('face,!head', [b'art/deep/face.png']),
        ('!head,face', [b'art/deep/face.png']),
        ('!face,!head', [b'art/none.png']),
        ('!cloth', [b'art/both.png', b'art/deep/face.png', b'art/deep/head.png',
                    b'art/none.png']),
    ]
    for required, want in rows:
        same(names('recognize', '-r', 'art', '--require', required, code=1), want)
    # What the service did not report is neither there nor certainly not there.
    put('a.png', png())
    for required in ('head', '!head'):
        row, = recognize('--json', '--require', required, 'a.png', answer='ok-empty'
                         ).lines()
        same((row['regions']['head'], row['qualifies']), (None, False), required)
    for wrong in ('head,!head', '!face,face', '!', 'head,', '!!head', 'no', ''):
        same(recognize('--require', wrong, 'a.png').code, 2, wrong)


@test
def names_are_those_of_selected_images_each_with_a_nul():
    odd = [b'new\nline.png', b'bad\xff.png', b'back\\slash.png', b' blank .png']
    for number, name in enumerate(odd):
        put(name, png(400 + number, 400, 'head'))
    put('none.png', png(400, 400, 'none'))
    put('small.png', png(200, 200))
    inputs = [*odd, 'none.png', 'small.png']
    same(names('recognize', '--require', 'head', *inputs, code=1), odd)
    good = [*odd, b'none.png']
    same(names('recognize', *inputs, code=1), good, 'all that are recognised')
    same(names('check', *inputs, code=1), good, 'all that are acceptable')
    names('check', '-o', 'list', *inputs, code=1)
    listed = read('list')
    same(listed, b''.join(name + b'\0' for name in good))
    same(names('recognize', '--files-from', '-', '-0', stdin=listed), good)
    for wrong in (['-n'], ['--fields', 'input']):
        same(recognize('--format', 'names', *wrong, 'none.png').code, 2, wrong)


@test
def folders_are_searched_with_include_and_exclude():
    tree = ['A.PNG', 'b.jpg', 'old/c.png', 'old/deep/d.png', 'new/old/e.png', 'new/f1.png',
            'new/f2.png', 'new/f10.png', 'n[1].png', '字.png', 'note.txt']
    for name in tree:
        put('f/' + name, png())
    images = sorted(tree[:-1], key=str.encode)
    rows = [
        (['--include', '*.png'], [n for n in images if n != 'b.jpg']),
        (['--include', '*.JPG', '--include', 'a.*'], ['A.PNG', 'b.jpg']),
        (['--exclude', 'old'], [n for n in images if 'old' not in n]),
        (['--exclude', 'old/*'], [n for n in images if not n.startswith('old/')]),
        (['--exclude', '*/old'], [n for n in images if 'new/old' not in n]),
        (['--include', 'new/*', '--exclude', '*2*'],
         ['new/f1.png', 'new/f10.png', 'new/old/e.png']),
        (['--include', 'f?.png'], ['new/f1.png', 'new/f2.png']),
        (['--include', 'f[0-1].png'], ['new/f1.png']),
        (['--include', 'f[!2]*'], ['new/f1.png', 'new/f10.png']),
        (['--include', 'n[[]1].png'], ['n[1].png']),
        (['--include', '?.png'], ['A.PNG', 'old/c.png', 'old/deep/d.png',
                                  'new/old/e.png', '字.png']),
        (['--include', '*.txt'], []),
        (['--include', '[a-'], []),
        (['--include', '*' * 200 + 'x'], []),
    ]
    for arguments, want in rows:
        for folder in ('f', 'f/'):
            run = Run('check', '--json', *arguments, folder)
            same(sorted(r['input'] for r in run.lines()),
                 sorted('f/' + name for name in want), arguments)
            same(f'{folder}: contains no file with an image extension that --include and '
                 '--exclude leave' in run.err, want == [], arguments)
    run = recognize('-n', '--json', '-r', '--include=f*', 'f')
    same(len(run.lines()), 3)
    same(len(Run('check', '--json', '--exclude=*', 'f/b.jpg').lines()), 1,
         'a file that is named')
    same(recognize('--include=f*', 'f/b.jpg').code, 2)
    for wrong in ('', '/f', 'old/'):
        same(Run('check', '--include', wrong, 'f').code, 2, wrong)


@test
def include_tells_bytes_apart_that_are_not_utf8():
    for name in (b'g/\xfe.png', b'g/\xff.png'):
        put(name, png())
    run = Run('check', '--json', '--include', b'\xff.png', 'g')
    same(len(run.lines()), 1)


@test
def copies_keep_the_folders_and_a_second_run_changes_nothing():
    put_heads()
    put('single/x.png', png(400, 500, 'head'))
    arguments = ['-r', 'art', 'single/x.png', '--require', 'head', '-o', 'o.csv']
    same(recognize('-n', '-r', 'art', '--copy-to', 'to').code, 1)
    same(os.path.exists('to'), False, 'a dry run')
    want = {'both.png': read('art/both.png'), 'deep/head.png': read('art/deep/head.png'),
            'x.png': read('single/x.png')}
    run = recognize(*arguments, '--copy-to', 'some/to')
    same(run.code, 1)
    holds(run.err, "3 copied to 'some/to', 0 were there already")
    same(files_in('some/to'), want)
    times = {name: os.stat('some/to/' + name).st_mtime_ns for name in want}
    run = recognize(*arguments, '--copy-to', 'some/to')
    same(run.code, 1)
    holds(run.err, "0 copied to 'some/to', 3 were there already", '0 sent')
    same(({name: os.stat('some/to/' + name).st_mtime_ns for name in want},
          files_in('some/to')), (times, want))
    run = Run('check', 'art', '--copy-to', 'checked')
    same((run.code, sorted(files_in('checked'))),
         (1, ['both.png', 'deep/face.png', 'deep/head.png', 'none.png']))
    put('large.png', png() + bytes(10485760))
    run = Run('check', 'large.png', '--max-bytes', '11M', '--copy-to', 'checked')
    same((run.code, read('checked/large.png')), (0, read('large.png')), run.err)


@test
def a_folder_of_copies_is_not_searched():
    put_heads()
    for _ in range(2):
        run = recognize('-r', 'art', '--require', 'head', '--copy-to', 'art/heads')
        same((run.code, sorted(files_in('art/heads'))), (1, ['both.png', 'deep/head.png']))


@test
def nothing_is_overwritten():
    for folder in 'ab':
        put(f'{folder}/x.png', png(400, 400 + ord(folder)))
    put('a/same.png', png())
    put('a/y.png', png(500, 400))
    put('to/y.png', b'precious')
    os.symlink('nowhere', 'to/same.png')
    run = recognize('-r', 'a', 'b', '--copy-to', 'to', '--jobs', '1')
    same(run.code, 5)
    holds(run.err, "'a/y.png' is not in 'to/y.png': there is another file",
          "'b/x.png' is not in 'to/x.png': there is another file",
          "1 copied to 'to', 0 were there already, 3 could not be")
    put('b/same.png', png())
    same((read('to/y.png'), read('to/x.png'), os.readlink('to/same.png')),
         (b'precious', read('a/x.png'), 'nowhere'))
    os.remove('to/same.png')
    run = Run('check', 'a', 'b', '--copy-to', 'to')
    same(run.code, 5)
    holds(run.err, "1 copied to 'to', 2 were there already, 2 could not be")
    same(sorted(os.listdir('to')), ['same.png', 'x.png', 'y.png'], 'no parts are left')
    # The folder itself: each image is there.
    same(recognize('-r', 'a', '--copy-to', 'a').code, 0)
    for name in ('to/y.png', 'to/y.png/deeper'):
        same(recognize('a/x.png', '--copy-to', name).code, 5, name)


NO_HARD_LINKS = r'''
#include <errno.h>

int link(const char *from, const char *to)
{
    (void)from;
    (void)to;
    errno = EPERM;
    return -1;
}
'''


@test
def a_file_system_without_hard_links_gets_copies_and_nothing_is_overwritten():
    put('a.png', png())
    put('b.png', png(400, 400))
    put('to/a.png', b'precious')
    done = subprocess.run([PROGRAM, 'check', 'a.png', 'b.png', '--copy-to', 'to'],
                          env=preload(NO_HARD_LINKS), capture_output=True, check=False)
    same(done.returncode, 5, done.stderr)
    same(files_in('to'), {'a.png': b'precious', 'b.png': read('b.png')})


FULL = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int symlink(const char *target, const char *path)
{
    (void)target;
    (void)path;
    errno = EPERM;
    return -1;
}

int mkdir(const char *path, mode_t mode)
{
    int (*real)(const char *, mode_t) = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT,
                                                                             "mkdir");
    if (strstr(path, "/deep") == NULL)
        return real(path, mode);
    errno = ENOSPC;
    return -1;
}
'''


@test
def nothing_more_is_sent_if_a_folder_cannot_be_written():
    """A disk without links, and one that is full."""
    for number in range(9):
        put(f'art/deep/{number}.png', png(400, 400 + number))
    env = preload(FULL)
    for option, to in (('--link-to', 'links'), ('--copy-to', 'copies'),
                       ('--save-regions', 'cut')):
        with Server('--answer', 'ok-kling') as server:
            run = subprocess.run(
                [PROGRAM, 'recognize', '--endpoint', server.url(), '-r', 'art', '--jobs',
                 '1', '--journal', to + '.journal', option, to],
                env=env, capture_output=True, check=False)
            same(run.returncode, 5, run.stderr)
            sent = server.stats()['requests']
        same(sent == 9, option == '--save-regions', (option, sent))
        same(run.stderr.count(b'klingrec: error:') <= 3, True, run.stderr)
        same(files_in(to), {})


@test
def links_lead_to_the_images():
    put_heads()
    put(b'art/bad\xff.png', png(400, 444, 'head'))
    os.symlink('../both.png', 'art/deep/link.png')
    for _ in range(2):
        run = recognize('-r', 'art', '--require', 'head', '--link-to', 'heads')
        same(run.code, 1, run.err)
        same({os.fsencode(name) for name in files_in('heads')},
             {b'both.png', b'bad\xff.png', b'deep/head.png', b'deep/link.png'})
    same(os.readlink('heads/deep/head.png'), os.path.abspath('art/deep/head.png'))
    holds(run.err, "0 linked to 'heads', 4 were there already")
    put('other/both.png', read('art/both.png'))
    run = recognize('other/both.png', '--link-to', 'heads')
    same(run.code, 5)
    holds(run.err, 'another file of this name')
    same(os.readlink('heads/both.png'), os.path.abspath('art/both.png'))


@test
def what_cannot_be_collected_is_told_before_anything_is_sent():
    put('a.png', png())
    put('file', b'x')
    rows = [(['https://example.com/x.png', '--copy-to', 'to'], 2),
            (['-', '--link-to', 'to'], 2),
            (['a.png', '--copy-to', 'to', '--link-to', 'to'], 2),
            (['a.png', '--copy-to', 'file'], 5),
            (['a.png', '--copy-to', 'file/to'], 5)]
    os.mkdir('closed', 0o500)
    if os.geteuid() != 0:
        rows.append((['a.png', '--copy-to', 'closed'], 5))
    for arguments, code in rows:
        run = recognize(*arguments, stdin=png())
        same((run.code, run.out), (code, ''), arguments)
        holds(run.err, '-to')
        dry = recognize('-n', *arguments, stdin=png())
        same(dry.code, code if code == 2 else 0, 'a dry run writes nothing')
    same(read('file'), b'x')


@test
def several_processes_put_the_same_images_into_one_folder():
    for number in range(150):
        put(f'art/{number}.png', png(400, 400 + number))
    for option in ('--copy-to', '--link-to'):
        to = 'to' + option
        processes = [subprocess.Popen([PROGRAM, 'check', '-q', 'art', option, to],
                                      env=environment(), stderr=subprocess.PIPE)
                     for _ in range(3)]
        for process in processes:
            _, err = process.communicate(timeout=PATIENCE)
            same((process.returncode, err), (0, b''), option)
        same(files_in(to), files_in('art'))


@test
def a_copy_waits_for_the_process_that_writes_it():
    put('a.png', png())
    os.mkdir('to')
    part = f'to/.klingrec-{hashlib.sha256(b"to/a.png").hexdigest()[:12]}.part'
    with open(part, 'wb') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        process = subprocess.Popen([PROGRAM, 'check', 'a.png', '--copy-to', 'to'],
                                   env=environment(), stderr=subprocess.PIPE)
        wait_until_it_waits(process)
        same((os.listdir('to'), read(part)), ([os.path.basename(part)], b''))
        file.write(read('a.png'))
        file.flush()
        os.rename(part, 'to/a.png')
    _, err = process.communicate(timeout=PATIENCE)
    same(process.returncode, 0, err)
    holds(err.decode(), "0 copied to 'to', 1 were there already")


@test
def a_full_disk_ends_the_run_and_leaves_no_half_of_a_copy():
    def limited(blocks, *arguments):
        script = f'trap "" XFSZ; ulimit -f {blocks}; exec "$0" "$@"'
        return subprocess.run(['sh', '-c', script, PROGRAM, *arguments, '--copy-to', 'to'],
                              env=environment(COMETAPI_KEY=KEY), capture_output=True,
                              check=False)
    for number in range(4):
        image = png(400, 400 + number)
        put(f'art/{number}.png', image + bytes(60000))
        put(f'tiny/{number}.png', image)  # fails when the file is closed
    recognize_all = ('recognize', '-r', '--jobs', '1', '--endpoint', server_url())
    for folder, blocks in (('art', 4), ('tiny', 0)):  # a block has 512 or 1024 bytes
        for command in (('check',), recognize_all):
            done = limited(blocks, *command, folder, '--format', 'names')
            same((done.returncode, os.listdir('to')), (5, []), done.stderr)
            same(done.stdout.count(b'\0'), 1, 'it stops')
    done = limited(4, 'check', 'art', '--json', '-o', 'list')
    same((done.returncode, os.path.exists('list')), (5, False), done.stderr)
    same(Run('check', 'art', '--copy-to', 'to').code, 0)
    same(len(files_in('to')), 4)


@test
def a_file_that_was_changed_after_it_was_recognised_is_not_copied():
    put('a.png', png(400, 400))
    with Server('--answer', 'ok:delay=1500') as server:
        process = subprocess.Popen(
            [PROGRAM, 'recognize', 'a.png', '--copy-to', 'to', '--endpoint',
             server.url()], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(COMETAPI_KEY=KEY))
        wait_until('a request', lambda: server.stats()['requests'] > 0)
        put('a.png', png(500, 400))
        _, err = process.communicate(timeout=PATIENCE)
    same((process.returncode, os.listdir('to')), (5, []), err)
    holds(err.decode(), 'the file was changed meanwhile')


@test
def the_recipes_for_names_work():
    put_heads()
    put(b'portraits/new\nline.png', png(400, 400, 'head,face'))
    put('portraits/none.png', png(400, 400, 'none'))
    with open(DOCS, encoding='utf-8') as file:
        section = re.search(r'^## Recipes\n(.*?)^## ', file.read(), re.M | re.S)[1]
    block, = [b for b in re.findall(r'(?:^    .*\n)+', section, re.M) if 'xargs' in b]
    with Server() as server:
        put('bin/klingrec', f'#!/bin/sh\nexec "{PROGRAM}" "$@" --endpoint '
            f"'{server.url()}'\n".encode())
        os.chmod('bin/klingrec', 0o755)
        done = subprocess.run(['sh', '-c', re.sub('^    ', '', block, flags=re.M)],
                              capture_output=True, check=False,
                              env=environment(COMETAPI_KEY=KEY,
                                              PATH=os.path.abspath('bin') + ':' +
                                              os.environ['PATH']))
        same(server.stats()['requests'], 2, 'each image is asked once')
    listed = [line for line in done.stdout.decode().splitlines() if line[:1] == '-']
    same((len(listed), listed[0].endswith('portraits/new')), (1, True), done.stdout)
    same(os.listdir('avatars'), ['new\nline.png'])
