# SPDX-License-Identifier: MIT
"""Test the command check."""
import csv
import os

from harness import Run, are_devices, holds, png, put, recognize, same, test


@test
def check_reports_errors_and_sets_the_exit_code():
    put('good.png', png())
    put('small.png', png(299, 512))
    put('edge.png', png(300, 512))
    put('cut.png', png()[:-20])
    put('text.png', b'hello')
    rows = [
        # arguments, exit code, lines of stdout, part of stdout
        (['good.png'], 0, 0, ''),
        (['edge.png'], 0, 1, 'edge.png: warning: '),
        (['small.png'], 1, 1, 'small.png: error: PNG, 299 x 512 pixels'),
        (['--min-side', '299', 'small.png'], 0, 1, 'warning'),
        (['--min-side', '298', 'small.png'], 0, 0, ''),
        (['--max-bytes', '100', 'good.png'], 1, 1, '100 bytes'),
        (['--max-bytes', '1K', 'good.png'], 0, 0, ''),
        (['cut.png'], 1, 1, 'truncated'),
        (['--header-only', 'cut.png'], 0, 0, ''),
        (['text.png'], 1, 1, 'text'),
        (['none.png'], 1, 1, 'no such file'),
        (['good.png', 'small.png', 'good.png'], 1, 1, 'small.png'),
        (['-v', 'good.png'], 0, 1, 'good.png: good: '),
        (['/dev/null'], 1, 1, 'not a regular file'),
    ]
    for arguments, code, lines, part in rows:
        if arguments == ['/dev/null'] and not are_devices('/dev/null'):
            continue
        run = Run('check', *arguments)
        same((run.code, run.out.count('\n')), (code, lines), arguments)
        holds(run.out, part)
        holds(run.err, ' checked: ')
        same(Run('check', '-q', *arguments).err, '', arguments)


@test
def check_prints_json_for_every_file():
    put('good.png', png())
    put('small.png', png(299, 900))
    run = Run('check', '--json', 'good.png', 'small.png', 'none.png')
    good, small, none = run.lines()
    same(run.code, 1)
    same([good['index'], small['index'], none['index']], [0, 1, 2])
    same(good['status'], 'KLINGREC_OK')
    same(good['image'], {'format': 'PNG', 'width': 512, 'height': 512,
                         'orientation': 1, 'bytes': len(png()), 'broken': [], 'edge': []})
    same(small['image']['broken'], ['side', 'aspect'])
    same((none['status'], none['image']), ('KLINGREC_ERR_FILE', None))


@test
def check_writes_the_records_of_recognize_in_every_format():
    put('good.png', png())
    put('=small,".png', png(299, 900))
    names = ['good.png', '=small,".png', 'none.png']
    rows = Run('check', '--format', 'ndjson', *names).lines()
    same(list(rows[0]), ['index', 'input', 'status', 'message', 'image'])
    same(rows, Run('check', '--json', *names).lines())
    for form, delimiter in (('csv', ','), ('tsv', '\t')):
        run = Run('check', '-o', f'found.{form}', *names)
        same((run.code, run.out), (1, ''))
        quoting = csv.QUOTE_MINIMAL if form == 'csv' else csv.QUOTE_NONE
        with open(f'found.{form}', encoding='utf-8', newline='') as file:
            cells = list(csv.DictReader(file, delimiter=delimiter, quoting=quoting))
        same(list(cells[0]), ['index', 'input', 'status', 'message', 'format', 'width',
                              'height', 'orientation', 'bytes', 'broken', 'edge'])
        same([cell['status'] for cell in cells], [row['status'] for row in rows])
        same([cells[1]['input'], cells[1]['width'], cells[1]['broken'],
              cells[2]['width']], ["'" + names[1], '299', '["side","aspect"]', ''])
    run = Run('check', '--format', 'csv', '--fields', 'input,broken', *names)
    same(run.out.splitlines()[0], 'input,broken')
    lines = Run('check', *names)
    run = Run('check', '-o', 'lines.txt', '--format', 'table', *names)
    same((run.out, open('lines.txt', encoding='utf-8').read()), ('', lines.out))
    for arguments, part in ((['-o', 'lines'], '--format'),
                            (['--json', '--fields', 'inptu'], 'input')):
        run = Run('check', *arguments, *names)
        same((run.code, run.out), (2, ''), arguments)
        holds(run.err, part)
    if are_devices('/dev/full'):
        same(Run('check', '-o', '/dev/full', '--json', 'good.png').code, 5)
    run = Run('check', '-o', 'none/full.csv', 'good.png')
    same(run.code, 5)


@test
def folders_are_searched_without_hidden_names_and_links_to_folders():
    for name in ('f/b.PNG', 'f/a.jpeg', 'f/deep/er/c.png', 'f/notes.txt',
                 'f/.hidden.png', 'f/.git/d.png', 'other/e.png'):
        put(name, png())
    os.symlink('../other', 'f/link')
    os.symlink('..', 'f/deep/loop')
    os.symlink('../other/e.png', 'f/file-link.png')
    os.symlink('nowhere', 'f/dangling.png')
    os.mkfifo('f/pipe.png')
    run = Run('check', '--json', 'f')
    same([r['input'] for r in run.lines()],
         ['f/a.jpeg', 'f/b.PNG', 'f/dangling.png', 'f/deep/er/c.png',
          'f/file-link.png'])
    same([r['status'] for r in run.lines() if r['status'] != 'KLINGREC_OK'],
         ['KLINGREC_ERR_FILE'])
    run = Run('check', '--json', '--all', 'f/')
    same([r['input'] for r in run.lines()].count('f/notes.txt'), 1)
    os.makedirs('empty', exist_ok=True)
    run = Run('check', 'empty')
    same((run.code, run.out), (0, ''))
    holds(run.err, 'warning: empty')


@test
def a_folder_that_cannot_be_read_is_a_failure():
    put('closed/a.png', png())
    os.chmod('closed', 0)
    try:
        if os.geteuid() != 0:
            run = Run('check', 'closed')
            same(run.code, 1)
            holds(run.out, 'closed: error: the folder cannot be read')
    finally:
        os.chmod('closed', 0o700)


@test
def deep_folders_end_with_an_error_and_not_a_crash():
    path = 'deep' + '/d' * 200
    os.makedirs(path)
    put(path + '/a.png', png())
    run = Run('check', 'deep')
    same(run.code, 1)
    holds(run.out, 'folders are nested more than 128 deep')


@test
def standard_input_is_one_image_of_limited_size():
    same(Run('check', '-', stdin=png()).code, 0)
    same(Run('check', '-', stdin=b'').code, 1)
    run = Run('check', '--max-bytes', '1000', '-', stdin=bytes(1001))
    same(run.code, 1)
    holds(run.out, '-: error: standard input has more than 1000 bytes')
    same(recognize('-', stdin=png()).code, 0)
    run = recognize('--json', '-', stdin=bytes(10485761))
    row, = run.lines()
    same((run.code, row['status']), (1, 'KLINGREC_ERR_IMAGE_BYTES'))
    holds(row['message'], '10485760')
