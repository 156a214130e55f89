"""The processes of a demonstration. All of them end with it, however it ends."""
import os
import random
import shutil
import signal
import socket
import subprocess
import time

# Nothing outlives a demonstration that was killed, not even a process that began at that moment.
TIED = ['setpriv', '--pdeathsig', 'KILL', 'sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"']
PATH = os.environ['PATH'] + ':/usr/sbin:/usr/local/sbin'  # of servers in Debian
SLOWEST = 90  # seconds; no step may take longer, not even the first election on a busy machine


class Failure(Exception):
    """A step did not have the expected result."""


def wait_for(condition, what, seconds=SLOWEST):
    """Waits until a condition holds, and returns its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise Failure(f'waited {seconds} s for {what}')
        time.sleep(0.02)
    return value


def is_free(port):
    """Returns whether nothing listens at a port; connections that have ended do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
            return True
        except OSError:
            return False


class Ports:
    """Gives each part of the cluster a port: its own well-known one, or any free one."""

    def __init__(self, well_known):
        self.well_known = well_known
        self.given = set()

    def take(self, name, number):
        if not self.well_known:
            number = self.any_free()
        elif not is_free(number):
            raise Failure(f'port {number} is in use, and {name} needs it: end the program that '
                          f'listens there (ss -ltnp "sport = :{number}")')
        self.given.add(number)
        return number

    def any_free(self):
        """Returns a port below those of outgoing connections, which could take it meanwhile."""
        while True:
            port = random.randrange(20000, 32000)
            if port not in self.given and is_free(port):
                return port


class Process:
    """A program in the background, with a log."""

    def __init__(self, name, command, log, environment):
        path = shutil.which(command[0], path=PATH)
        if path is None:
            raise Failure(f'{command[0]} is not installed')
        self.name = name
        self.log = log
        # A session of its own: Ctrl-C is for the demonstration, which ends its processes itself.
        with open(log, 'ab') as output:
            self.log_start = output.tell()
            self.child = subprocess.Popen([*TIED, str(os.getpid()), path, *command[1:]],
                                          stdout=output, stderr=output,
                                          stdin=subprocess.DEVNULL,
                                          env={**os.environ, **environment},
                                          start_new_session=True)

    def is_alive(self):
        return self.child.poll() is None

    def send(self, number):
        self.child.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.child.wait()

    def stop(self):
        self.send(signal.SIGTERM)
        self.ended()

    def ended(self, seconds=SLOWEST):
        """Expects the program, which got SIGTERM, to finish its work and exit with 0."""
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f'{self.name} does not end') from None
        if code != 0:
            raise Failure(f'{self.name} ended with exit code {code}')

    def text(self):
        """Returns the log of this process; an earlier one of its name may have the same file."""
        with open(self.log, 'rb') as file:
            file.seek(self.log_start)
            return file.read().decode(errors='replace')

    def lines_with(self, text):
        return [line for line in self.text().splitlines() if text in line]


class Processes:
    """Every process that was started; `end` ends those that are left."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []

    def start(self, name, command, **environment):
        log = os.path.join(self.folder, name + '.log')
        process = Process(name, [str(word) for word in command], log, environment)
        self.started.append(process)
        return process

    def end(self):
        left = [process for process in self.started if process.is_alive()]
        for process in reversed(left):
            process.send(signal.SIGKILL)
        for process in left:
            process.child.wait()

    def logs(self):
        """Returns the log files, each once."""
        return list(dict.fromkeys(process.log for process in self.started))
