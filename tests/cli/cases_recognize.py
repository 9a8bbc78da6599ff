# SPDX-License-Identifier: MIT
"""Test the command recognize."""
import os

from harness import ESC, KEY, Run, Server, holds, lacks, png, put, recognize, same, test
from hostile import Service


@test
def the_table_is_in_the_order_of_the_arguments():
    put('slow.png', png(marker='head'))
    put('small.png', png(299, 299))
    put('none.png', png(marker='none'))
    run = recognize('slow.png', 'small.png', 'none.png',
                    'https://example.com/a?standin=cloth,object', answer='ok:delay=100')
    rows = [line.split() for line in run.out.splitlines()]
    same(rows[0], ['file', 'head', 'face', 'cloth', 'object'])
    same(rows[1], ['slow.png', 'yes', 'no', 'no', 'no'])
    same(rows[2][0], 'small.png')
    holds(run.out, '299 x 299')
    same(rows[3], ['none.png', 'no', 'no', 'no', 'no'])
    same(rows[4][1:], ['no', 'no', 'yes', 'yes'])
    same(run.code, 1)
    holds(run.err, '4 images: 3 recognised, 1 failed')
    lacks(run.out, ESC)


@test
def a_region_that_is_not_reported_is_not_shown_as_no():
    put('a.png', png())
    run = recognize('a.png', answer='ok-head-only')
    same(run.out.splitlines()[1].split(), ['a.png', 'yes', '-', '-', '-'])
    row, = recognize('--json', 'a.png', answer='ok-head-only').lines()
    same(row['regions'], {'head': True, 'face': None, 'cloth': None, 'object': None})


@test
def json_has_typed_fields():
    put('a.png', png(640, 480, 'head,object'))
    put('bad.png', png(200, 200))
    run = recognize('--json', 'a.png', 'bad.png', 'https://example.com/x.png')
    same(run.code, 1)
    rows = sorted(run.lines(), key=lambda row: row['index'])
    good, bad, url = rows
    same(good['regions'], {'head': True, 'face': False, 'cloth': False, 'object': True})
    same(good['region_list'][0], {'name': 'head_seg', 'contained': True, 'url': None})
    same(good['image'], {'format': 'PNG', 'width': 640, 'height': 480, 'orientation': 1,
                         'bytes': os.path.getsize('a.png'), 'broken': [], 'edge': []})
    same([good[k] for k in ('input', 'status', 'message', 'http_status', 'service_code',
                            'delivery', 'attempts', 'units')],
         ['a.png', 'KLINGREC_OK', None, 200, 0, 'answered', 1, None])
    same(isinstance(good['request_id'], str), True)
    same([bad[k] for k in ('status', 'regions', 'region_list', 'request_id',
                           'http_status', 'delivery', 'attempts')],
         ['KLINGREC_ERR_IMAGE_SIDE', None, [], None, None, 'not_sent', 0])
    same(url['image'], None)


@test
def a_code_that_is_no_number_is_text_only():
    put('a.png', png())
    with Service() as service:
        for code, number in ((1301, 1301), ('-5', -5), ('-', None), ('1-2', None),
                             ('99999999999', None)):
            service.answer = (400, {'code': code, 'message': 'm'})
            row, = service.run('--json', 'a.png').lines()
            same((row['code'], row['service_code']), (str(code), number))


@test
def kling_answers_contain_urls_and_units():
    put('a.png', png())
    row, = recognize('--json', 'a.png', answer='ok-kling').lines()
    same(any(r['url'] for r in row['region_list']), True)
    same(isinstance(row['units'], str), True, row['units'])


@test
def the_service_message_does_not_contain_the_request_id():
    put('a.png', png())
    put('b.png', png(400, 400))
    rows = recognize('--json', 'a.png', 'b.png', answer='kling-1301').lines()
    same(rows[0]['service_message'], rows[1]['service_message'])
    same(rows[0]['request_id'] == rows[1]['request_id'], False)
    holds(rows[0]['message'], rows[0]['service_message'], rows[0]['request_id'])
    lacks(rows[0]['service_message'], rows[0]['request_id'])
    same(recognize('--json', 'a.png').lines()[0]['service_message'], None)


@test
def an_invalid_url_is_refused_with_the_offset_and_not_sent():
    for url, why in (('https://u:p@example.com/a.png', 'user name or password'),
                     ('https://example.com/a b.png', 'at character 21'),
                     ('https://', 'names no valid host')):
        row, = recognize('--json', url).lines()
        same((row['status'], row['delivery'], row['image']),
             ('KLINGREC_ERR_IMAGE_URL', 'not_sent', None))
        holds(row['message'], why)


ANSWERS = [
    # answer, exit code, status
    ('ok', 0, 'KLINGREC_OK'),
    ('kling-1301', 1, 'KLINGREC_ERR_REFUSED'),
    ('kling-1000', 3, 'KLINGREC_ERR_AUTH'),
    ('kling-1102', 3, 'KLINGREC_ERR_ACCOUNT'),
    ('kling-1302', 4, 'KLINGREC_ERR_RATE_LIMIT'),
    ('kling-5000', 4, 'KLINGREC_ERR_SERVER'),
    ('ok-trailing', 4, 'KLINGREC_ERR_RESPONSE'),
    ('ok-big', 4, 'KLINGREC_ERR_RESPONSE_BYTES'),
]


@test
def exit_codes_distinguish_causes():
    put('a.png', png())
    for answer, code, status in ANSWERS:
        run = recognize('--json', '--retries', '0', 'a.png', answer=answer)
        same((run.code, run.lines()[0]['status']), (code, status), answer)
    run = Run('recognize', '--endpoint', 'http://127.0.0.1:1/', '--retries=0', 'a.png',
              env={'COMETAPI_KEY': KEY})
    same(run.code, 4)
    same(recognize('none.png').code, 1)
    same(recognize('.').code, 1)
    # An unreachable service takes precedence over a bad image, and a refused key over both.
    put('small.png', png(200, 200))
    same(recognize('--retries=0', 'small.png', 'a.png', answer='kling-5000').code, 4)
    same(recognize('small.png', 'a.png', answer='kling-1000').code, 3)


@test
def a_refused_key_stops_the_rest_and_every_input_gets_a_record():
    put('a.png', png())
    run = recognize('-j1', '--json', *['a.png'] * 6, env={'COMETAPI_KEY': 'wrong'})
    rows = run.lines()
    same(run.code, 3)
    same([row['index'] for row in rows], list(range(6)))
    same(rows[0]['status'], 'KLINGREC_ERR_AUTH')
    same({row['status'] for row in rows[1:]}, {'KLINGREC_ERR_CANCELED'})
    same({row['delivery'] for row in rows[1:]}, {'not_sent'})
    run = recognize('-j1', *['a.png'] * 6, env={'COMETAPI_KEY': 'wrong'})
    same(run.out.count('\n'), 2)
    holds(run.err, '5 not sent')
    put('retried.png', png(400, 400, 'answer=kling-5001'))
    put('refused.png', png(400, 500, 'answer=comet-quota:delay=300'))
    for more in ([], ['--journal', 'j']):
        with Server() as server:
            run = Run('recognize', '-j2', '--json', '--ordered', '--endpoint', server.url(),
                      *more, 'retried.png', 'refused.png', env={'COMETAPI_KEY': KEY})
            same((run.code, server.stats()['requests']), (3, 2), 'not retried')
            same([(row['status'], row['attempts']) for row in run.lines()],
                 [('KLINGREC_ERR_CANCELED', 1), ('KLINGREC_ERR_ACCOUNT', 1)])


@test
def several_images_are_in_flight():
    put('a.png', png())
    with Server('--delay', '3000') as server:
        run = Run('recognize', '-j8', '--endpoint', server.url(), *['a.png'] * 8,
                  env={'COMETAPI_KEY': KEY})
        same((run.code, server.stats()['max_in_flight']), (0, 8), 'all eight at once')


@test
def a_timeout_is_kept_and_the_delivery_is_reported():
    put('a.png', png())
    run = recognize('--timeout', '3', 'a.png', answer='ok:delay=40000')
    same(run.code, 4)
    holds(run.out, 'may be billed')
    holds(run.err, 'may be billed')


@test
def a_dry_run_does_not_say_which_images_qualify():
    put('a.png', png())
    run = recognize('-n', '--json', '--fields', 'plan,qualifies', '--require', 'head',
                    'a.png')
    same((run.code, run.lines()), (0, [{'plan': 'send', 'qualifies': None}]))
