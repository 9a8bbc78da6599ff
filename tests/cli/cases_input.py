# SPDX-License-Identifier: MIT
"""Test the inputs of recognize: folders, lists, selection, dry runs, limits."""
import os
import subprocess

from harness import (KEY, PATIENCE, PROGRAM, Run, Server, holds, on_terminal, png, preload,
                     put, recognize, same, server_url, test, without_color)


def inputs_of(run):
    return [row['input'] for row in run.lines()]


@test
def recursive_searches_folders_as_check_does():
    for name in ('f/b.PNG', 'f/a.jpeg', 'f/deep/c.png', 'f/notes.txt', 'f/.hidden.png',
                 'f/.git/d.png', 'other/e.png', 'x.dat'):
        put(name, png())
    os.symlink('../other', 'f/link')
    os.symlink('../other/e.png', 'f/file-link.png')
    run = recognize('--json', '--ordered', '-r', 'x.dat', 'f', 'other/e.png')
    same(run.code, 0)
    same(inputs_of(run), ['x.dat', 'f/a.jpeg', 'f/b.PNG', 'f/deep/c.png',
                          'f/file-link.png', 'other/e.png'])
    same([row['index'] for row in run.lines()], list(range(6)))
    run = recognize('--json', 'f')
    same((run.code, run.lines()[0]['status']), (1, 'KLINGREC_ERR_FILE'))
    os.makedirs('empty')
    run = recognize('-r', 'empty')
    same(run.code, 0)
    holds(run.err, 'warning: empty')


LISTS = [
    # bytes of the list, arguments, the inputs
    (b'a.png\nb.png\n', [], ['a.png', 'b.png']),
    (b'a.png\r\n\r\n\nb.png', [], ['a.png', 'b.png']),
    (b' a.png\n', [], [' a.png']),
    (b'a.png\0b.png\0', ['-0'], ['a.png', 'b.png']),
    (b'a.png\nx\0b.png', ['--null'], ['a.png\nx', 'b.png']),
    (b'https://example.com/a.png\n', [], ['https://example.com/a.png']),
    (b'--json\n', [], ['--json']),
    (b'', [], []),
]


@test
def lists_are_read_from_files_and_standard_input():
    put('a.png', png())
    put('b.png', png())
    for data, more, want in LISTS:
        put('list', data)
        same(inputs_of(recognize('--json', '--ordered', '--files-from', 'list', *more)),
             want, data)
        same(inputs_of(recognize('--json', '--ordered', '--files-from=-', *more,
                                 stdin=data)), want, data)
    put('list', b'b.png\n')
    same(inputs_of(recognize('--json', '--ordered', '--files-from', 'list', 'a.png')),
         ['a.png', 'b.png'])
    same(Run('check', '--files-from', '-', stdin=b'a.png\nnone.png\n').code, 1)


@test
def wrong_lists_are_reported():
    put('a.png', png())
    for arguments, stdin, part in (
            (['--files-from', 'none'], b'', 'none'),
            (['--files-from', '.'], b'', 'directory'),
            (['--files-from', '-'], b'a.png\0', '--null'),
            (['--files-from', '-'], b'-\n', './-'),
            (['--files-from', '-', '-'], b'', 'standard input'),
            (['--files-from', '-', '--key-file', '-'], b'', 'standard input'),
            (['-0', 'a.png'], b'', '--files-from'),
            (['--require', 'head,nose', 'a.png'], b'', 'head,face,cloth,object'),
            (['--require', '', 'a.png'], b'', 'head,face,cloth,object'),
            (['--require', 'head,', 'a.png'], b'', 'head,face,cloth,object'),
            (['--json', '--fields', 'index,inptu', 'a.png'], b'', 'did you mean input?'),
            (['--json', '--fields', 'xyzzyxyzzy', 'a.png'], b'',
             'the fields are index, input,'),
            (['--fields', 'input', '--format', 'table', 'a.png'], b'', '--format'),
            (['--price', '1.2345678', 'a.png'], b'', '0.014'),
            (['--shard', '4/4', 'a.png'], b'', '0/4'),
            (['--shard', '1', 'a.png'], b'', '0/4'),
            (['--max-calls', '0', 'a.png'], b'', "'0'"),
            (['--journal', 'x', '--json', '-o', 'x', 'a.png'], b'', 'same file'),
            (['--journal', 'x', '--no-journal', 'a.png'], b'', 'together')):
        run = recognize(*arguments, stdin=stdin)
        same((run.code, run.out), (2, ''), arguments)
        holds(run.err, part)
    same(os.path.exists('x'), False)


@test
def requirements_decide_the_exit_code_and_a_field():
    put('both.png', png(marker='head,face,cloth'))
    put('head.png', png(marker='head'))
    put('small.png', png(200, 200))
    rows = [
        # requirement, inputs, exit code, qualifies
        ('head,face', ['both.png'], 0, [True]),
        ('head', ['both.png', 'head.png'], 0, [True, True]),
        ('face,head', ['both.png', 'head.png'], 1, [True, False]),
        ('object', ['both.png'], 1, [False]),
        ('head', ['small.png'], 1, [None]),
        (None, ['head.png'], 0, [None]),
    ]
    for require, inputs, code, want in rows:
        more = ['--require', require] if require else []
        run = recognize('--json', '--ordered', *more, *inputs)
        same((run.code, [row['qualifies'] for row in run.lines()]), (code, want),
             require)
    # A region that is not reported is not in the image.
    run = recognize('--require', 'face', 'both.png', answer='ok-head-only')
    same(run.code, 1)
    holds(run.err, '0 qualify, 1 do not')
    same(run.out.splitlines()[0].split()[-1], 'qualifies')
    same(run.out.splitlines()[1].split()[1:], ['yes', '-', '-', '-', 'no'])
    for columns in (80, 40):
        text, _ = on_terminal(columns, 'recognize', '--require', 'face', '--endpoint',
                              server_url(), 'both.png', 'a' * 60 + '.png')
        for line in without_color(text).splitlines():
            same(len(line) <= columns or 'qualifies' in line or 'yes' in line, True,
                 line)


@test
def a_folder_without_recursive_is_an_error_with_a_hint():
    put('art/a.png', png())
    row, = recognize('--json', 'art').lines()
    same((row['status'], row['message'], row['delivery']),
         ('KLINGREC_ERR_FILE', 'this is a folder; use --recursive (-r) to search it',
          'not_sent'))


@test
def a_dry_run_sends_nothing_and_shows_what_would_be_sent():
    put('a.png', png())
    put('b.png', png(400, 400))
    put('small.png', png(200, 200))
    with Server() as server:
        def dry(*more):
            return Run('recognize', '--json', '--dry-run', '--price', '0.014',
                       '--endpoint', server.url(), *more)
        run = dry('a.png', 'small.png', 'b.png', 'a.png', 'https://example.com/x.png')
        same([row['plan'] for row in run.lines()],
             ['send', 'refuse', 'send', 'send', 'send'])
        same(run.code, 1)
        same(run.lines()[1]['status'], 'KLINGREC_ERR_IMAGE_SIDE')
        same(run.lines()[0]['image']['width'], 512)
        holds(run.err, '4 would be sent, cost 0.056, 1 not acceptable')
        for price, cost in (('0.025', '0.10'), ('1', '4.00'), ('0.000001', '0.000004')):
            holds(dry('--price', price, 'a.png', 'small.png', 'b.png', 'a.png',
                      'https://example.com/x.png').err, f'sent, cost {cost}, 1 not')
        run = dry('--journal', 'j', 'a.png', 'b.png', 'a.png')
        same([row['plan'] for row in run.lines()], ['send', 'send', 'same'])
        same((run.code, os.path.exists('j')), (0, False))
        put('empty')
        run = dry('--journal', 'empty', 'a.png', 'a.png')
        same([row['plan'] for row in run.lines()], ['send', 'same'])
        same((run.code, os.path.getsize('empty')), (0, 0))
        run = dry('--max-calls', '1', 'a.png', 'b.png', 'small.png')
        same([row['plan'] for row in run.lines()], ['send', 'over_max_calls', 'refuse'])
        same(run.code, 6)
        same(Run('recognize', '-q', '--journal', 'j', '--endpoint', server.url(),
                 'a.png', env={'COMETAPI_KEY': KEY}).code, 0)
        run = dry('--journal', 'j', 'a.png', 'b.png')
        same([row['plan'] for row in run.lines()], ['answered', 'send'])
        table = Run('recognize', '-n', '--journal', 'j', '--endpoint', server.url(),
                    'a.png', 'b.png', 'small.png')
        same(table.out.splitlines()[0].split(), ['file', 'plan'])
        holds(table.out, 'answered in the journal', 'would be sent', '200 x 200')
        same(server.stats()['requests'], 1)


@test
def max_calls_limits_a_run_and_the_next_run_continues():
    for i in range(6):
        put(f'{i}.png', png(400 + i, 400))
    put('small.png', png(200, 200))
    names = [f'{i}.png' for i in range(6)] + ['small.png', '0.png']
    with Server() as server:
        for run_of, calls, code in ((0, 4, 6), (1, 6, 1), (2, 6, 1)):
            run = Run('recognize', '--json', '--max-calls', '4', '--journal', 'j',
                      '--endpoint', server.url(), *names, env={'COMETAPI_KEY': KEY})
            same((run.code, server.stats()['requests']), (code, calls), run_of)
            same(sorted(row['index'] for row in run.lines()), list(range(8)))
            left = [row for row in run.lines()
                    if row['status'] == 'KLINGREC_ERR_CANCELED']
            same(len(left), 2 if run_of == 0 else 0)
            same({row['delivery'] for row in left} <= {'not_sent'}, True)
    holds(run.err, '0 sent,')


@test
def a_rate_is_kept():
    for i in range(4):
        put(f'{i}.png', png(400 + i, 400))
    import time
    start = time.monotonic()
    run = recognize('--rate', '120', *[f'{i}.png' for i in range(4)])
    seconds = time.monotonic() - start
    same((run.code, 1.3 < seconds < 30), (0, True), seconds)


@test
def a_list_may_begin_with_a_byte_order_mark():
    put('a.png', png())
    same(Run('check', '--files-from', '-', stdin=b'\xef\xbb\xbfa.png\r\n').code, 0)


@test
def a_long_name_does_not_hide_the_reason():
    name = '/'.join(['a' * 200] * 11)
    holds(Run('check', '--files-from', name).err, 'No such file')


NO_MEMORY = '''
#include <stddef.h>
extern void *__libc_realloc(void *block, size_t size);

/* The program allocates with nothing else. */
void *
realloc(void *block, size_t size)
{
    static unsigned calls;
    return ++calls < 3 ? __libc_realloc(block, size) : NULL;
}
'''


@test
def a_program_without_memory_says_so():
    put('a.png', png())
    done = subprocess.run([PROGRAM, 'check', 'a.png'], env=preload(NO_MEMORY),
                          capture_output=True, text=True, check=False, timeout=PATIENCE)
    same((done.returncode, done.stdout, done.stderr),
         (4, '', 'klingrec: error: out of memory\n'))
