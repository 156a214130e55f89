"""Commands to a redis-server or a Sentinel."""
import socket

SECONDS = 5  # until a server counts as dead


class Refused(Exception):
    """The server answered with an error."""


def ask(address, *words, password=None):
    """
    Returns the reply to a command. `address` is (host, port); a password logs in before. Raises
    OSError without a whole reply, and Refused for an error.
    """
    commands = [words] if password is None else [('AUTH', password), words]
    with socket.create_connection(address, SECONDS) as connection, \
            connection.makefile('rb') as replies:
        for command in commands:
            connection.sendall(encode(command))
            reply = read(replies)
    return reply


def ask_or_none(address, *words, password=None):
    """Returns the reply to a command, or None without one."""
    try:
        return ask(address, *words, password=password)
    except (OSError, Refused):
        return None


def encode(words):
    parts = [str(word).encode() for word in words]
    return b'*%d\r\n' % len(parts) + b''.join(
        b'$%d\r\n%s\r\n' % (len(part), part) for part in parts)


def read(replies):
    """Returns a text, a number, a list or None (RESP 2)."""
    line = replies.readline()
    if not line.endswith(b'\r\n'):
        raise ConnectionError('the reply ends early')
    kind, rest = line[:1], line[1:-2]
    if kind == b'-':
        raise Refused(rest.decode())
    if kind == b'+':
        return rest.decode()
    number = read_number(kind, rest)
    if kind == b':':
        return number
    if number < 0:
        return None
    if kind == b'$':
        return read_text(replies, number)
    return [read(replies) for _ in range(number)]


def read_number(kind, digits):
    try:
        if kind in b':$*':
            return int(digits)
    except ValueError:
        pass
    raise ConnectionError(f'this is no reply of Redis: {kind + digits!r}')


def read_text(replies, length):
    text = replies.read(length + 2)
    if len(text) < length + 2:
        raise ConnectionError(f'the reply ends after {len(text)} of {length + 2} bytes')
    if not text.endswith(b'\r\n'):
        raise ConnectionError(f'the reply does not end after {length} bytes')
    return text[:-2].decode()


def info(address, section):
    """Returns the fields of INFO, or {} while the server does not answer."""
    text = ask_or_none(address, 'INFO', section) or ''
    return dict(line.split(':', 1) for line in text.splitlines() if ':' in line)
