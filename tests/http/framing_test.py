#!/usr/bin/env python3
"""Requests whose end two servers could see at different places, and other attacks, are refused.

Each attack ends with the request HIDDEN. A gateway that answers it was deceived."""
import fixture

HIDDEN = 'GET /things/hidden HTTP/1.1\r\nHost: x\r\n\r\n'
POST = 'POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
GET = 'GET /things/first HTTP/1.1\r\nHost: x\r\n'
CHUNKED = 'Transfer-Encoding: chunked\r\n'
END = '0\r\n\r\n'

ATTACKS = {
    'length and chunked': POST + 'Content-Length: 5\r\n' + CHUNKED + '\r\n' + END,
    'chunked and length': POST + CHUNKED + 'Content-Length: 5\r\n\r\n' + END,
    'two lengths': POST + 'Content-Length: 0\r\nContent-Length: 40\r\n\r\n',
    'two equal lengths': POST + 'Content-Length: 0\r\nContent-Length: 0\r\n\r\n',
    'a list of lengths': POST + 'Content-Length: 0, 0\r\n\r\n',
    'two encodings': POST + CHUNKED + CHUNKED + '\r\n' + END,
    'a list of encodings': POST + 'Transfer-Encoding: gzip, chunked\r\n\r\n' + END,
    'chunked twice': POST + 'Transfer-Encoding: chunked, chunked\r\n\r\n' + END,
    'identity': POST + 'Transfer-Encoding: identity\r\n\r\n' + END,
    'an unknown encoding': POST + 'Transfer-Encoding: xchunked\r\n\r\n' + END,
    'an encoding in quotes': POST + 'Transfer-Encoding: "chunked"\r\n\r\n' + END,
    'a blank before the colon': POST + 'Content-Length : 5\r\n\r\n',
    'a tab before the colon': POST + 'Transfer-Encoding\t: chunked\r\n\r\n' + END,
    'a similar name': POST + 'Content-Length-: 5\r\n\r\n',
    'a similar encoding': POST + 'Transfer-Encoding_x: chunked\r\n\r\n' + END,
    'a length with a sign': POST + 'Content-Length: +0\r\n\r\n',
    'a negative length': POST + 'Content-Length: -1\r\n\r\n',
    'a hexadecimal length': POST + 'Content-Length: 0x0\r\n\r\n',
    'an empty length': POST + 'Content-Length:\r\n\r\n',
    'a large length': POST + 'Content-Length: 18446744073709551616\r\n\r\n',
    'a length with a blank': POST + 'Content-Length: 0 0\r\n\r\n',
    'a folded header': POST + 'X: 1\r\n Content-Length: 0\r\n\r\n',
    'no host': 'GET /things/first HTTP/1.1\r\n\r\n',
    'two hosts': GET + 'Host: y\r\n\r\n',
    'a name with a bracket': GET + 'X(y): 1\r\n\r\n',
    'a control character in a value': GET + 'X: a\x01b\r\n\r\n',
    'a carriage return in a value': GET + 'X: a\rb\r\n\r\n',
    'chunks in HTTP/1.0': POST.replace('1.1', '1.0') + CHUNKED + '\r\n' + END,
    'a chunk that ends with a bare line feed': POST + CHUNKED + '\r\n2\n{}\r\n0\r\n\r\n',
    'a chunk with a broken extension': POST + CHUNKED + '\r\n2;\n{}\r\n0\r\n\r\n',
    'a body in chunks': POST + CHUNKED + '\r\n2\r\n{}\r\n0\r\n\r\n',
    'delete in a value': GET + 'X: a\x7fb\r\n\r\n',
}

# These are refused for what they are; their end is certain, and the connection may stay.
REFUSED = {
    'a control character in the path': 'GET /things/\x01 HTTP/1.1\r\nHost: x\r\n\r\n',
    'a control character in an escape': 'GET /things/%0d%0a HTTP/1.1\r\nHost: x\r\n\r\n',
    'NUL in an escape': 'GET /things/%00 HTTP/1.1\r\nHost: x\r\n\r\n',
    'a broken escape': 'GET /things/%zz HTTP/1.1\r\nHost: x\r\n\r\n',
    'deep JSON': POST + 'Content-Length: 20000\r\n\r\n' + 20000 * '[',
    'deep JSON in a skipped place': POST + 'Content-Length: 20006\r\n\r\n{"x":' + 20001 * '[',
    'no length': POST + '\r\n',
    'a GET with a body': GET + 'Content-Length: 2\r\n\r\n{}',
}


class Framing(fixture.Case):
    def attack(self, text):
        """Sends an attack and the hidden request. Returns all responses."""
        connection = self.gateway.connect()
        connection.send(text + HIDDEN)
        connection.socket.settimeout(2)
        found = b''
        try:
            while connection.more():
                pass
        except TimeoutError:
            found = b' and the connection stays'
        connection.close()
        return connection.buffer + found

    def test_attacks(self):
        for name, text in ATTACKS.items():
            with self.subTest(name):
                answer = self.attack(text)
                self.assertNotIn(b'hidden', answer)
                self.assertTrue(answer == b'' or answer.startswith(b'HTTP/1.1 4'), answer)
                self.assertNotIn(b'the connection stays', answer)

    def test_refused_requests(self):
        for name, text in REFUSED.items():
            with self.subTest(name):
                answer = self.attack(text)
                self.assertRegex(answer, b'^HTTP/1.1 4(00|11)')

    def test_broken_chunks(self):
        for chunks in ('x\r\n', '-1\r\n', '5\r\nabc', '2\r\n{}x\r\n', '11111111111111111\r\n'):
            with self.subTest(chunks):
                answer = self.attack(POST + CHUNKED + '\r\n' + chunks)
                self.assertNotIn(b'hidden', answer)
                self.assertNotIn(b' 201 ', answer)

    def test_the_gateway_still_works(self):
        self.assertEqual(self.call('GET', '/things/first').status, 200)


if __name__ == '__main__':
    fixture.main()
