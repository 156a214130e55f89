"""
Checks the structure of documents: no unknown member, no missing one, and the right types.

A form is a type ('text', 'number', 'truth', 'any'), a list of one form, a set of texts, or the members
of an object: {'name': form}. A name ends in '!' if the member is required. '*' is the form of members
with other names.
"""

TYPES = {'text': str, 'number': int, 'truth': bool}


def problems(value, form, path=''):
    """Returns what is wrong with a value, as texts that begin with the path."""
    if isinstance(form, dict):
        return object_problems(value, form, path)
    if isinstance(form, list):
        if not isinstance(value, list):
            return [f'{path}: a list is expected']
        return [found for index, element in enumerate(value)
                for found in problems(element, form[0], f'{path}[{index}]')]
    return scalar_problems(value, form, path)


def scalar_problems(value, form, path):
    if isinstance(form, set):
        return [] if value in form else [f'{path}: {value!r} is none of {sorted(form)}']
    if form == 'any' or type(value) is TYPES[form]:
        return []
    return [f'{path}: {value!r} is no {form}']


def object_problems(value, form, path):
    if not isinstance(value, dict):
        return [f'{path}: an object is expected']
    members = {name.rstrip('!'): inner for name, inner in form.items()}
    found = [f'{path}.{name[:-1]}: is missing' for name in form
             if name.endswith('!') and name[:-1] not in value]
    for name, element in value.items():
        inner = members.get(name, members.get('*'))
        found += ([f'{path}.{name}: unknown'] if inner is None
                  else problems(element, inner, f'{path}.{name}'))
    return found
