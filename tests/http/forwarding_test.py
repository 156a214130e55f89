#!/usr/bin/env python3
"""Headers that the option names reach the service, whose refusals are 403 and 429."""
import fixture


class Forwarding(fixture.Case):
    gateway_environment = {
        'CATGA_HTTP_FORWARD_HEADERS': ' Authorization ,\tX_Tenant',
        'CATGA_HTTP_CORS_ORIGIN': 'https://shop.example',
    }

    def test_the_service_denies(self):
        problem = self.refused(self.call('GET', '/things/x', Authorization='Bearer stranger'), 403,
                               type='about:blank', detail='"stranger" may not do this')
        self.assertNotIn('code', problem)
        response = self.call('GET', '/things/x', Authorization='Bearer busy')
        self.refused(response, 429)
        self.assertEqual(response.header('Retry-After'), '1')
        self.assertEqual(self.call('GET', '/things/x', Authorization='Bearer friend').status, 200)
        self.assertEqual(self.call('GET', '/things/x').status, 200)

    def test_names_have_any_case(self):
        self.refused(self.call('GET', '/things/x', authorization='Bearer stranger'), 403)

    def test_values_that_a_call_cannot_carry(self):
        for value in ('', 'a\tb', 4097 * 'x'):
            with self.subTest(value):
                self.wrong(self.call('GET', '/things/x', Authorization=value), 'header',
                           'Authorization')
        self.assertEqual(self.call('GET', '/things/x', Authorization=4096 * 'x').status, 200)

    def test_a_header_that_occurs_twice(self):
        connection = self.gateway.connect()
        connection.send('GET /things/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer friend\r\n'
                        'authorization: Bearer stranger\r\n\r\n')
        self.wrong(connection.response(), 'header', 'Authorization')
        connection.close()

    def test_pages_may_send_them(self):
        response = self.call('OPTIONS', '/things/x', Origin='https://shop.example',
                             Access_Control_Request_Method='PATCH')
        allowed = response.header('Access-Control-Allow-Headers')
        self.assertTrue(allowed.endswith(', tracestate, Authorization, X_Tenant'), allowed)


class Standard(fixture.Case):
    def test_nothing_is_forwarded(self):
        self.assertEqual(self.call('GET', '/things/x', Authorization='Bearer stranger').status, 200)

    def test_options(self):
        for wrong in ('Authorization,', 'Authorization, ', ',', ' ', 'a b', 'Nats-Msg-Id', 'traceparent', 'X,x',
                      'a,b,c,d,e,f,g,h,i', 65 * 'x'):
            with self.subTest(wrong):
                with self.assertRaisesRegex(RuntimeError, 'forward_headers: accepted is: '):
                    fixture.Gateway(CATGA_HTTP_FORWARD_HEADERS=wrong)


if __name__ == '__main__':
    fixture.main()
