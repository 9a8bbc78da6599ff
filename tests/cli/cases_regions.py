# SPDX-License-Identifier: MIT
"""Test --save-regions: the cut-outs that answers name, from servers of any kind."""
import fcntl
import hashlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import urllib.request

from harness import (DOCS, KEY, PATIENCE, PROGRAM, Run, Server, environment, holds, lacks,
                     needs, png, preload, put, same, test, wait_until)
from hostile import Listener, Service, endless, slow

SAVE = ('-o', 'o.ndjson', '--save-regions', 'cut')


def files_in(folder):
    return {os.path.relpath(os.path.join(top, name), folder)
            for top, _, found in os.walk(folder) for name in found}


def plain(names):
    """Names without the mark of the content."""
    return sorted(re.sub('-[0-9a-f]{8}-', '-', name) for name in names)


def rows():
    with open('o.ndjson', encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def read(path):
    with open(path, 'rb') as file:
        return file.read()


@test
def cut_outs_are_saved_once_and_a_second_run_fetches_what_is_missing():
    put('art/hero.png', png(400, 300, 'head,face'))
    put('art/deep/tree.v2.png', png(500, 400, 'object'))
    put('art/none.png', png(600, 400, 'none'))
    with Server('--shape', 'kling') as server:
        def save(*more):
            return Run('recognize', '--endpoint', server.url(), '-r', 'art', *SAVE, *more,
                       env={'COMETAPI_KEY': KEY})
        run = save()
        same(run.code, 0, run.err)
        holds(run.err, "3 cut-outs saved to 'cut', 0 were there already\n")
        found = files_in('cut')
        same(plain(found),
             ['deep/tree.v2-object.png', 'hero-face.png', 'hero-head.png'])
        for name in found:
            url = next(region['url'] for row in rows() for region in row['region_list']
                       if region['url'] and region['name'][:4] in name)
            with urllib.request.urlopen(url) as answer:
                same(read('cut/' + name), answer.read(), name)
        for removed, saved in ((None, 0), (sorted(found)[1], 1)):
            if removed:
                os.remove('cut/' + removed)
            before = server.stats()
            run = save()
            same(run.code, 0, run.err)
            word = 'cut-out' if saved == 1 else 'cut-outs'
            holds(run.err, f"{saved} {word} saved to 'cut', {3 - saved} were there")
            after = server.stats()
            same(after['masks'] - before['masks'], saved)
            same(after['requests'], before['requests'], 'nothing is paid twice')
        same(files_in('cut'), found)
        put('art/hero.png', png(401, 300, 'head'))  # another image gets another file
        run = save('--progress', 'p')
        with open('p', encoding='utf-8') as file:
            last = json.loads(file.read().splitlines()[-1])
        same((last['regions_saved'], last['regions_present'], last['regions_failed']),
             (1, 1, 0))
        same(plain(files_in('cut') - found), ['hero-head.png'])
        stats = server.stats()
        same((stats['masks_with_authorization'], stats['key_elsewhere']), (0, 0))


@test
def the_documentation_shows_the_summary_of_cut_outs():
    put('a.png', png())
    with Service([('head_seg', '/x'), ('face_seg', '/x'), ('cloth_seg', '/x'),
                  ('object_seg', '')], {'/x': png()}) as service:
        run = service.run('a.png', *SAVE)
    with open(DOCS, encoding='utf-8') as file:
        line, = re.findall('^    (klingrec: .* cut-outs saved .*)', file.read(), re.M)
    same(run.err.splitlines()[-1], line)


@test
def only_images_that_qualify_get_cut_outs_and_a_dry_run_saves_none():
    put('a.png', png(400, 400, 'head,face'))
    put('b.png', png(400, 500, 'head'))
    with Server('--shape', 'kling') as server:
        for more, want in ((['-n', '--journal', 'j'], []),
                           ([*SAVE[:2], '--require', 'face'],
                            ['a-face.png', 'a-head.png'])):
            Run('recognize', '--endpoint', server.url(), 'a.png', 'b.png', *more,
                *SAVE[2:], env={'COMETAPI_KEY': KEY})
            same(plain(files_in('cut')), want, more)


@test
def a_region_server_sees_nothing_of_the_user():
    put('a.png', png())
    put('home/.netrc', b'machine 127.0.0.1 login me password netrc-secret\n')
    put('home/.curlrc', b'header = "X-Curlrc: 1"\n')

    def cookie(handler):
        Service.send(handler, png(), Set_Cookie='id=1; Path=/')

    def moved(handler):
        Service.send(handler, b'', status=302, Location='/c', Set_Cookie='id=2')
    with Service([('head_seg', '/a?x=1#part'), ('face_seg', '/b'), ('cloth_seg', '/c')],
                 {'/a?x=1': cookie, '/b': moved, '/c': png()}) as service:
        run = service.run('a.png', *SAVE, '-j1', env={
            'HOME': os.path.abspath('home'), 'http_proxy': 'http://127.0.0.1:1'})
        same(run.code, 0, run.err)
        same(sorted(service.paths()), ['/a?x=1', '/b', '/c', '/c'])
        for method, path, headers in service.asked:
            if method == 'GET':
                same(sorted(headers), ['Accept', 'Host', 'User-Agent'], path)
                lacks(str(headers) + path, KEY)
        same(service.asked[0][2]['Authorization'], 'Bearer ' + KEY, 'the endpoint')
    same(len(files_in('cut')), 3)


# The same address of this machine, and others that no answer may lead to.
PRIVATE = ['https://localhost:{}/', 'https://127.1:{}/', 'https://0x7f.1:{}/',
           'https://0177.0.0.1:{}/', 'https://2130706433:{}/', 'https://0:{}/',
           'https://[::1]:{}/', 'https://[::ffff:127.0.0.1]:{}/',
           'https://[::127.0.0.1]:{}/', 'https://10.1.2.3/', 'https://172.16.0.1/',
           'https://192.168.0.1/', 'https://169.254.169.254/latest/meta-data',
           'https://100.64.0.1/', 'https://224.0.0.1/', 'https://255.255.255.255/',
           'https://[fe80::1]/', 'https://[fd00::1]/', 'https://[ff02::1]/',
           'https://[64:ff9b::7f00:1]/', 'https://[2002:7f00:1::]/', 'https://[::]/']


def of_this_machine(addresses):
    """Those whose family this machine can open a socket for."""
    try:
        socket.socket(socket.AF_INET6).close()
        return addresses
    except OSError:
        return [address for address in addresses if '::' not in address]


@test
def no_answer_leads_to_a_private_address():
    put('a.png', png())
    with Listener() as other:
        urls = [url.format(other.port) for url in of_this_machine(PRIVATE)]
        odd = [f'http://127.0.0.1:{other.port}/', 'http://example.com/a.png',
               'file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1:1/',
               f'https://127.0.0.1@localhost:{other.port}/',
               'https://me:secret@example.com/', 'https://', 'x', 'example.com/a.png']
        mute = ['https://a b/', 'https://example.com/\r\nX-Own: 1']  # for the library
        with Service() as service:
            service.regions = [(f'part{i}_seg', url) 
                               for i, url in enumerate(urls + odd + mute)]
            run = service.run('a.png', *SAVE)
            same((run.code, service.count('GET'), other.was_reached()), (4, 0, False))
        same(run.err.count('is not a public one'), len(urls), run.err)
        same(run.err.count('is not saved'), len(urls + odd), run.err)
        holds(run.err, f"0 cut-outs saved to 'cut', 0 were there already, "
              f'{len(urls + odd)} could not be, 2 have no URL')
    same((files_in('cut'), rows()[0]['status']), (set(), 'KLINGREC_OK'))


@test
def the_ranges_of_private_addresses_begin_and_end_where_they_should():
    """Pairs on each limit; connections are counted and refused by a preload library."""
    env = preload(r'''
        #define _GNU_SOURCE
        #include <arpa/inet.h>
        #include <errno.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/socket.h>
        #include <dlfcn.h>
        #include <string.h>
        int connect(int fd, const struct sockaddr *to, socklen_t len)
        {
            char text[64] = "";
            int (*real)(int, const struct sockaddr *, socklen_t);
            *(void **)&real = dlsym(RTLD_NEXT, "connect");
            const struct sockaddr_in *v4 = (const void *)to;
            const struct sockaddr_in6 *v6 = (const void *)to;
            if (to->sa_family == AF_INET)
                inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
            else if (to->sa_family == AF_INET6)
                inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
            if (text[0] == 0 || strcmp(text, "127.0.0.1") == 0)
                return real(fd, to, len);
            FILE *file = fopen("connected", "a");
            fprintf(file, "%s\n", text);
            fclose(file);
            errno = ENETUNREACH;
            return -1;
        }''')
    good = ['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0',
            '126.255.255.255', '128.0.0.0', '168.63.129.15', '168.63.129.17',
            '169.253.255.255', '169.255.0.0',
            '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.0.3.0', '192.88.98.255',
            '192.88.100.0', '192.167.255.255', '192.169.0.0', '198.17.255.255',
            '198.20.0.0', '198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0',
            '223.255.255.255', '2001:200::', '2001:db7:ffff::', '2001:db9::', '2000::',
            '2003::', '3ffe:ffff::', '3fff:1000::', '2001:4860:4860::8888']
    bad = ['0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255',
           '127.0.0.0', '127.255.255.255', '168.63.129.16', '169.254.0.0',
           '169.254.255.255', '172.16.0.0',
           '172.31.255.255', '192.0.0.0', '192.0.0.255', '192.0.2.0', '192.0.2.255',
           '192.88.99.0', '192.168.0.0', '192.168.255.255', '198.18.0.0',
           '198.19.255.255', '198.51.100.0', '203.0.113.255', '224.0.0.0', '240.0.0.0',
           '1fff:ffff::', '2001::', '2001:1ff:ffff::', '2001:db8::', '2001:db8:ffff::',
           '2002::', '2002:ffff::', '3fff::', '3fff:fff:ffff::', '4000::', '64:ff9b::1',
           '64:ff9b:1::1', 'fc00::', 'fdff::', 'fe80::', 'fec0::', 'ff00::']
    good, bad = of_this_machine(good), of_this_machine(bad)
    put('a.png', png())
    with Service() as service:
        service.regions = [(f'part{i}_seg', f'https://[{a}]/' if ':' in a else
                            f'https://{a}/') for i, a in enumerate(good + bad)]
        run = service.run('a.png', *SAVE, env=env)
        same((run.code, service.count('GET')), (4, 0))
    for address in bad:
        holds(run.err, f'its address {address} is not a public one')
    with open('connected', encoding='utf-8') as file:
        same(sorted(file.read().split()), sorted(good))


@test
def each_redirect_is_checked():
    put('a.png', png())
    with Listener() as other:
        where = {'/good': '/image', '/other': f'http://127.0.0.1:{other.port}/',
                 '/tls': f'https://127.0.0.1:{other.port}/', '/file': 'file:///etc/passwd',
                 '/loop': '/loop', '/plain': 'http://example.com/', '/none': None}

        def page(target):
            more = {} if target is None else {'Location': target}
            return lambda handler: Service.send(handler, png(), status=302, **more)
        pages = {path: page(target) for path, target in where.items()}
        with Service([('x_seg', path) for path in where],
                     {**pages, '/image': png()}) as service:
            run = service.run('a.png', *SAVE)
            same((run.code, other.was_reached()), (4, False))
            same(service.paths().count('/loop'), 6)
        holds(run.err, '127.0.0.1 is not a public one', ': after a redirect: it is not https',
              ': HTTP 302', ': after a redirect: HTTP 302', '1 cut-out saved', '6 could not')
    same(plain(files_in('cut')), ['a-other.png'])


@test
def certificates_are_checked_and_secrets_of_connections_are_not_written():
    needs('openssl')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days',
                    '2', '-subj', '/CN=localhost', '-addext',
                    'subjectAltName=IP:127.0.0.1', '-keyout', 'tls.key', '-out',
                    'tls.crt'], check=True, capture_output=True)
    put('a.png', png())
    with Server('--cert', 'tls.crt', '--key-pem', 'tls.key', '--shape', 'kling') as server:
        def run(*arguments):
            return Run('recognize', '--endpoint', server.url(), *arguments,
                       env={'COMETAPI_KEY': KEY, 'SSLKEYLOGFILE': 'keylog'})
        mask = server.base + '/standin/mask/400x400/head_seg.png'
        for more, plan in (([], 'refuse'), (['--ca-file', 'tls.crt'], 'send')):
            row, = run('-n', '--json', '--check-urls', mask, *more).lines()
            same((row['plan'], 'no secure connection' in str(row['message'])),
                 (plan, plan == 'refuse'), row)
        done = run('a.png', *SAVE, '--ca-file', 'tls.crt')
        same((done.code, len(files_in('cut'))), (0, 4), done.err)
    same(os.path.exists('keylog'), False)


def riff(*chunks, more=b''):
    body = b'WEBP'
    for kind, data in chunks:
        body += kind + struct.pack('<I', len(data)) + data + bytes(len(data) % 2)
    body += more
    return b'RIFF' + struct.pack('<I', len(body)) + body


@test
def only_whole_images_of_a_limited_size_are_kept():
    put('a.png', png())
    whole = png(200, 100)
    frame = b'\x10\0\0\x9d\x01\x2a' + bytes(18)
    webp, lossless = riff((b'VP8 ', frame)), riff((b'VP8L', b'\x2f' + bytes(4)))
    moving = riff((b'VP8X', bytes(10)), (b'ANMF', bytes(25)), (b'EXIF', b'x'))[:-1]
    moving = moving[:4] + struct.pack('<I', len(moving) - 8) + moving[8:]  # not filled up
    bad = [riff(), riff(more=b'<p>'), riff((b'VP8 ', bytes(24))), webp[:12],
           riff((b'VP8X', bytes(10))), riff((b'VP8L', b'')), riff((b'VP8 ', b'\1' + frame)),
           webp[:16] + b'\x1a' + webp[17:], riff((b'VP8 ', frame), more=b'EXIF')]
    pages = {
        '/html': lambda h: Service.send(h, b'<html><p>Sorry</html>', type='text/html'),
        '/lie': b'<?xml version="1.0"?>' * 20,
        '/empty': b'',
        '/cut': lambda h: Service.send(h, whole[:-20], length=False),
        '/long-length': lambda h: Service.send(h, whole, length=len(whole) + 5),
        '/short-length': lambda h: Service.send(h, whole, length=len(whole) - 5),
        '/webp-cut': webp[:-2],
        **{f'/bad-{i}': body for i, body in enumerate(bad)},
        '/partial': lambda h: Service.send(h, whole, status=206),
        '/500': lambda h: Service.send(h, whole, status=500),
        '/huge': lambda h: Service.send(h, whole, length=129 << 20),
        '/reset': lambda h: h.connection.shutdown(2),
        '/png': whole,
        '/webp': webp,
        '/lossless': lossless,
        '/moving': moving,
        '/no-length': lambda h: Service.send(h, png(300, 100), length=False),
    }
    with Service([('x_seg', path) for path in [*pages, '/404']], pages) as service:
        run = service.run('a.png', *SAVE, '-j16')
        same(run.code, 4, run.err)
        holds(run.err, 'it has more than 134217728 bytes', 'HTTP 404', 'HTTP 500',
              'HTTP 206', 'its format is HTML', 'WebP: it is damaged',
              'PNG, 200 x 100 pixels: it is truncated', ' 5 bytes ',
              "5 cut-outs saved to 'cut', 0 were there already, 21 could not be",
              'run the same command again')
        same(sorted(read('cut/' + name) for name in files_in('cut')),
             sorted([whole, webp, lossless, moving, png(300, 100)]))
        same(rows()[0]['status'], 'KLINGREC_OK', 'the answer is not lost')
        service.pages = {path: whole for path in pages}
        service.pages['/404'] = whole
        run = service.run('a.png', *SAVE)
        same((run.code, service.count('POST')), (0, 1), run.err)
        holds(run.err, "21 cut-outs saved to 'cut', 5 were there already\n")
        same(len(files_in('cut')), 26)


@test
def a_slow_download_ends_at_the_time_limit_and_can_be_repeated():
    put('a.png', png())
    with Service([('x_seg', '/x')], {'/x': slow}) as service:
        same(service.run('a.png', *SAVE[:2]).code, 0)
        run = service.run('a.png', *SAVE, '--timeout', '0.5')
        same((run.code, files_in('cut')), (4, set()))
        holds(run.err, 'the time limit was reached')
        service.pages['/x'] = png()
        same((service.run('a.png', *SAVE).code, service.count('POST')), (0, 1))
    same(len(files_in('cut')), 1)


@test
def endless_bodies_and_headers_end_at_a_limit():
    def headers(handler):
        handler.send_response(200)
        handler.flush_headers()
        while True:
            handler.wfile.write(b'X-A: %s\r\n' % (b'a' * 1000))
    put('a.png', png())
    with Service([('x_seg', '/x'), ('x_seg', '/y')], {'/x': endless, '/y': headers}
                 ) as service:
        run = service.run('a.png', *SAVE)
        same((run.code, files_in('cut')), (4, set()))
        holds(run.err, 'it has more than 134217728 bytes', 'the connection failed')


@test
def names_are_made_from_the_input_and_never_collide():
    long = 'x' * 251 + '.png'
    odd = ['a/hero.png', 'b/hero.png', 'b/same.png', 'c/hero.jpg', '.hidden.png', long,
           'é' * 125 + '.png', 'new\nline.png', 'no-dot', '-x.png', b'bad\xff.png']
    for number, name in enumerate(odd):
        put(name, png(400, 400 + number))
    put('d/hero.png', png(400, 400))  # as a/hero.png
    put('tree/x/y.png', png(500, 500))
    urls = ['https://example.com/../..%2f/CON:?x=/q/', 'https://example.com',
            'https://example.com/', 'https://example.com/' + 'z' * 300 + '.png']
    with Service([('head_seg', '/x'), ('head_seg', '/x'), ('../../up', '/x'),
                  ('face_seg', '/../../name.exe'), ('cloth_seg', '')],
                 {'/x': png(), '/name.exe': png()}) as service:
        run = service.run('-r', *SAVE, 'tree', 'd/hero.png', *urls, '-', '--', *odd,
                          stdin=png(600, 600))
        same(run.code, 0, run.err)
        images = len(odd) + 6  # the equal one is the same
        same(run.err.count(f"{images * 4} cut-outs saved to 'cut'"), 1, run.err)
        found = files_in('cut')
        same(len(found), images * 4)
        same(len([name for name in found if '/' in name]), 4, 'in a folder')
        kinds = {re.sub('(?s).*-[0-9a-f]{8}-', '', name) for name in found}
        same(kinds, {'head.png', 'head-2.png', 'other.png', 'face.png'})
        stems = {re.sub('-[0-9a-f]{8}-.*', '', name) for name in found}
        same(stems, {'hero', 'same', '.hidden', 'x' * 200, 'é' * 100, 'new\nline',
                     'no-dot', '-x', 'bad\udcff', 'x/y', 'stdin', 'url', 'example',
                     'CON_', 'z' * 60})
        holds(run.err, f', {images + 1} have no URL')


@test
def a_file_that_is_there_is_never_overwritten():
    put('a.png', png())
    with Service([('head_seg', '/x')], {'/x': png()}) as service:
        same(service.run('a.png', *SAVE).code, 0)
        name, = files_in('cut')
        put('cut/' + name, b'my own')
        same(service.run('a.png', *SAVE).code, 0)
        same(read('cut/' + name), b'my own')
        os.remove('cut/' + name)

        def meanwhile(handler):
            put('cut/' + name, b'of another')
            Service.send(handler, png())
        service.pages['/x'] = meanwhile
        run = service.run('a.png', *SAVE)
        same((run.code, files_in('cut'), read('cut/' + name)), (0, {name}, b'of another'))
        holds(run.err, "0 cut-outs saved to 'cut', 1 were there already")

        os.remove('cut/' + name)
        os.symlink('no file', 'cut/' + name)
        service.pages['/x'] = png()
        run = service.run('a.png', *SAVE)
        same((run.code, os.readlink('cut/' + name)), (5, 'no file'), run.err)
        holds(run.err, 'is not saved: File exists')


@test
def a_part_that_is_another_name_of_a_file_is_removed_and_not_written():
    """A kill between link() and unlink() leaves two names; the user moves one."""
    put('a.png', png())
    for folder, run in (
            ('cut', lambda service: service.run('a.png', *SAVE)),
            ('to', lambda _: Run('check', 'a.png', '--copy-to', 'to')),
            ('.', lambda service: service.run('a.png', '--json', '-o', 'x.ndjson'))):
        with Service([('head_seg', '/x')], {'/x': png()}) as service:
            same(run(service).code, 0)
            name, = files_in(folder) if folder != '.' else ['x.ndjson']
            stem = f'{folder}/{name[:-4] if folder == "cut" else name}'
            digest = hashlib.sha256(stem.encode()).hexdigest()[:12]
            part = (f'{folder}/.klingrec-{digest}.part' if folder != '.'
                    else 'x.ndjson.part')
            os.remove(f'{folder}/{name}')
            put('moved', b'precious')
            os.link('moved', part)
            same(run(service).code, 0)
            same(read('moved'), b'precious', folder)
            same((os.path.exists(f'{folder}/{name}'), os.path.exists(part)), (True, False))
            if folder != '.':  # what has its name needs no part
                os.link(f'{folder}/{name}', part)
                same((run(service).code, os.path.exists(part)), (0, False), folder)


@test
def a_cut_out_that_another_process_fetches_is_not_fetched_twice():
    put('a.png', png())
    with Service([('head_seg', '/x')], {'/x': png()}) as service:
        same(service.run('a.png', *SAVE).code, 0)
        name, = files_in('cut')
        os.remove(f'cut/{name}')
        digest = hashlib.sha256(f'cut/{name[:-4]}'.encode()).hexdigest()[:12]
        with open(f'cut/.klingrec-{digest}.part', 'wb') as part:
            fcntl.flock(part, fcntl.LOCK_EX)
            run = service.run('a.png', *SAVE)
        same((run.code, service.count('GET')), (4, 1))
        holds(run.err, 'another klingrec is fetching it')
        same((service.run('a.png', *SAVE).code, files_in('cut')), (0, {name}))


@test
def links_to_folders_in_the_folder_are_not_followed():
    put('art/deep/a.png', png())
    put('out/other')
    os.mkdir('real')
    for folder in ('cut', 'to', 'links'):
        os.symlink('real', folder)  # DIR itself may be a link
    os.symlink('../out', 'real/deep')
    with Service([('head_seg', '/x')], {'/x': png()}) as service:
        for run in (service.run('-r', 'art', *SAVE), Run('check', 'art', '--copy-to', 'to/'),
                    Run('check', 'art', '--link-to', './links')):
            same((run.code, files_in('out')), (5, {'other'}), run.err)
            holds(run.err, 'Not a directory')
        os.remove('real/deep')
        same(service.run('-r', 'art', *SAVE).code, 0)
        same(plain(files_in('real')), ['deep/a-head.png'])


@test
def after_a_kill_the_next_run_saves_the_rest_and_pays_nothing():
    for number in range(4):
        put(f'{number}.png', png(400, 400 + number))
    names = [f'{number}.png' for number in range(4)]
    for end in (signal.SIGKILL, signal.SIGINT):
        begun = []

        def half(handler):
            begun.append(handler)
            Service.send(handler, png()[:100], length=len(png()))
            service.hang()
        with Service([('head_seg', '/a'), ('face_seg', '/b')],
                     {'/a': png(), '/b': half}) as service:
            save = ('-o', f'{end}.ndjson', '--save-regions', f'cut{end}')
            process = subprocess.Popen(
                [PROGRAM, 'recognize', '--endpoint', service.base + '/recognize', '-j2', *save,
                 *names], env=environment(COMETAPI_KEY=KEY), stderr=subprocess.PIPE)
            wait_until('two that hang', lambda: len(begun) == 2)
            process.send_signal(end)
            _, err = process.communicate(timeout=PATIENCE)
            same(process.returncode, 130 if end == signal.SIGINT else -end, err)
            complete = {n for n in files_in(f'cut{end}') if not n.endswith('.part')}
            same({read(f'cut{end}/{name}') for name in complete} <= {png()}, True)
            if end == signal.SIGINT:
                same(files_in(f'cut{end}'), complete, 'no part')
                holds(err.decode(), 'not fetched', 'run the same command again')
            same(os.path.exists(f'{end}.ndjson'), True, 'the answers are stored before')
            service.pages['/b'] = png()
            run = service.run(*names, *save)
            same((run.code, service.count('POST')), (0, 4), run.err)
            same(len(files_in(f'cut{end}')), 8)
            same({read(f'cut{end}/{name}') for name in files_in(f'cut{end}')}, {png()})


@test
def a_full_disk_and_a_folder_that_cannot_be_written_are_told():
    put('a.png', png())
    put('file', b'x')
    large = bytearray(png(300, 100))
    large[-12:-12] = b'\0\x30\0\0tEXt' + os.urandom(0x300000 + 4)
    with Service([('head_seg', '/x'), ('face_seg', '/x')],
                 {'/x': bytes(large)}) as service:
        for wrong in ('file', 'file/to'):
            run = service.run('a.png', '-o', 'o.ndjson', '--save-regions', wrong)
            same((run.code, service.count('POST')), (5, 0), run.err)
        script = 'trap "" XFSZ; ulimit -f 2048; exec "$0" "$@"'
        done = subprocess.run(
            ['sh', '-c', script, PROGRAM, 'recognize', '--endpoint',
             service.base + '/recognize', '-j1', 'a.png', *SAVE], env=environment(COMETAPI_KEY=KEY), capture_output=True,
            check=False)
        same((done.returncode, files_in('cut')), (5, set()), done.stderr)
        same(service.count('GET'), 1, 'it stops')
        same(rows()[0]['status'], 'KLINGREC_OK')
        if os.geteuid() != 0:
            os.chmod('cut', 0o500)
            same(service.run('a.png', *SAVE).code, 5)
            os.chmod('cut', 0o700)
        service.pages['/x'] = png()
        run = service.run('a.png', *SAVE)
        same((run.code, service.count('POST'), len(files_in('cut'))), (0, 1, 2), run.err)


@test
def what_save_regions_cannot_do_is_told_before_anything_is_sent():
    put('art/a.png', png())
    with Service([('head_seg', '/x')], {'/x': png()}) as service:
        for arguments, env, what in (
                (['--save-regions', 'cut'], {}, 'needs a journal'),
                (['--save-regions', 'cut', '-o', 'o.csv', '--no-journal'], {}, 'a journal'),
                ([*SAVE, '--proxy', 'http://127.0.0.1:1'], {}, '--proxy'),
                (SAVE, {'https_proxy': 'http://127.0.0.1:1'}, 'https_proxy'),
                (SAVE, {'ALL_PROXY': 'socks5://127.0.0.1:1'}, 'ALL_PROXY'),
                ([*SAVE[:2], '--save-regions', 'art/../art'], {}, 'images to send')):
            run = service.run('-r', 'art', *arguments, env=env)
            same((run.code, service.count('POST')), (2, 0), arguments)
            holds(run.err.lower(), '--save-regions', what.lower())
        run = service.run('art/a.png', *SAVE[:2], '--save-regions', './art')
        same((run.code, service.count('POST')), (2, 0), 'the next art/*.png')
        run = service.run('-r', 'art', '-o', 'none/o.csv', '--save-regions', 'cut')
        same((run.code, service.count('POST')), (5, 0), run.err)
        lacks(run.err, 'cut-outs saved')
        run = service.run('-r', 'art', *SAVE, '--proxy', '',
                          env={'https_proxy': 'http://127.0.0.1:1'})
        same(run.code, 0, run.err)
        inside = ('-o', 'i.ndjson', '--save-regions', 'art/cut')
        for _ in range(2):
            run = service.run('-r', 'art', *inside)
            same((run.code, len(files_in('art'))), (0, 2), run.err)
        same(service.count('POST'), 2, 'cut-outs are not sent')
