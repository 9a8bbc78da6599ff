# SPDX-License-Identifier: MIT
"""The expected answers of the stand-in, written down independently of the program."""
import json
import re

from harness import COMET, flags, regions, same


def kling(code, message=None):
    def check(answer):
        body = answer.json()
        same(body['code'], code, 'code')
        same(re.fullmatch(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}',
                          body['request_id']) is not None, True, 'request_id')
        same(sorted(body), ['code', 'message', 'request_id'], 'fields')
        if message is not None:
            same(body['message'], message, 'message')
    return check


def fetch(code):
    def check(answer):
        body = answer.json()
        same((body['code'], body['data']), ('fail_to_fetch_task', None), 'envelope')
        same(json.loads(body['message'])['code'], code, 'inner code')
    return check


def error(code, kind='comet_api_error', said='', with_id=True):
    def check(answer):
        body = answer.json()['error']
        same((body['code'], body['type']), (code, kind), 'error')
        same(said in body['message'], True, body['message'])
        found = re.search(r'\(request id: (\d{23}[A-Za-z]{8})\)', body['message'])
        same(found is not None, with_id, 'id in the message')
        if found:
            same(answer.headers['X-Oneapi-Request-Id'], found[1], 'id in the header')
    return check


def flat(code, message, **more):
    def check(answer):
        same(answer.json(), {'code': code, 'message': message, **more}, 'body')
    return check


def page(said):
    def check(answer):
        same(answer.headers.get_content_type(), 'text/html', 'type')
        same(answer.body.lower().startswith(b'<!doctype html>'), True, 'doctype')
        same(said.encode() in answer.body, True, said)
    return check


def edge(said):
    def check(answer):
        page(said)(answer)
        same(answer.headers['Server'], 'cloudflare', 'Server')
        same(answer.headers['X-Oneapi-Request-Id'], None, 'gateway header')
    return check


def exactly(body, kind=None):
    def check(answer):
        same(answer.body, body, 'body')
        if kind is not None:
            same(answer.headers.get_content_type(), kind, 'type')
    return check


def at(path, want):
    def check(answer):
        value = answer.json()
        for step in path:
            value = value[step]
        same((type(value), value), (type(want), want), str(path))
    return check


def absent(path, name):
    def check(answer):
        value = answer.json()
        for step in path:
            value = value[step]
        same(name in value, False, name)
    return check


def not_json(contains):
    def check(answer):
        same(contains in answer.body, True, repr(contains))
        try:
            json.loads(answer.body.decode('utf-8'))
        except (ValueError, RecursionError):
            return
        raise AssertionError('is JSON')
    return check


def moved(answer):
    same(answer.headers['Location'].endswith('/standin/redirected'), True, 'Location')


def contains(words):
    return lambda answer: same(regions(answer), flags(words), 'regions')


def long_header(answer):
    same(len(answer.headers['X-Filler']), 8000, 'X-Filler')


def big(answer):
    same(2097152 < len(answer.body) < 2100000, True, len(answer.body))


def kling_shape(answer):
    text = answer.body.decode()
    same(text.count('"final_unit_deduction":"0.1"'), 2, 'deduction twice')
    data = answer.json()['data']
    same(data['final_balance_deduction'], {'quota': '0.014', 'list_price': '0.014'})
    same(regions(answer), flags(['head', 'face'], ('object', 'head', 'face', 'cloth')))
    for image in data['task_result']['images']:
        same(image['url'].endswith(image['type'] + '.png'), image['is_contain'], 'url')
    kling(0)(type('A', (), {'json': lambda self: {
        k: v for k, v in answer.json().items() if k != 'data'}})())


IMAGES = ('data', 'task_result', 'images')
HEAD_FACE = contains(['head', 'face'])
SATURATED = '当前分组上游负载已饱和，请稍后再试'
QUOTA = 'user quota is not enough'

# Every answer: its status and a check of its content.
ANSWERS = {
    'ok': (200, HEAD_FACE),
    'ok-comet': (200, HEAD_FACE),
    'ok-kling': (200, kling_shape),
    'ok-empty': (200, at(IMAGES, [])),
    'ok-head-only': (200, at(IMAGES, [{'type': 'head_seg', 'is_contain': True}])),
    'ok-unknown-type': (200, at((*IMAGES, 4, 'type'), 'hand_seg')),
    'ok-many': (200, at((*IMAGES, 199, 'type'), 'part199_seg')),
    'ok-twice': (200, at(IMAGES, [{'type': 'face_seg', 'is_contain': False},
                                  {'type': 'face_seg', 'is_contain': True}])),
    'ok-null-url': (200, at((*IMAGES, 0, 'url'), None)),
    'ok-number-flags': (200, at((*IMAGES, 0, 'is_contain'), 1)),
    'ok-string-flags': (200, at((*IMAGES, 1, 'is_contain'), 'false')),
    'ok-null-flag': (200, absent((*IMAGES, 1), 'is_contain')),
    'ok-odd-entries': (200, at((*IMAGES, 6, 'is_contain'), True)),
    'ok-images-object': (200, at(IMAGES, {'type': 'object_seg', 'is_contain': True})),
    'ok-unknown-fields': (200, at(('extra', 'a', 1), 2.5)),
    'ok-string-code': (200, at(('code',), '0')),
    'ok-real-code': (200, at(('code',), 0.0)),
    'ok-lower-case': (200, at(('message',), 'success')),
    'ok-number-units': (200, at(('data', 'final_unit_deduction'), 0.1)),
    'ok-no-images': (200, at(('data', 'task_result'), {})),
    'ok-no-result': (200, at(('data',), {})),
    'ok-no-data': (200, absent((), 'data')),
    'ok-null-data': (200, at(('data',), None)),
    'ok-no-code': (200, absent((), 'code')),
    'ok-null-code': (200, at(('code',), None)),
    'ok-escapes': (200, at(('message',), 'a\0b\U0001f600\n')),
    'ok-bad-utf8': (200, not_json(b'\xff\xfe')),
    'ok-bom': (200, not_json(b'\xef\xbb\xbf{"code":0')),
    'ok-trailing': (200, not_json(b'}}\n\ntrailing')),
    'ok-big': (200, big),
    'ok-deep': (200, not_json(b'[' * 10000 + b']' * 10000)),
    'ok-text-type': (200, lambda a: same(a.headers.get_content_type(), 'text/plain')),
    'ok-no-type': (200, lambda a: same(a.headers['Content-Type'], None)),
    'ok-201': (201, HEAD_FACE),
    'ok-long-header': (200, long_header),
    'kling-1000': (401, kling(1000)),
    'kling-1001': (401, kling(1001)),
    'kling-1002': (401, kling(1002)),
    'kling-1003': (401, kling(1003)),
    'kling-1004': (401, kling(1004)),
    'kling-1100': (429, kling(1100)),
    'kling-1101': (429, kling(1101)),
    'kling-1102': (429, kling(1102)),
    'kling-1103': (403, kling(1103)),
    'kling-1200': (400, kling(1200)),
    'kling-1201': (400, kling(1201)),
    'kling-1202': (404, kling(1202)),
    'kling-1203': (404, kling(1203)),
    'kling-1300': (400, kling(1300)),
    'kling-1301': (400, kling(1301)),
    'kling-1302': (429, kling(1302)),
    'kling-1303': (429, kling(1303, 'parallel task over resource pack limit')),
    'kling-1304': (429, kling(1304)),
    'kling-5000': (500, kling(5000)),
    'kling-5001': (503, kling(5001)),
    'kling-5002': (504, kling(5002)),
    'kling-1999': (418, kling(1999)),
    'kling-200-1201': (200, kling(1201)),
    'kling-200-1301': (200, kling(1301)),
    'kling-200-1302': (200, kling(1302)),
    'kling-200-5000': (200, kling(5000)),
    'kling-string-code': (400, kling('1301')),
    'kling-null-data': (400, at(('data',), None)),
    'fetch-1000': (401, fetch(1000)),
    'fetch-1004': (401, fetch(1004)),
    'fetch-1103': (403, fetch(1103)),
    'fetch-1200': (400, fetch(1200)),
    'fetch-1201': (400, fetch(1201)),
    'fetch-1202': (404, fetch(1202)),
    'fetch-1203': (404, fetch(1203)),
    'fetch-1300': (400, fetch(1300)),
    'fetch-1301': (400, fetch(1301)),
    'fetch-5000': (500, fetch(5000)),
    'fetch-5001': (503, fetch(5001)),
    'fetch-5002': (504, fetch(5002)),
    'fetch-error-object': (400, lambda a: same(
        json.loads(a.json()['message'])['error']['code'], 'invalid_request')),
    'fetch-not-json': (502, flat('fail_to_fetch_task', '<html>bad gateway</html>',
                                 data=None)),
    'gateway-failed': (400, flat('image_recognize_failed', 'Image pixel is invalid',
                                 data=None)),
    'gateway-saturated': (429, flat('fail_to_fetch_task', SATURATED, data=None)),
    'comet-400': (400, error('', said='model name is required')),
    'comet-401': (401, error('', said='Invalid token')),
    'comet-403': (403, error('', said='kling-image-recognize')),
    'comet-429': (429, error('')),
    'comet-503-model': (503, error('model_not_found', said='(distributor)')),
    'comet-503-masked': (503, error('service_unavailable')),
    'comet-number-code': (400, error(400)),
    'comet-null-code': (500, error(None)),
    'comet-500-invalid': (500, error('invalid_request', said='is required')),
    'comet-quota': (403, flat(None, QUOTA)),
    'comet-convert': (500, error('convert_request_failed', with_id=False)),
    'gateway-401': (401, error('', 'new_api_error', 'Invalid token')),
    'gateway-quota': (403, flat('quota_not_enough', QUOTA, data=None)),
    'gateway-500-request': (500, at(('code',), 'do_request_failed')),
    'gateway-400-mode': (400, at(('message',), 'unsupported relay mode')),
    'gateway-404': (404, error('', 'invalid_request_error',
                               f'Invalid URL (POST {COMET})', with_id=False)),
    'gateway-400-text': (400, exactly(b'invalid model name', 'text/plain')),
    'gateway-429-empty': (429, exactly(b'')),
    'gateway-413-empty': (413, exactly(b'')),
    'gateway-page': (200, page('Gateway')),
    'cloudflare-403': (403, edge('403')),
    'cloudflare-429': (429, edge('429')),
    'cloudflare-502': (502, edge('502: Bad gateway')),
    'cloudflare-503': (503, edge('503')),
    'cloudflare-504': (504, edge('504')),
    'cloudflare-520': (520, edge('520')),
    'cloudflare-521': (521, edge('521: Web server is down')),
    'cloudflare-522': (522, edge('522: Connection timed out')),
    'cloudflare-523': (523, edge('523: Origin is unreachable')),
    'cloudflare-524': (524, edge('524: A timeout occurred')),
    'http-301': (301, moved),
    'http-302': (302, moved),
    'http-307': (307, moved),
    'http-308': (308, moved),
    'http-200-empty': (200, exactly(b'', 'application/json')),
    'http-204': (204, exactly(b'')),
    'http-200-text': (200, exactly(b'OK\n', 'text/plain')),
    'http-200-null': (200, exactly(b'null', 'application/json')),
    'http-200-list': (200, exactly(b'[]', 'application/json')),
    'http-200-string': (200, exactly(b'"SUCCEED"', 'application/json')),
    'http-200-truncated': (200, not_json(b'{"type":"head_s')),
    'http-400-empty': (400, exactly(b'')),
    'http-408': (408, exactly(b'Request Timeout\n')),
    'http-500-empty': (500, exactly(b'')),
    'http-500-text': (500, exactly(b'Internal Server Error\n')),
    'http-500-big': (500, lambda a: same(len(a.body), 2097152)),
    'http-502-truncated': (502, not_json(b'{"code":5000,"message":"Inter')),
    'http-503-empty': (503, exactly(b'')),
    'http-504-empty': (504, exactly(b'')),
    'chunked': (200, lambda a: same(a.headers['Transfer-Encoding'], 'chunked')),
    'standin-misuse': (400, exactly(b'klingrec-standin: unknown\n')),
}
# These end the connection or belong to other paths, and have their own tests.
OTHERS = {'cut', 'drop', 'drop-early', 'reset', 'hang'}
