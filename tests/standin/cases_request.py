# SPDX-License-Identifier: MIT
"""Test the checks of a request, and the answers to valid requests."""
import base64
import json
import os
import struct
import tempfile
import time

from expected import ANSWERS, SATURATED, kling
from harness import (COMET, KLING, RIGHT, Answer, Server, flags, grey, make_images,
                     padded, regions, same, test)

KEYS = [
    ('the right key', RIGHT, None, None),
    ('a wrong key', 'Bearer standin-kez', 'comet-401', 'kling-1000'),
    ('a key followed by more characters', RIGHT + 'x', 'comet-401', 'kling-1000'),
    ('half a key', 'Bearer standin', 'comet-401', 'kling-1000'),
    ('no key after Bearer', 'Bearer', 'comet-401', 'kling-1002'),
    ('the key without Bearer', 'standin-key', 'comet-401', 'kling-1002'),
    ('two spaces', 'Bearer  standin-key', 'comet-401', 'kling-1000'),
    ('no header', None, 'comet-401', 'kling-1001'),
]


@test
def only_the_correct_key_is_accepted():
    with Server() as server:
        for what, key, comet, kling_name in KEYS:
            for path, want in ((COMET, comet), (KLING, kling_name)):
                answer = server.url(key=key, path=path)
                status = ANSWERS[want or 'ok'][0]
                same(answer.status, status, what)
                if want and want.startswith('kling'):
                    same(answer.json()['code'], int(want[6:]), what)


BAD_BODY = 'Failed to resolve the request body'
NO_IMAGE = 'image can not be null'
BAD_BASE64 = 'File is not in a valid base64 format'
PIXELS = 'Image pixel is invalid'
BODIES = [
    ('no body', b'', BAD_BODY),
    ('not JSON', b'{"image":', BAD_BODY),
    ('text after the JSON', b'{"image":"https://a/"} x', BAD_BODY),
    ('a list', b'["https://a/"]', BAD_BODY),
    ('a string', b'"https://a/"', BAD_BODY),
    ('an empty object', b'{}', NO_IMAGE),
    ('image is null', b'{"image":null}', NO_IMAGE),
    ('image is empty', b'{"image":""}', NO_IMAGE),
    ('image is a number', b'{"image":1}', BAD_BODY),
    ('image is a list', b'{"image":["https://a/"]}', BAD_BODY),
    ('another name', b'{"Image":"https://a/"}', BAD_BODY),
    ('a second field', b'{"image":"https://a/","n":1}', BAD_BODY),
    ('the field twice', b'{"image":"https://a/","image":"https://a/"}', BAD_BODY),
    ('a NUL in the string', b'{"image":"https://a/\\u0000"}', BAD_BODY),
    ('bytes that are not UTF-8', b'{"image":"https://a/\xff"}', BAD_BODY),
    ('http', b'{"image":"http://a/"}', None),
    ('https in capitals', b'{"image":"HTTPS://a/b.png"}', None),
    ('a URL without a host', b'{"image":"https:///a"}', BAD_BODY),
    ('a URL with a space', b'{"image":"https://a/b c"}', BAD_BODY),
    ('a URL of 8192 bytes', b'{"image":"https://a/' + b'b' * 8182 + b'"}', None),
    ('a URL of 8193 bytes', b'{"image":"https://a/' + b'b' * 8183 + b'"}', BAD_BODY),
    ('ftp', b'{"image":"ftp://a/b.png"}', BAD_BASE64),
    ('a data: prefix', b'{"image":"data:image/png;base64,iVBORw0KGgo="}', BAD_BASE64),
    ('one character', b'{"image":"A"}', BAD_BASE64),
    ('no padding', b'{"image":"QUI"}', BAD_BASE64),
    ('only padding', b'{"image":"===="}', BAD_BASE64),
    ('three padding characters', b'{"image":"Q==="}', BAD_BASE64),
    ('padding in the middle', b'{"image":"QQ==QUJD"}', BAD_BASE64),
    ('unused bits that are not 0, two digits', b'{"image":"QR=="}', BAD_BASE64),
    ('unused bits that are not 0, three digits', b'{"image":"QUJ="}', BAD_BASE64),
    ('a line break', b'{"image":"QUJD\\nQUJ"}', BAD_BASE64),
    ('a space', b'{"image":"QUJDQUJ "}', BAD_BASE64),
    ('the base64 alphabet for URLs', b'{"image":"QU-_QUJD"}', BAD_BASE64),
    ('a letter with an accent', '{"image":"QUéDQUJ"}'.encode(), BAD_BASE64),
    ('base64 of something else', b'{"image":"QUJDREVG"}',
     'Image format is invalid: neither JPEG nor PNG'),
    ('white space between all tokens', b'\r\n{ "image" :\t"QUJDREVG"\n} ',
     'Image format is invalid: neither JPEG nor PNG'),
    ('base64 with an escape', b'{"image":"QUJD\\u0052EVG"}',
     'Image format is invalid: neither JPEG nor PNG'),
    ('base64 without the last bracket', b'{"image":"QUJDREVG"', BAD_BODY),
    ('base64 and text after the JSON', b'{"image":"QUJDREVG"}}', BAD_BODY),
    ('base64 and a second field', b'{"image":"QUJDREVG","n":1}', BAD_BODY),
    ('base64 under another name', b'{"imagf":"QUJDREVG"}', BAD_BODY),
    ('base64 after white space that is not of JSON', b'\f{"image":"QUJDREVG"}',
     BAD_BODY),
    ('two digits and padding', b'{"image":"QQ=="}',
     'Image format is invalid: neither JPEG nor PNG'),
    ('only the head of a PNG', b'{"image":"iVBORw0KGgo="}',
     'Image is damaged and can not be decoded'),
    ('only the head of a JPEG', b'{"image":"/9j/"}',
     'Image is damaged and can not be decoded'),
]


# An invalid character is found at every position, in the last four digits and before.
BODIES += [
    (f'a bad character at {i}',
     json.dumps({'image': 'AAAAAAAAAAAA'[:i] + '-' + 'AAAAAAAAAAA'[i:]}).encode(),
     BAD_BASE64) for i in range(12)
]


@test
def a_body_is_refused_with_the_text_that_the_service_uses():
    with Server() as server:
        for what, body, message in BODIES:
            answer = server.post(body)
            if message is None:
                same(answer.status, 200, what)
            else:
                same(answer.status, 400, what)
                try:
                    kling(1201, message)(answer)
                except AssertionError as problem:
                    raise AssertionError(f'{what}: {problem}') from problem


def aspect(w, h):
    return f'Image aspect ratio is invalid: {w} x {h}, at most 2.5 to 1'


SIZES = [
    (300, 300, None), (299, 300, PIXELS), (300, 299, PIXELS), (1, 1, PIXELS),
    (750, 300, None), (751, 300, aspect(751, 300)),
    (300, 750, None), (300, 751, aspect(300, 751)),
    (1000, 400, None), (1001, 400, aspect(1001, 400)),
    (747, 299, PIXELS),
    (20000, 8000, 'Image has more pixels than the stand-in decodes'),
]


def huge(w, h):
    """A PNG whose head declares w x h pixels, with the data of one pixel."""
    def head(x, y):
        return make_images.chunk(b'IHDR', struct.pack('>IIBBBBB', x, y, 8, 0, 0, 0, 0))
    return grey(1, 1).replace(head(1, 1), head(w, h))


@test
def the_limits_of_sides_and_aspect_are_exact_to_the_pixel():
    with Server() as server:
        for w, h, message in SIZES:
            data = grey(w, h) if w < 5000 else huge(w, h)
            answer = server.image(data)
            same(answer.status, 200 if message is None else 400, f'{w} x {h}')
            if message is not None:
                same(answer.json()['message'], message, f'{w} x {h}')
            image = server.stats()['last']['image']
            same((image['width'], image['height']), (w, h), 'stats')


@test
def the_size_limit_counts_the_bytes_of_the_image():
    with Server() as server:
        start = time.monotonic()
        answer = server.image(padded(10485760))
        same(answer.status, 200, '10 MiB')
        took = time.monotonic() - start
        print(f'  10 MiB image: {took * 1000:.0f} ms with the client')
        answer = server.image(padded(10485761))
        same(answer.status, 400, '10 MiB and a byte')
        same('10485761 bytes, at most 10485760' in answer.json()['message'], True)
    with Server('--max-image-bytes', '1000') as server:
        same(server.image(padded(1000)).status, 200, '1000')
        same(server.image(padded(1001)).status, 400, '1001')


@test
def a_body_over_the_limit_gets_an_empty_413():
    with Server('--max-body-bytes', '4000') as server:
        head = len('{"image":""}')
        for size, status in ((4000, 400), (4001, 413), (400000, 413)):
            body = '{"image":"' + 'A' * (size - head) + '"}'
            same(server.post(body).status, status, size)
        answer = server.ask('POST', '/standin/script', 'ok,' * 2000)
        same((answer.status, answer.body),
             (400, b'the script exceeds --max-body-bytes\n'), 'a script')
        blocks = iter([b'x' * 3000] * 3)
        connection = server.connect()
        connection.request('POST', COMET, blocks, {'Authorization': RIGHT},
                           encode_chunked=False)
        answer = Answer(connection.getresponse())
        connection.close()
        same((answer.status, answer.body), (413, b''), 'without a length')


MADE = [
    ('portrait.png', 200, 'head,face,cloth,object'),
    ('portrait.jpg', 200, 'head,face,cloth,object'),
    ('garment.png', 200, 'cloth,object'),
    ('garment.jpg', 200, 'cloth,object'),
    ('landscape.jpg', 200, ''),
    ('unmarked.png', 200, 'object'),
    ('side-300.png', 200, 'head,face,cloth,object'),
    ('aspect-2500.png', 200, ''),
    ('side-299.png', 400, PIXELS),
    ('too-small.png', 400, PIXELS),
    ('aspect-2503.png', 400, aspect(751, 300)),
    ('too-wide.png', 400, aspect(1000, 300)),
    ('truncated.jpg', 400, 'Image is damaged and can not be decoded'),
    ('truncated.png', 400, 'Image is damaged and can not be decoded'),
    ('damaged.png', 400, 'Image is damaged and can not be decoded'),
    ('refused.png', 400, 'Failure to pass the risk control system'),
]


@test
def the_sample_images_get_what_their_marker_says():
    with tempfile.TemporaryDirectory() as folder, \
            Server('--regions', 'object') as server:
        make_images.make(folder)
        same(sorted(os.listdir(folder)), sorted(name for name, _, _ in MADE), 'files')
        for name, status, said in MADE:
            with open(os.path.join(folder, name), 'rb') as file:
                data = file.read()
            same(len(data) < 100 * 1024, True, f'{name} is small')
            answer = server.image(data)
            same(answer.status, status, name)
            if status == 200:
                same(regions(answer), flags(said.split(',')), name)
                source = 'default' if name == 'unmarked.png' else 'marker'
                same(f'regions={source}' in answer.headers['X-Klingrec-Standin'], True)
            else:
                same(answer.json()['message'], said, name)
        # A truncated JPEG is detected, wherever it is cut.
        with open(os.path.join(folder, 'garment.jpg'), 'rb') as file:
            data = file.read()
        for cut in range(2, len(data), 97):
            same(server.image(data[:cut]).status, 400, f'cut at {cut}')
        same(server.image(data[:-1]).status, 400, 'half of the end marker')
        good = grey(300, 300)
        end = make_images.chunk(b'IEND', b'')
        same(server.image(good[:-len(end)]).status, 400, 'a PNG without its end')
        late = make_images.chunk(b'tEXt', b'klingrec-standin\0face')
        answer = server.image(good[:-len(end)] + late + end)
        same(regions(answer), flags(['face']), 'a marker after the pixels')


def scans(count):
    """A progressive JPEG of 304 x 304 grey pixels, with `count` scans."""
    def segment(kind, data):
        return struct.pack('>BBH', 0xff, kind, len(data) + 2) + data

    code = b'\1' + bytes(15)  # the only one: a bit of 0
    first = segment(0xda, b'\1\1\0\0\0\0') + bytes(304 * 304 // 64 // 8 + 1)
    # Each bit and the 10 after it are for the next 1024 of the 1444 blocks.
    other = segment(0xda, b'\1\1\0\1\x3f\0') + bytes(3)
    return (b'\xff\xd8' + segment(0xdb, b'\0' + b'\1' * 64) +
            segment(0xc2, struct.pack('>BHH', 8, 304, 304) + b'\1\1\x11\0') +
            segment(0xc4, b'\0' + code + b'\0') +
            segment(0xc4, b'\x10' + code + b'\xa0') +
            first + other * (count - 1) + b'\xff\xd9')


@test
def a_jpeg_has_at_most_a_hundred_scans():
    with Server() as server:
        same(server.image(scans(100)).status, 200)
        answer = server.image(scans(101))
        same((answer.status, answer.json()['message']),
             (400, 'Image is damaged and can not be decoded'))


MARKERS = [
    ('head', 'head'), ('object,head', 'head,object'), ('none', ''),
    ('head%2Cface', 'head,face'), ('%63loth', 'cloth'),
    ('', None), ('head,', None), ('hand', None), ('none,head', None), ('Head', None),
]


@test
def a_url_is_marked_by_its_query_and_a_bad_marker_is_refused():
    with Server() as server:
        for marker, words in MARKERS:
            url = f'https://a/b.png?x=1&standin={marker}&y=2#standin=face'
            answer = server.post({'image': url})
            if words is None:
                same(answer.status, 400, marker)
                same(answer.body.startswith(b'klingrec-standin: unknown marker'), True)
            else:
                same(regions(answer), flags(words.split(',')), marker)
        answer = server.post({'image': 'https://a/?standin=answer=kling-5000'})
        same(answer.status, 500, 'an answer by a marker')
        answer = server.post({'image': 'https://a/?standin=answer=nonsense'})
        same(answer.status, 400, 'an unknown answer by a marker')
        answer = server.post({'image': 'https://a/#?standin=head'})
        same(regions(answer), flags('head,face,cloth,object'), 'not in the query')
        answer = server.post({'image': 'https://a/?xstandin=head'})
        same(regions(answer), flags('head,face,cloth,object'), 'the default')


SHAPES = [
    ('auto', COMET, 'head_seg'), ('auto', KLING, 'object_seg'),
    ('kling', COMET, 'object_seg'), ('comet', KLING, 'head_seg'),
]


@test
def the_shape_follows_the_path_or_the_option():
    for shape, path, order in SHAPES:
        with Server('--shape', shape) as server:
            answer = server.url(path=path)
            same(regions(answer)[0][0], order, f'{shape} {path}')
            same('request_id' in answer.json(), order == 'object_seg', 'request_id')
            same('X-Oneapi-Request-Id' in answer.headers, path == COMET, 'gateway id')


@test
def with_stable_ids_the_same_body_gets_the_same_answer_and_another_does_not():
    def ids(server, url):
        comet, right = server.post({'image': url}), server.post({'image': url}, path=KLING)
        return comet.headers['X-Oneapi-Request-Id'], right.json()['request_id']
    url, other = 'https://a/?standin=head', 'https://b/?standin=head'
    with Server('--stable-ids') as first, Server('--stable-ids') as second:
        same(ids(first, url), ids(second, url))
        same(ids(first, url), ids(first, url))
        same(len({*ids(first, url), *ids(second, other)}), 4)
    with Server() as server:
        same(len({*ids(server, url), *ids(server, url)}), 4, 'without the option')


@test
def wrong_paths_and_methods_get_the_answers_of_the_service():
    with Server() as server:
        for path in ('/kling/v1/videos/image-recognise', '/kling/', '/kling/x?y=1'):
            answer = server.url(path=path)
            same(answer.status, 404, path)
            message = answer.json()['error']['message']
            same(message, f'Invalid URL (POST {path.split("?")[0]})', path)
        for path in ('/', '/v1' + COMET, '/v1/videos', '/klingon'):
            answer = server.url(path=path)
            same((answer.status, answer.headers.get_content_type()), (200, 'text/html'))
        for path in (COMET, KLING):
            for method in ('GET', 'PUT', 'DELETE'):
                answer = server.ask(method, path, headers={'Authorization': RIGHT})
                same((answer.status, answer.json()['code']), (404, 1202), method)


@test
def with_wrap_refusals_come_in_the_envelope_of_a_gateway():
    with Server('--wrap', '--rate', '2') as server:
        answer = server.post(b'{}')
        same(answer.status, 400)
        inner = json.loads(answer.json()['message'])
        same((inner['code'], inner['message']), (1201, NO_IMAGE))
        same(server.post(b'{}', path=KLING).json()['message'], NO_IMAGE, 'Kling itself')
        answer = server.url()
        same((answer.status, answer.json()['message']), (429, SATURATED), 'rate')
