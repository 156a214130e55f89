"""The OpenAPI document of a gateway, and a check of responses against it.

Stricter than JSON Schema: a member that the schema does not name is a mistake."""
import json
import re

TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None)}
FORMATS = {
    'date-time': r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z',
    'uuid': '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}',
}
NUMBERS = {'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float',
           'double'}
BASE64 = '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?'
COMMENTS = {'description', 'default', 'examples', 'title'}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def has_type(value, name):
    if name == 'number':
        return is_number(value)
    if name == 'integer':
        return is_number(value) and value == int(value)
    return isinstance(value, TYPES[name])


def has_format(value, name):
    return name in NUMBERS or re.fullmatch(FORMATS[name], value) is not None


def is_base64(text):
    return re.fullmatch(BASE64, text) is not None


# Whether a value obeys a keyword; each applies to values of one type only.
RULES = {
    'type': (object, lambda value, names: any(
        has_type(value, name) for name in ([names] if isinstance(names, str) else names))),
    'enum': (object, lambda value, values: value in values),
    'const': (object, lambda value, constant: value == constant),
    'minimum': ((int, float), lambda value, limit: value >= limit),
    'maximum': ((int, float), lambda value, limit: value <= limit),
    'minLength': (str, lambda value, limit: len(value) >= limit),
    'maxLength': (str, lambda value, limit: len(value) <= limit),
    'minItems': (list, lambda value, limit: len(value) >= limit),
    'maxItems': (list, lambda value, limit: len(value) <= limit),
    'pattern': (str, lambda value, pattern: re.search(pattern, value) is not None),
    'format': ((str, int, float), has_format),
    'contentEncoding': (str, lambda value, name: name == 'base64' and is_base64(value)),
    'required': (dict, lambda value, names: set(names) <= set(value)),
}


class Document:
    def __init__(self, document):
        self.schemas = document['components']['schemas']
        self.paths = document['paths']

    # ---- Values ----

    def mistakes(self, schema, value, place=''):
        """Yields the places of a value that do not obey a schema, and the keywords."""
        for keyword, argument in schema.items():
            if keyword in RULES:
                kind, obeys = RULES[keyword]
                if isinstance(value, kind) and not obeys(value, argument):
                    yield f'{place}: {keyword}'
            elif keyword not in COMMENTS:
                yield from self.inner_mistakes(keyword, argument, value, place)

    def inner_mistakes(self, keyword, argument, value, place):
        """Yields the mistakes that a keyword with schemas finds."""
        if keyword == '$ref':
            yield from self.mistakes(self.schemas[argument.rsplit('/', 1)[1]], value, place)
        elif keyword == 'anyOf':
            if all(any(self.mistakes(choice, value)) for choice in argument):
                yield f'{place}: anyOf'
        elif keyword == 'items':
            for index, item in enumerate(value if isinstance(value, list) else ()):
                yield from self.mistakes(argument, item, f'{place}/{index}')
        elif keyword == 'properties':
            for name, member in (value if isinstance(value, dict) else {}).items():
                if name in argument:
                    yield from self.mistakes(argument[name], member, f'{place}/{name}')
                else:
                    yield f'{place}/{name}: no such property'
        else:
            raise NotImplementedError(f'the keyword {keyword}')

    # ---- Responses ----

    def operation(self, method, target):
        """Returns the operation of a request; None without one."""
        path = target.split('?')[0]
        found = [template for template in self.paths
                 if re.fullmatch(re.sub(r'\\\{.*?\\\}', '[^/]+', re.escape(template)), path)]
        found.sort(key=lambda template: template.count('{'))
        return next((self.paths[template][method.lower()] for template in found
                     if method.lower() in self.paths[template]), None)

    def response_mistakes(self, operation, response):
        """Yields the differences between a response and its operation."""
        responses = operation['responses']
        declared = responses.get(str(response.status), responses['default'])
        media = response.header('Content-Type')
        if media not in declared.get('content', {}):
            yield f'the media type {media}'
        elif media.endswith('json'):
            yield from self.mistakes(declared['content'][media]['schema'],
                                     json.loads(response.body))

    def check(self, method, target, response):
        """Checks a response; raises AssertionError for one that the document does not have."""
        operation = self.operation(method, target)
        if operation is None or method not in ('GET', 'POST', 'PUT', 'PATCH', 'DELETE'):
            return
        found = list(self.response_mistakes(operation, response))
        if found:
            raise AssertionError(f'{method} {target}, {response.status}: the OpenAPI document '
                                 f'has other responses: {found}: {response.body[:500]}')
