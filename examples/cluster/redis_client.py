"""Commands to a redis-server or a Sentinel."""
import socket

SECONDS = 5  # until a server counts as dead


class Refused(Exception):
    """The server answered with an error."""


def ask(port, *words):
    """Returns the reply to a command. Raises OSError without one, and Refused for an error."""
    parts = [str(word).encode() for word in words]
    with socket.create_connection(('127.0.0.1', port), SECONDS) as connection, \
            connection.makefile('rb') as replies:
        connection.sendall(b'*%d\r\n' % len(parts) + b''.join(
            b'$%d\r\n%s\r\n' % (len(part), part) for part in parts))
        return read(replies)


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
    number = int(rest)
    if kind == b':' or number < 0:
        return number if kind == b':' else None
    if kind == b'$':
        return replies.read(number + 2)[:-2].decode()
    return [read(replies) for _ in range(number)]


def info(port, section):
    """Returns the fields of INFO, or {} while the server does not answer."""
    try:
        text = ask(port, 'INFO', section)
    except (OSError, Refused):
        return {}
    return dict(line.split(':', 1) for line in text.splitlines() if ':' in line)
