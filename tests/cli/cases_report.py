# SPDX-License-Identifier: MIT
"""Test the report: a page that shows hostile names as text and loads nothing."""
import base64
import hashlib
import html.parser
import json
import os

from harness import Run, holds, lacks, png, put, recognize, same, test

# A file name cannot contain a slash, so the folder adds one.
HOSTILE = [name + '.png' for name in (
    '"><script>window.hacked=1<', '&lt;b&gt;', "'onerror='x", 'bidi\u202egnp.exe',
    'a b#c?d%20', '字符', '-->', '{{x}}', 'new\nline',
    '</script><script>window.hacked=2<')]


class Page(html.parser.HTMLParser):
    """Collects the tags with their attributes, and the text of scripts and styles."""

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
def the_page_is_self_contained_and_hostile_names_are_text():
    names = put_hostile()
    same(Run('report', '-o', 'page.html', 'out.ndjson').code, 0)
    same(Run('report', 'out.ndjson').out, read('page.html'))
    page = Page(read('page.html'))
    same([tag for tag, _ in page.tags].count('script'), 3)
    scripts = [attrs for tag, attrs in page.tags if tag == 'script']
    same([attrs.get('class') for attrs in scripts], [None, None, 'thumbnails'],
         'the script need not wait for the thumbnails')
    same({tag for tag, attrs in page.tags if {'src', 'href', 'style', 'onload'} &
          set(attrs)}, set())
    policy = next(attrs['content'] for tag, attrs in page.tags
                  if attrs.get('http-equiv') == 'Content-Security-Policy')
    rules = dict(rule.strip().split(' ', 1) for rule in policy.split(';'))
    same((rules['default-src'], rules['img-src']), ("'none'", 'file: data:'))
    for tag, rule in (('script', 'script-src'), ('style', 'style-src')):
        texts = [text for name, attrs, text in page.inside
                 if name == tag and 'type' not in attrs]
        same(len(texts), 1)
        digest = hashlib.sha256(texts[0].encode()).digest()
        same(rules[rule], f"'sha256-{base64.b64encode(digest).decode()}'")
        lacks(texts[0], 'innerHTML', 'eval(', 'fetch(', 'http:', '@import', 'url(')
    same([row['input'] for row in records_of(page)], names)


@test
def a_journal_can_be_shown_as_a_page():
    put_hostile()
    same(Run('report', '--journal', 'out.ndjson.journal', '-o', 'j.html').code, 0)
    rows = records_of(Page(read('j.html')))
    # Images that failed the local check were not sent, so the journal does not have them.
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
def the_path_from_the_page_to_the_images_is_relative():
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
def invalid_records_cannot_break_the_page():
    put('bad', b'{"index":0,"input":"a","status":"</script><b>"}\n{"cut\n'
               b'\xff\xfe\0\n[]\n')
    same(Run('report', '-o', 'page.html', 'bad').code, 0)
    text = read('page.html')
    lacks(text, '<b>', '\0')


@test
def a_table_is_refused_instead_of_shown_as_unreadable_lines():
    put('a.png', png())
    put('found.txt', recognize('a.png').raw)
    run = Run('report', 'found.txt', '-o', 'page.html')
    same(run.code, 2)
    holds(run.err, "'found.txt' is not NDJSON", '-o NAME.ndjson')
    same(os.path.exists('page.html'), False)
