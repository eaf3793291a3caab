"""Owns: a shell and a person in one: runs a command as a job on a fresh pseudo-terminal and follows a list of steps.

Knows nothing of: what the command is. Usage: tui-pty-harness.py STEPS-AS-JSON COMMAND...; prints one JSON object.
Steps: ["expect", text] ["send", text] ["signal", name] ["resize", columns, rows] ["stopped"] ["continue"]
["hear", text] (on standard error) and ["ended"], while nobody reads the terminal; ["hangup"] ["exit"]
["tell"] (a line `told` on the output, before the object).
"""
import base64
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = 30.0


def modes(fd):
    """What a person would notice: [iflag, oflag, lflag] of the terminal."""
    flags = termios.tcgetattr(fd)
    return [flags[0], flags[1], flags[3]]


class Job:
    def __init__(self, command):
        self.master, self.slave = pty.openpty()
        self.resize(60, 10)
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        self.before = modes(self.slave)
        self.errors, error_end = os.pipe()
        begin, ready = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(ready)
            os.read(begin, 1)  # a job that is not in the foreground yet would be stopped for changing the terminal
            os.setpgid(0, 0)
            for target in (0, 1):
                os.dup2(self.slave, target)
            os.dup2(error_end, 2)
            for number in (signal.SIGTTOU, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            os.execvp(command[0], command)
        os.close(error_end)
        try:
            os.setpgid(self.pid, self.pid)
        except OSError:
            pass
        os.tcsetpgrp(self.slave, self.pid)
        os.close(begin)
        os.close(ready)
        self.output = b""
        self.seen = 0
        self.said = b""
        self.ended = None
        self.result = {"stops": []}

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        if self.master is None:
            time.sleep(seconds)
        elif select.select([self.master], [], [], seconds)[0]:
            self.output += os.read(self.master, 65536)

    def drain(self):
        """What the job has written so far: asking the terminal makes the kernel hand it over."""
        while self.master is not None and select.select([self.master], [], [], 0)[0]:
            self.read(0)

    def listen(self, seconds):
        """Reads standard error, and not the terminal."""
        if select.select([self.errors], [], [], seconds)[0]:
            self.said += os.read(self.errors, 65536)

    def until(self, what, condition, wait=None):
        end = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("%s; output: %r" % (what, self.output[-400:]))
            (wait or self.read)(0.02)

    def expect(self, text):
        wanted = text.encode()
        self.until("expected %r" % text, lambda: wanted in self.output[self.seen:])
        self.seen = self.output.index(wanted, self.seen) + len(wanted)

    def wait(self, stopped, wait=None):
        status = []

        def changed():
            pid, value = os.waitpid(self.pid, os.WNOHANG | (os.WUNTRACED if stopped else 0))
            if pid:
                status.append(value)
            return bool(pid)

        self.until("expected the job to %s" % ("stop" if stopped else "end"), changed, wait)
        return status[0]

    def step(self, name, *rest):
        if name == "expect":
            self.expect(rest[0])
        elif name == "send":
            os.write(self.master, rest[0].encode())
        elif name == "signal":
            self.signalled = time.monotonic()
            os.kill(self.pid, getattr(signal, rest[0]))
        elif name == "resize":
            self.resize(*rest)
        elif name == "stopped":
            status = self.wait(True)
            self.drain()
            assert os.WIFSTOPPED(status), status
            os.tcsetpgrp(self.slave, os.getpgrp())
            self.result["stops"].append({"cooked": modes(self.slave) == self.before, "at": len(self.output)})
        elif name == "continue":
            os.tcsetpgrp(self.slave, self.pid)
            os.killpg(self.pid, signal.SIGCONT)
        elif name == "hear":
            self.until("expected %r on standard error" % rest[0], lambda: rest[0].encode() in self.said, self.listen)
        elif name == "ended":
            self.ended = self.wait(False, time.sleep)
        elif name == "tell":
            print("told", flush=True)
        elif name == "hangup":
            os.close(self.master)
            self.master = None
        elif name == "exit":
            status = self.wait(False) if self.ended is None else self.ended
            self.drain()
            self.result["code"] = os.waitstatus_to_exitcode(status)
            self.pid = None
            if self.master is not None:
                self.result["cooked"] = modes(self.slave) == self.before
        else:
            raise ValueError(name)

    def finish(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        errors = self.said
        while select.select([self.errors], [], [], 0.2)[0]:
            piece = os.read(self.errors, 65536)
            if not piece:
                break
            errors += piece
        self.result["output"] = base64.b64encode(self.output).decode()
        self.result["errors"] = errors.decode(errors="replace")
        return self.result


def main():
    if os.fork() != 0:  # the session leader must not lead a process group yet
        _, status = os.wait()
        sys.exit(os.waitstatus_to_exitcode(status))
    os.setsid()
    for number in (signal.SIGTTOU, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    job = Job(sys.argv[2:])
    failure = None
    try:
        for step in json.loads(sys.argv[1]):
            started = time.monotonic()
            job.step(*step)
            job.result["seconds"] = time.monotonic() - started
    except Exception as error:  # reported, so that the child is ended in every case
        failure = "%s: %s" % (type(error).__name__, error)
    print(json.dumps({**job.finish(), "failure": failure}), flush=True)
    os._exit(0)


main()
