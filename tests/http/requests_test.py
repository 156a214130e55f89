#!/usr/bin/env python3
"""Requests become calls, and their answers responses."""
import subprocess
import unittest

import fixture

THING = {
    'thingId': 'a/b ä', 'color': 'Blue', 'rights': 'Read Write', 'price': 10.50,
    'madeAt': '2025-10-10T10:00:00Z', 'parts': [{'partName': 'leg', 'pieceCount': 4}],
    'position': {'xAxis': 1.5, 'Y': -2}, 'the_note': 'n', 'bigNumber': 18446744073709551615,
    'leftOver': 7, 'outerWrapType': 'Box', 'outerWrap': {'boxSize': 3},
}
THING['color'] = 'light blue'


class Requests(fixture.Case):
    def test_a_command_with_every_type(self):
        response = self.call('POST', '/things', THING)
        self.assertEqual(response.status, 201)
        self.assertEqual(response.header('Content-Type'), 'application/json')
        self.assertIn('Accept', response.header('Vary'))
        answer = response.json()
        self.assertEqual({name: answer[name] for name in THING}, THING)
        self.assertEqual(answer['processedBy'], 'things_service')

    def test_names_of_the_schema_are_accepted(self):
        response = self.call('POST', '/things', {'thing_id': 'x', 'parts': [{'part_name': 'y'}]})
        self.assertEqual(response.status, 201)
        self.assertEqual(response.json()['parts'], [{'partName': 'y', 'pieceCount': 1}])
        self.wrong(self.call('POST', '/things', '{"thing_id":"x","thingId":"y"}'), 'pointer',
                   '/thingId')

    def test_fields_of_the_path(self):
        self.assertEqual(self.call('GET', '/things/a%2Fb%20%C3%A4').json()['thingId'], 'a/b ä')
        self.assertEqual(self.call('GET', '/things/first').json()['thingId'], 'the first')
        answer = self.call('PUT', '/things/x/colors/Green', {'the_note': 'n'}).json()
        self.assertEqual((answer['thingId'], answer['color'], answer['the_note']),
                         ('x', 'Green', 'n'))
        self.assertEqual(self.call('PATCH', '/things/x', {'price': 1.25}).json()['price'], 1.25)
        self.wrong(self.call('PUT', '/things/x/colors/red', {}), 'parameter', 'color')
        self.wrong(self.call('GET', '/things/' + 65 * 'x'), 'parameter', 'thingId')
        self.wrong(self.call('GET', '/things/%ff'), 'parameter', 'thingId')

    def test_a_field_of_the_path_wins(self):
        answer = self.call('PATCH', '/things/x', {'thingId': 'y', 'price': 1}).json()
        self.assertEqual(answer['thingId'], 'x')

    def test_a_command_without_body(self):
        response = self.call('DELETE', '/things/x')
        self.assertEqual((response.status, response.json()), (200, {'done': True}))
        self.assertEqual(self.call('PATCH', '/things/x', '').status, 200)

    def test_the_query_string(self):
        target = ('/search?color=light+blue&rights=Read%20Write&lowest=-5&price=10.50&isNew=true'
                  '&tagNames=a&tag_names=b%26c&ids=1&ids=4294967295'
                  '&key=6ba7b810-9dad-11d1-80b4-00c04fd430c8&ratio=1e3&data=AAEC'
                  '&since=2025-10-10T12:00:00%2B02:00&timeSpan=1.5s&limit=0&own_name=x')
        self.assertEqual(self.call('GET', target).json(), {
            'color': 'light blue', 'rights': 'Read Write', 'lowest': -5, 'price': 10.50,
            'isNew': True, 'tagNames': ['a', 'b&c'], 'ids': [1, 4294967295],
            'key': '6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'ratio': 1000, 'data': 'AAEC',
            'since': '2025-10-10T10:00:00Z', 'timeSpan': '1.5s', 'limit': 0, 'own_name': 'x'})
        self.assertEqual(self.call('GET', '/search').json(), {
            'color': 'Red', 'rights': 0, 'lowest': 0, 'price': 0.00, 'isNew': False, 'ratio': 0,
            'since': '1970-01-01T00:00:00Z', 'timeSpan': '0s'})

    def test_wrong_queries(self):
        for query, name in (('unknown=1', 'unknown'), ('lowest=101', 'lowest'),
                            ('lowest=x', 'lowest'), ('isNew=1', 'isNew'), ('color=4x', 'color'),
                            ('lowest=1&lowest=2', 'lowest'), ('key=x', 'key'), ('own=x', 'own'),
                            ('tagNames=1&tagNames=2&tagNames=3&tagNames=4', 'tagNames'),
                            ('price=1.001', 'price'), ('data=%21', 'data'), ('ids=-1', 'ids')):
            with self.subTest(query):
                self.wrong(self.call('GET', '/search?' + query), 'parameter', name)
        self.wrong(self.call('GET', '/things/x?thingId=y'), 'parameter', 'thingId')
        self.wrong(self.call('POST', '/slow?sleepMs=1', {}), 'parameter', 'sleepMs')

    def test_wrong_bodies(self):
        for body, where in (('{', ''), ('[]', ''), ('null', ''), ('{"thingId":1}', '/thingId'),
                            ('{}', '/thingId'), ('{"thingId":"x","nothing":1}', ''),
                            ('{"thingId":"x","parts":[{},{}]}', '/parts/0/partName'),
                            ('{"thingId":"x","parts":[{"partName":"y","pieceCount":11}]}',
                             '/parts/0/pieceCount'),
                            ('{"thingId":"x","position":{"xAxis":1}}', '/position/Y'),
                            ('{"thingId":"x"} x', ''), (b'{"thingId":"\xff"}', '/thingId')):
            with self.subTest(body):
                self.wrong(self.call('POST', '/things', body), 'pointer', where)

    def test_an_error_does_not_repeat_the_payload(self):
        response = self.call('POST', '/things', '{"thingId":"secret","price":"secret"}')
        self.assertNotIn(b'secret', response.body)

    def test_declared_errors(self):
        name = 'test.http.ThingError.'
        self.refused(self.call('POST', '/things', {'thingId': 'exists'}), 409, code=2,
                     type='urn:catga:error:' + name + 'Exists', detail='there is "exists"')
        self.refused(self.call('POST', '/things', {'thingId': 'many'}), 429, code=3)
        self.refused(self.call('GET', '/things/absent'), 404, code=1, title='NotFound')

    def test_failures_of_the_service(self):
        self.refused(self.call('POST', '/slow', {'fail': True}), 500, type='about:blank')
        response = self.call('POST', '/nobody', {})
        self.refused(response, 503)
        self.assertEqual(response.header('Retry-After'), '1')

    def test_a_deadline_of_the_client(self):
        self.refused(self.call('POST', '/slow', {'sleepMs': 1000}, Catga_Timeout='100'), 504)
        remaining = self.call('POST', '/context', {}, Catga_Timeout='800').json()['remainingMs']
        self.assertTrue(0 < remaining <= 800, remaining)
        remaining = self.call('POST', '/context', {}, Catga_Timeout='60000').json()['remainingMs']
        self.assertTrue(4000 < remaining <= 5000, remaining)
        for wrong in ('0', '-1', 'x', '1.5', ''):
            self.wrong(self.call('POST', '/context', {}, Catga_Timeout=wrong), 'header',
                       'Catga-Timeout')

    def test_trace_context(self):
        trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

        def traced(value):
            return self.call('POST', '/context', {}, traceparent=value).json().get('traceParent')
        self.assertEqual(traced(trace), trace)
        self.assertEqual(traced('01' + trace[2:] + '-more'), trace)
        for wrong in ('', 'x', trace + '-more', trace.upper(), 'ff' + trace[2:],
                      trace.replace('b7ad6b7169203331', 16 * '0')):
            self.assertIn(traced(wrong), (None, ''))

    def test_idempotency(self):
        key = {'Idempotency_Key': '"order form 17"'}
        first = self.call('POST', '/things', {'thingId': 'k', 'price': 1}, **key)
        again = self.call('POST', '/things', {'thingId': 'k', 'price': 1},
                          Idempotency_Key='order form 17')
        self.assertEqual((first.status, first.body), (201, again.body))
        other = self.call('POST', '/things', {'thingId': 'k', 'price': 1}, Idempotency_Key='18')
        self.assertNotEqual(first.json()['attemptCount'], other.json()['attemptCount'])
        self.refused(self.call('POST', '/things', {'thingId': 'k', 'price': 2}, **key), 422)
        self.wrong(self.call('POST', '/things', {'thingId': 'k'}, Idempotency_Key='""'), 'header',
                   'Idempotency-Key')

    def test_the_media_type_of_the_body(self):
        response = self.call('POST', '/things', '{}', Content_Type='text/plain')
        self.refused(response, 415)
        self.assertIn('application/json', response.header('Accept-Post'))
        self.refused(self.call('POST', '/things', '{}', Content_Type=None), 415)
        response = self.call('PATCH', '/things/x', '{}', Content_Type='x/y')
        self.assertIn('application/json', response.header('Accept-Patch'))

    def test_the_media_type_of_the_response(self):
        self.refused(self.call('GET', '/things/x', Accept='text/html'), 406)
        self.assertEqual(self.call('GET', '/things/x', Accept='text/html, */*;q=0.1').status, 200)

    def test_flatbuffers(self):
        binary = 'application/octet-stream'
        response = self.call('POST', '/things', THING, Accept=binary)
        self.assertEqual((response.status, response.header('Content-Type')), (201, binary))
        self.wrong(self.call('POST', '/things', response.body, Content_Type=binary), 'pointer', '')
        command = self.call('POST', '/echo-of-nothing')
        self.refused(command, 404)

    def test_head_and_options(self):
        response = self.call('HEAD', '/things/x')
        self.assertEqual((response.status, response.body), (200, b''))
        self.assertGreater(int(response.header('Content-Length')), 0)
        response = self.call('OPTIONS', '/things/x')
        self.assertEqual(response.status, 204)
        self.assertEqual(set(response.header('Allow').split(', ')),
                         {'GET', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'})
        self.assertIsNone(response.header('Access-Control-Allow-Origin'))

    def test_unknown_paths_and_methods(self):
        for target in ('/', '/thing', '/things/', '/things/x/', '/things/x/y', '//things',
                       '/THINGS', '/things/../health'):
            with self.subTest(target):
                self.refused(self.call('GET', target), 405 if target == '/things' else 404)
        response = self.call('POST', '/things/x', {})
        self.refused(response, 405)
        self.assertEqual(set(response.header('Allow').split(', ')),
                         {'GET', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'})

    def test_a_connection_is_kept(self):
        connection = self.gateway.connect()
        for number in range(20):
            self.assertEqual(connection.call('GET', f'/things/{number}').json()['thingId'],
                             str(number))
        self.refused(connection.call('POST', '/things', '{'), 400)
        self.refused(connection.call('POST', '/none', {'a': 1}), 404)
        self.assertEqual(connection.call('GET', '/things/x').status, 200)
        connection.close()

    def test_pipelined_requests_are_answered_in_order(self):
        connection = self.gateway.connect()
        connection.request('POST', '/slow', {'sleepMs': 200})
        for number in range(5):
            connection.request('GET', f'/things/{number}')
        self.assertEqual(connection.response().json(), {'done': True})
        for number in range(5):
            self.assertEqual(connection.response().json()['thingId'], str(number))
        connection.close()

    def test_a_body_in_chunks(self):
        connection = self.gateway.connect()
        connection.send('POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
                        'Transfer-Encoding: chunked\r\n\r\n')
        for part in ('{"thing', 'Id":"c', 'hunks"}'):
            connection.send(f'{len(part):x}\r\n{part}\r\n')
        connection.send('0\r\n\r\n')
        self.assertEqual(connection.response().json()['thingId'], 'chunks')
        connection.close()

    def test_expect_continue(self):
        connection = self.gateway.connect()
        connection.send('PATCH /things/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
                        'Content-Length: 2\r\nExpect: 100-continue\r\n\r\n')
        self.assertEqual(connection.head().status, 100)
        connection.send('{}')
        self.assertEqual(connection.response().status, 200)
        connection.close()

    def test_curl(self):
        url = f'http://127.0.0.1:{self.gateway.port}/things'
        output = subprocess.run(['curl', '--silent', '--show-error', '--json',
                                 '{"thingId":"curl"}', '--write-out', ' %{http_code}', url],
                                capture_output=True, check=True, timeout=fixture.DEADLINE).stdout
        self.assertTrue(output.endswith(b' 201'), output)

    def test_absolute_targets(self):
        self.assertEqual(self.call('GET', 'http://test:80/things/x').status, 200)
        self.assertEqual(self.call('GET', 'https://test/things/x').status, 200)
        for target in ('http://', 'https://', 'http://test', 'http://test?x=1/ready'):
            self.refused(self.call('GET', target), 404)

    def test_headers_in_several_lines(self):
        connection = self.gateway.connect()
        trace = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n'
        connection.send('GET /things/x HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n'
                        'Accept: application/json\r\n\r\n')
        self.assertEqual(connection.response().status, 200)
        connection.send('POST /context HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n' + trace +
                        trace + '\r\n')
        self.assertIn(connection.response().json().get('traceParent'), (None, ''))
        connection.close()

    def test_a_message_without_fields(self):
        self.wrong(self.call('GET', '/things/first?x=1'), 'parameter', 'x')
        self.wrong(self.call('POST', '/context', '{"x":1}'), 'pointer', '')

    def test_texts_of_clients_are_valid_utf8_in_errors(self):
        for name in ('%ed%a0%80', '%e0%80%80', '%f4%90%80%80', '%c0%80', '%ff'):
            response = self.call('GET', f'/search?{name}=1')
            self.wrong(response, 'parameter', '')
            response.body.decode()

    def test_pages_of_other_origins(self):
        """A browser sends some requests of other origins without asking before."""
        host = f'127.0.0.1:{self.gateway.port}'
        response = self.call('POST', '/context', '', Content_Type='text/plain',
                             Origin='https://evil.example')
        self.refused(response, 403)
        self.assertEqual(self.call('POST', '/context', {}, Host=host,
                                   Origin='http://' + host).status, 200)
        self.assertEqual(self.call('GET', '/things/x', Origin='https://evil.example').status, 200)

    def test_large_vectors_are_refused_early(self):
        begun = self.gateway.processor_seconds()
        for _ in range(10):
            parts = 300000 * '{},'
            self.wrong(self.call('POST', '/things', f'{{"thingId":"a","parts":[{parts}{{}}]}}'),
                       'pointer', '/parts')
        self.assertLess(self.gateway.processor_seconds() - begun, 3)


if __name__ == '__main__':
    fixture.main()
