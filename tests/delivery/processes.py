"""The processes of a run: servers, workers, loads and proxies. They die with the thread that started them."""

import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import threading
import time
import urllib.request

SETPRIV = ["setpriv", "--pdeathsig", "KILL"]  # no process outlives a run that was killed


class Trouble(Exception):
    """A run could not be completed; this is a failure, but not a broken promise."""


def wait_until(condition, seconds, what):
    """Waits for a condition, and returns its value; raises Trouble after the time limit."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Trouble(f"waited {seconds} s for {what}")
        time.sleep(0.005)


class Process:
    """A program with a log; `within` is a command prefix, such as ip netns exec NAME."""

    def __init__(self, command, log, environment=None, within=()):
        self.command, self.log, self.within = [str(word) for word in command], log, list(within)
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.lives = []  # every process of the system that was started
        self.stops = []  # (from, to) of being killed, paused or disconnected, on the clock of the ledgers

    def start(self, **pipes):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.within + SETPRIV + self.command, stderr=log,
                                            env=self.environment, bufsize=0, **pipes)
        self.lives.append(self.process)
        return self

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def ends(self, seconds):
        """Returns whether the process ends within a time. Its output is closed a moment before its end."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def send(self, number):
        if self.alive():
            self.process.send_signal(number)
            if number in (signal.SIGKILL, signal.SIGSTOP):
                time_of_it = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
                self.stops.append((time_of_it, time_of_it))

    def end(self, number=signal.SIGKILL, seconds=30):
        """Sends the signal and returns the exit code."""
        if self.process is None:
            return None
        self.send(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Trouble(f"{self.command[0]} did not end within {seconds} s") from None

    def says(self, word, seconds):
        """Waits for a line of standard output that begins with `word`, and returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and select.select([self.process.stdout], [], [], end - time.monotonic())[0]:
            line = self.process.stdout.readline().decode()
            if line.startswith(word):
                return line.strip()
            if not line:
                break
        raise Trouble(f"{pathlib.Path(self.command[0]).name} did not say '{word}'; its log: {self.last_words()}")

    def last_words(self):
        return pathlib.Path(self.log).read_text(errors="replace")[-300:].replace("\n", " | ")

    def held(self):
        """Returns the number of descriptors and threads."""
        return [len(os.listdir(f"/proc/{self.pid}/{what}")) for what in ("fd", "task")]

    def memory(self):
        """Returns the peak resident memory in bytes."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024


class Death:
    """Notes when a process ends, on the clock of the ledgers."""

    def __init__(self, process):
        self.time = None
        self.thread = threading.Thread(target=self.wait_for, args=[process], daemon=True)
        self.thread.start()

    def wait_for(self, process):
        process.wait()
        self.time = time.clock_gettime_ns(time.CLOCK_MONOTONIC)

    def when(self):
        """Returns the time of the death of a process that has ended."""
        self.thread.join()
        return self.time


def nats_server():
    path = os.environ.get("NATS_SERVER") or shutil.which("nats-server", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise Trouble("there is no nats-server")
    return path


class Server(Process):
    """A nats-server with JetStream, always at its first port; `config` is text of its configuration language."""

    def __init__(self, folder, config="", address="127.0.0.1", store=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.address, self.port, self.monitoring = folder, address, -1, None
        self.store = store or folder
        self.write(config)
        super().__init__([], folder / "log")

    def write(self, config):
        text = (f'jetstream {{ store_dir: "{self.store}", max_file_store: 16GB }}\n'
                f'http: "127.0.0.1:-1"\n{config}\n')
        (self.folder / "config").write_text(text)

    def configure(self, config):
        """Changes the configuration of the running server."""
        self.write(config)
        self.send(signal.SIGHUP)

    def url(self):
        return f"nats://{self.address}:{self.port}"

    def start(self, **pipes):
        self.command = [nats_server(), "-c", str(self.folder / "config"), "-a", self.address, "-p", str(self.port),
                        "--ports_file_dir", str(self.folder)]
        return super().start(stdout=subprocess.DEVNULL, **pipes)

    def listens(self):
        """Waits until the server listens: then it writes NAME_PID.ports."""
        path = self.folder / f"nats-server_{self.pid}.ports"

        def ports():
            if not self.alive():
                raise Trouble(f"nats-server has ended; its log: {self.last_words()}")
            text = path.read_text() if path.exists() else ""
            return text.endswith("}") and json.loads(text)

        found = wait_until(ports, 10, "nats-server to listen")
        self.port = int(found["nats"][0].rsplit(":", 1)[1])
        self.monitoring = found["monitoring"][0]
        return self

    def ask(self, what):
        """Returns a monitoring page: varz, connz, jsz."""
        with urllib.request.urlopen(f"{self.monitoring}/{what}", timeout=5) as answer:
            return json.load(answer)

    def has_client(self, name):
        return any(client.get("name") == name for client in self.ask("connz")["connections"])


class Worker(Process):
    """A replica of programs/worker.c. It has one ledger across restarts."""

    def __init__(self, program, folder, name, servers, environment, within=()):
        self.name = name
        super().__init__([program, folder / f"worker-{name}.ledger"], folder / f"worker-{name}.log",
                         {**environment, "CATGA_SERVERS": servers, "CATGA_INSTANCE": name}, within)

    def start(self, **pipes):
        return super().start(stdout=subprocess.PIPE, **pipes)

    def ready(self, seconds=20):
        self.says("ready", seconds)
        return self


class Load(Process):
    """programs/load.c, with its options as NAME=VALUE."""

    def __init__(self, program, folder, number, servers, environment, plan):
        self.number = number
        super().__init__([program, folder / f"load-{number}.ledger", number] + [f"{k}={v}" for k, v in plan.items()],
                         folder / f"load-{number}.log",
                         {**environment, "CATGA_SERVERS": servers, "CATGA_NAME": f"load-{number}"})

    def start(self, **pipes):
        super().start(stdout=subprocess.PIPE, **pipes)
        self.says("ready", 20)
        return self


class Proxy(Process):
    """proxy/: a proxy before a server, which injects faults on command."""

    def __init__(self, program, folder, target):
        super().__init__([program, target.removeprefix("nats://")], folder / "proxy.log")
        self.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.says("port", 5).split()[1])

    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def tell(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        self.says("done", 5)

    def count(self):
        """Returns the counters: name -> number."""
        self.process.stdin.write(b"count\n")
        self.process.stdin.flush()
        words = self.says("counts", 5).split()[1:]
        return {name: int(value) for name, value in (word.split("=") for word in words)}
