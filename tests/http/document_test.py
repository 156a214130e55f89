#!/usr/bin/env python3
"""The check of responses finds each kind of disagreement with the document."""
import json
import unittest

import document
import fixture

POINT = {'type': 'object', 'required': ['x'], 'properties': {
    'x': {'type': 'integer', 'minimum': 1, 'maximum': 9},
    'name': {'type': ['string', 'null'], 'maxLength': 3, 'pattern': '^[a-z]*$'},
    'list': {'type': 'array', 'maxItems': 2, 'items': {'enum': ['a', 'b']}},
    'time': {'type': 'string', 'format': 'date-time'},
    'data': {'type': 'string', 'contentEncoding': 'base64'},
    'wrap': {'anyOf': [{'type': 'number'}, {'$ref': '#/components/schemas/Point'}]},
}}
PATHS = {
    '/p/{id}': {'get': {'responses': {
        '200': {'content': {'application/json': {
            'schema': {'$ref': '#/components/schemas/Point'}}}},
        'default': {'content': {'application/problem+json': {'schema': {'required': ['title']}}}}}}},
    '/p/first': {'get': {'responses': {'default': {}}}},
}


class Checks(unittest.TestCase):
    made = document.Document({'components': {'schemas': {'Point': POINT}}, 'paths': PATHS})

    def check(self, value, status=200, media='application/json', target='/p/7'):
        body = json.dumps(value).encode()
        self.made.check('GET', target,
                        fixture.Response(status, [('Content-Type', media)], body))

    def test_valid_responses(self):
        self.check({'x': 1})
        self.check({'x': 9, 'name': None, 'list': ['a', 'b'], 'data': 'AAEC', 'wrap': {'x': 2},
                    'time': '2025-10-10T10:00:00.5Z'})
        self.check({'title': 'x'}, 404, 'application/problem+json')

    def test_wrong_values(self):
        for value in ({}, [], {'x': 0}, {'x': 10}, {'x': '1'}, {'x': 1.5}, {'x': True},
                      {'x': 1, 'name': 'long'}, {'x': 1, 'name': 'A'}, {'x': 1, 'name': 1},
                      {'x': 1, 'list': ['c']}, {'x': 1, 'list': ['a', 'a', 'a']},
                      {'x': 1, 'time': 'noon'}, {'x': 1, 'data': 'AB'}, {'x': 1, 'other': 1},
                      {'x': 1, 'wrap': 'x'}, {'x': 1, 'wrap': {'x': 0}}):
            with self.subTest(value), self.assertRaises(AssertionError):
                self.check(value)

    def test_wrong_responses(self):
        for arguments in ((200, 'text/plain'), (201, 'application/json'),
                          (404, 'application/problem+json'),
                          (200, 'application/json', '/p/first')):
            with self.subTest(arguments), self.assertRaises(AssertionError):
                self.check({'x': 1}, *arguments)


if __name__ == '__main__':
    fixture.main()
