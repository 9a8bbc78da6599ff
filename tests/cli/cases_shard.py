# SPDX-License-Identifier: MIT
"""Test shards and merging, for runs on several machines."""
import hashlib
import json
import os
import time

from cases_journal import LoggedServer
from harness import KEY, THIN, Run, holds, png, put, recognize, same, test

COUNT = 40


def put_images():
    for i in range(COUNT):
        marker = ['head', 'face', 'none'][i % 3]
        put(f'art/{i % 4}/{i:02}.png', png(300 + i, 300, marker))
    put('art/small.png', png(200, 200))


def options(form='ndjson'):
    return ['--format', form, '-r', 'art']


@test
def shards_are_disjoint_complete_and_merge_to_one_ordered_run():
    put_images()
    for form, counts in (('ndjson', (1, 2, 3, 7, 60)), ('csv', (3,)), ('tsv', (5,))):
        whole = recognize('--ordered', *options(form)).out
        for count in counts:
            if count > 60 // THIN:
                continue
            names = []
            for part in range(count):
                run = recognize('--shard', f'{part}/{count}', *options(form))
                same(run.code in (0, 1), True, run.err)
                names.append(f'{form}-{count}-{part}')
                put(names[-1], run.raw)
            merged = Run('merge', *reversed(names))
            same((merged.code, merged.err), (0, ''))
            same(merged.out == whole, True, f'{form}, {count} shards')
    same(Run('merge', '-o', 'out', *names).code, 0)
    same(open('out', encoding='utf-8').read(), whole)


@test
def a_shard_depends_on_the_name_alone():
    put_images()

    def inputs(*more):
        run = recognize('--json', '--dry-run', '--shard', '1/3', *more)
        return {row['input'] for row in run.lines()}
    some = inputs('-r', 'art')
    same(inputs('-r', 'art/2', 'art/small.png', 'art/1') <= some, True)
    # These values never change: two versions of the program may work on one folder.
    names = sorted(recognize('--json', '-n', '-r', 'art').lines(),
                   key=lambda row: row['index'])
    same(some, {row['input'] for row in names if part_of(row['input'], 3) == 1})


def part_of(name, parts):
    """The part of a name: FNV-1a, both halves combined by XOR, modulo the parts."""
    value = 14695981039346656037
    for byte in name.encode():
        value = (value ^ byte) * 1099511628211 % 2 ** 64
    return ((value ^ value >> 32) & 0xffffffffffffffff) % parts


@test
def by_content_equal_images_are_in_one_part_and_sent_once():
    put_images()
    for i in range(0, COUNT, 3):  # copies in other folders under other names
        put(f'art/copies/{i}-again.png', png(300 + i, 300, ['head', 'face', 'none'][i % 3]))
    put('art/too-small-too.png', png(200, 200))
    put('art/damaged.png', b'no image')
    put('list', b'https://example.com/a.png\nhttps://example.com/a.png\nnone.png\n')
    whole = recognize('--ordered', '--files-from', 'list', *options()).out
    content = {}
    for line in whole.splitlines():
        name = json.loads(line)['input']
        content[name] = open(name, 'rb').read() if os.path.exists(name) else name
    for count in (1, 2, 7):
        names, part_of_content = [], {}
        with LoggedServer() as server:
            for part in range(count):
                names.append(f'{count}-{part}.ndjson')
                run = Run('recognize', '--endpoint', server.url(), '-o', names[-1],
                          '--shard', f'{part}/{count}', '--shard-by', 'content',
                          '--files-from', 'list', *options(),
                          env={'COMETAPI_KEY': KEY})
                same(run.code in (0, 1), True, run.err)
                for line in open(names[-1], encoding='utf-8'):
                    key = content[json.loads(line)['input']]
                    same(part_of_content.setdefault(key, part), part, 'equal, apart')
            same(server.requests(), COUNT + 1, f'{count} parts')
        same(Run('merge', *names).out == whole, True, f'{count} parts')
        if count == 7:  # these values never change either
            digest = hashlib.sha256(content['art/0/00.png']).digest()
            same(part_of_content[content['art/0/00.png']],
                 int.from_bytes(digest[:8], 'big') % 7)
    run = recognize('--shard-by', 'content', 'art/0/00.png')
    same((run.code, run.out), (2, ''))
    holds(run.err, '--shard I/N')


@test
def the_rate_is_shared_by_all_parts():
    names = [f'{i}.png' for i in range(30) if part_of(f'{i}.png', 2) == 0][:4]
    for number, name in enumerate(names):
        put(name, png(400 + number, 400))
    start = time.monotonic()
    same(recognize('--rate', '240', '--shard', '0/2', *names).code, 0)
    seconds = time.monotonic() - start
    same(1.3 < seconds < 30, True, f'{seconds} s, four images at 120 per minute')


@test
def merge_reports_missing_duplicate_and_truncated_records():
    put('a', b'{"index":0}\n{"index":2}\n')
    put('b', b'{"index":1}\n')
    put('cut', b'{"index":1}\n{"index":3')
    put('other', b'{"input":1}\n')
    put('csv', b'index,input\n1,"x"\n')
    put('csv2', b'index,status\n0,"x"\n')
    put('csv3', b'index,input\n0,"x"\n')
    put('mixed', b'{"index":0}\n1,x\n')
    put('mixed2', b'index,input\n0,"x"\n{"index":1}\n')
    put('mixed3', b'index,input\n0\t"x"\n')
    put('zero', b'index,input\n0\0"x"\n')
    put('empty', b'')
    for names, part in ((['a'], 'index 1 is in none'), (['a', 'b', 'b'], "'b'"),
                        (['a', 'cut'], 'incomplete'), (['other'], 'an index'),
                        (['csv', 'csv2'], "'csv2', line 1"), (['a', 'csv'], 'csv'),
                        (['csv3', 'a'], 'a'), (['none'], 'none'),
                        (['mixed'], "'mixed', line 2"), (['mixed2'], "line 3: NDJSON"),
                        (['mixed3'], "'mixed3', line 2"), (['zero'], "'zero', line 2")):
        run = Run('merge', *names)
        same((run.code, run.out), (4, ''), names)
        holds(run.err, part)
    same(Run('merge', 'a', 'empty', 'b').out,
         '{"index":0}\n{"index":1}\n{"index":2}\n')
    same(Run('merge', 'csv', 'csv3').out, 'index,input\n0,"x"\n1,"x"\n')


@test
def merge_refuses_records_with_different_fields():
    put('0', b'{"index":0,"input":"a,\\"b{","image":null}\n')
    put('1', b'{"index":1,"input":"c","image":{"format":"PNG"}}\n')
    put('2', b'{"index":1,"status":"KLINGREC_OK","image":null}\n')
    same(Run('merge', '0', '1').code, 0)
    run = Run('merge', '0', '2')
    same((run.code, run.out), (4, ''))
    holds(run.err, "'2', line 1", '--fields')
    for number, names in enumerate(('{"head":true}', 'null', '{"face":true}')):
        put(f'{number}.in', b'{"index":%d,"regions":%s,"region_list":[{"name":1}]}\n'
            % (number, names.encode()))
    same(Run('merge', '0.in', '1.in').code, 0)
    run = Run('merge', '1.in', '0.in', '2.in')
    same((run.code, run.out), (4, ''))
    holds(run.err, "'2.in', line 1", '--fields')
