"""The report: one page that shows hostile names, runs nothing and fetches nothing."""
import base64
import hashlib
import html.parser
import json
import os
import time
import urllib.parse

import chromium
from harness import Run, holds, lacks, png, put, recognize, same, test

# A name is a path component, so a slash cannot be in it; the folder brings one.
HOSTILE = [name + '.png' for name in (
    '"><script>window.hacked=1<', '&lt;b&gt;', "'onerror='x", 'bidi\u202egnp.exe',
    'a b#c?d%20', '字符', '-->', '{{x}}', 'new\nline',
    '</script><script>window.hacked=2<')]


class Page(html.parser.HTMLParser):
    """Tags with attributes, and what stands in scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.inside, self.now = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.now = (tag, dict(attrs)) if tag in ('script', 'style') else None

    def handle_endtag(self, tag):
        self.now = None

    def handle_data(self, data):
        if self.now:
            self.inside.append((*self.now, data))


def put_hostile():
    for number, name in enumerate(HOSTILE):
        put(os.path.join('art', name), png(300 + number, 400, 'head'))
    put('art/small.png', png(200, 200))
    url = "https://example.com/x.png?a='b'&lt;&standin=face"
    run = recognize('--json', '--ordered', '--require', 'face', '-r', '-o',
                    'out.ndjson', 'art', url)
    same(run.code, 1)
    return sorted([f'art/{name}' for name in HOSTILE] + ['art/small.png']) + [url]


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def records_of(page):
    data, = [text for tag, attrs, text in page.inside
             if attrs.get('type') == 'application/json']
    return [json.loads(line) for line in data.strip().splitlines()]


@test
def the_page_is_closed_in_itself_and_hostile_names_stay_names():
    names = put_hostile()
    same(Run('report', '-o', 'page.html', 'out.ndjson').code, 0)
    same(Run('report', 'out.ndjson').out, read('page.html'))
    page = Page(read('page.html'))
    same([tag for tag, _ in page.tags].count('script'), 2)
    same({tag for tag, attrs in page.tags if {'src', 'href', 'style', 'onload'} &
          set(attrs)}, set())
    policy = next(attrs['content'] for tag, attrs in page.tags
                  if attrs.get('http-equiv') == 'Content-Security-Policy')
    rules = dict(rule.strip().split(' ', 1) for rule in policy.split(';'))
    same((rules['default-src'], rules['img-src']), ("'none'", 'file:'))
    for tag, rule in (('script', 'script-src'), ('style', 'style-src')):
        texts = [text for name, attrs, text in page.inside
                 if name == tag and 'type' not in attrs]
        same(len(texts), 1)
        digest = hashlib.sha256(texts[0].encode()).digest()
        same(rules[rule], f"'sha256-{base64.b64encode(digest).decode()}'")
        lacks(texts[0], 'innerHTML', 'eval(', 'fetch(', 'http:', '@import', 'url(')
    same([row['input'] for row in records_of(page)], names)


@test
def a_journal_makes_a_page_too():
    put_hostile()
    same(Run('report', '--journal', 'out.ndjson.journal', '-o', 'j.html').code, 0)
    rows = records_of(Page(read('j.html')))
    # What was refused here was never asked, so it is in no journal.
    same(sorted(row['input'] for row in rows if not row['input'].startswith('http')),
         sorted(f'art/{name}' for name in HOSTILE))
    same({row['status'] for row in rows}, {'KLINGREC_OK'})
    for arguments, code, part in (
            (['--journal', 'none'], 4, 'none'),
            (['--journal', 'out.ndjson'], 4, 'data'),
            (['none'], 4, 'none'), ([], 2, 'FILE'), (['a', 'b'], 2, 'FILE'),
            (['--journal', 'out.ndjson.journal', 'a'], 2, 'FILE'),
            (['-o', 'none/x.html', 'out.ndjson'], 5, 'none/x.html')):
        run = Run('report', *arguments)
        same((run.code, 'Traceback' in run.err), (code, False), arguments)
        holds(run.err, part)
    same(os.path.exists('none'), False)


@test
def the_way_from_the_page_to_the_images_is_relative():
    put('f/g/a.png', png())
    put('rows', b'{"index":0,"input":"f/g/a.png","status":"KLINGREC_OK"}\n')
    os.makedirs('f/x y')
    here = os.getcwd()
    for path, base in (('page.html', ''), ('f/page.html', '../'), ('f/x y/p', '../../'),
                       (f'{here}/f/x y/q', '../../'), ('./p', '')):
        same(Run('report', '-o', path, 'rows').code, 0)
        holds(read(path), f'data-base="{base}"')
    os.makedirs('side')
    os.chdir('f/x y')
    same(Run('report', '-o', '../../side/p', '../../rows').code, 0)
    os.chdir(here)
    holds(read('side/p'), 'data-base="../f/x%20y/"')


@test
def lines_that_are_no_records_cannot_break_the_page():
    put('bad', b'{"index":0,"input":"a","status":"</script><b>"}\n{"cut\n'
               b'\xff\xfe\0\n[]\n')
    same(Run('report', '-o', 'page.html', 'bad').code, 0)
    text = read('page.html')
    lacks(text, '<b>', '\0')
    if chromium.PROGRAM:
        with chromium.Chromium(url_of('page.html')) as page:
            same(page.run('rows.length'), 4)
            same(page.run('rows.filter((r) => r.broken).length'), 3)


def url_of(path):
    return 'file://' + urllib.parse.quote(os.path.abspath(path))


def wait_for(page, script, what):
    end = time.monotonic() + 20
    while not page.run(script):
        if time.monotonic() > end:
            raise AssertionError(what)
        time.sleep(0.1)


@test
def a_browser_shows_thumbnails_filters_and_runs_nothing_else():
    if not chromium.PROGRAM:
        return
    names = put_hostile()
    os.makedirs('pages')
    same(Run('report', '-o', 'pages/page.html', 'out.ndjson').code, 0)
    with chromium.Chromium(url_of('pages/page.html'), 1100, 1200) as page:
        shown = "document.querySelectorAll('.card').length"
        same(page.run(shown), len(names))
        wait_for(page, "[...document.images].length === 11 && "
                 "[...document.images].every((i) => i.complete && i.naturalWidth > 0)",
                 'thumbnails')
        same(page.run('window.hacked'), None)
        same(page.run("document.querySelectorAll('script').length"), 2)
        holds(page.run("document.body.innerText"), '"><script>window.hacked=1<',
              'bidi\\u{202e}gnp.exe', 'new\\u{a}line.png')
        # Keyboard: search, leave it, walk, open, close.
        page.press('/', '/')
        for letter in 'hacked=2':
            page.press(letter, letter)
        same(page.run('shown.length'), 1)
        same(page.run("$('count').textContent"), '1 of 12 images')
        page.run("$('search').value = ''; "
                 "$('search').dispatchEvent(new Event('input'))")
        page.press('Escape')
        page.press('ArrowRight')
        page.press('ArrowDown')
        same(page.run('at === 1 + columns'), True)
        page.press('Enter')
        same(page.run("$('box').open"), True)
        holds(page.run("$('box').innerText"), 'KLINGREC_OK')
        page.press('End')
        same(page.run('at'), len(names) - 1)
        page.press('Escape')
        wait_for(page, "!$('box').open", 'Escape closes')
        # Filters: a verdict, an error, a region.
        clicks = ("[...$('verdicts').children]"
                  ".find((b) => b.textContent.startsWith('%s'))")
        for word, count in (('failed', 1), ('recognised', 11), ('does not', 10),
                            ('all', 12)):
            page.run((clicks % word) + '.click()')
            same(page.run('shown.length'), count, word)
        page.run((clicks % 'face') + '.click()')
        same(page.run('shown.length'), 1, 'the URL has a face')
        page.run((clicks % 'face') + '.click()')
        same(page.run('shown.length'), 10, 'no face')
        page.run((clicks % 'face') + '.click()')
        page.run("$('status').value = 'KLINGREC_ERR_IMAGE_SIDE'; "
                 "$('status').dispatchEvent(new Event('change'))")
        same(page.run('shown.length'), 1)
        page.run("$('theme').click()")
        same(page.run("document.documentElement.dataset.theme"), 'dark')
        asked = {event['request']['url'].split(':')[0]
                 for event in page.of('Network.requestWillBeSent')}
        same(asked - {'about', 'data'}, {'file'}, 'requests')
        same([event['entry']['text'] for event in page.of('Log.entryAdded')], [])
        same(page.of('Runtime.exceptionThrown'), [])


@test
def ten_thousand_images_stay_usable():
    if not chromium.PROGRAM:
        return
    row = {'status': 'KLINGREC_OK', 'message': None, 'qualifies': None, 'regions':
           {'head': True, 'face': False, 'cloth': None, 'object': False},
           'region_list': [], 'delivery': 'answered', 'attempts': 1}
    rows = [json.dumps({'index': i, 'input': f'art/{i:05}.png', **row})
            for i in range(10000)]
    put('rows', '\n'.join(rows).encode())
    same(Run('report', '-o', 'page.html', 'rows').code, 0)
    start = time.monotonic()
    with chromium.Chromium(url_of('page.html')) as page:
        seconds = time.monotonic() - start
        same(seconds < 30, True, f'{seconds:.1f} s')
        same(page.run("document.querySelectorAll('.card').length") < 100, True)
        milli = page.run("const t = performance.now(); $('search').value = '0999'; "
                         "$('search').dispatchEvent(new Event('input')); "
                         "performance.now() - t")
        same((page.run('shown.length'), milli < 1000), (11, True), f'{milli} ms')
        page.run("$('search').value = ''; "
                 "$('search').dispatchEvent(new Event('input'))")
        page.press('End')
        page.press('Escape')
        page.run("move(9999)")
        wait_for(page, "document.querySelector('.card.at .name').textContent === "
                 "'09999.png'", 'the last card')
        print(f'10000 images: shown in {seconds:.1f} s with the browser, '
              f'search {milli:.0f} ms')


@test
def a_table_is_refused_instead_of_shown_as_unreadable_lines():
    put('a.png', png())
    same(recognize('-o', 'found.txt', '--no-journal', 'a.png').code, 0)
    run = Run('report', 'found.txt', '-o', 'page.html')
    same(run.code, 2)
    holds(run.err, "'found.txt' is not NDJSON", '-o NAME.ndjson')
    same(os.path.exists('page.html'), False)
