#!/usr/bin/python3
# Owns: one socket of every kind and state that a socket table must show, held until standard input ends.
# Knows nothing of: who looks. Runs as root in the network namespace that odd-sockets.sh makes; prints `ready`.
import array
import ctypes
import os
import signal
import socket
import struct
import sys
import time

V4 = "10.0.0.1"
V6 = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"
GHOST = "10.0.0.77"  # an address behind the peer device at which this program plays a TCP of its own
GHOST_MAC = bytes.fromhex("02000000004d")
OWN_MAC = bytes.fromhex("020000000001")  # of d0
FIN, SYN, ACK = 1, 2, 16
DIR = sys.argv[1]
keep = []


def hold(sock):
    keep.append(sock)
    return sock


def listen(family, address, backlog=5, v6only=0):
    sock = hold(socket.socket(family, socket.SOCK_STREAM))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    sock.bind(address)
    sock.listen(backlog)
    return sock


def start(address):
    sock = hold(socket.socket())
    sock.setblocking(False)
    try:
        sock.connect(address)
    except BlockingIOError:
        pass
    return sock


def pair(server, address):
    client = hold(socket.create_connection(address))
    accepted, _ = server.accept()
    return client, hold(accepted)


def fill(sock):
    sock.setblocking(False)
    try:
        while True:
            sock.send(b"x" * 65536)
    except BlockingIOError:
        pass


def checksum(data):
    words = array.array("H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("=H", ~total & 0xFFFF)


class Ghost:
    """A TCP peer that says only what it is told to: it can leave anything without an answer."""

    def __init__(self, port):
        self.port = port
        self.sequence = 1000
        self.acknowledged = 0
        self.wire = hold(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)))
        self.wire.bind(("d0p", 0))
        self.wire.settimeout(5)

    def send(self, server_port, flags):
        source, target = socket.inet_aton(GHOST), socket.inet_aton(V4)
        tcp = struct.pack(">HHIIBBHHH", self.port, server_port, self.sequence, self.acknowledged, 5 << 4, flags, 65535, 0, 0)
        tcp = tcp[:16] + checksum(source + target + struct.pack(">BBH", 0, 6, len(tcp)) + tcp) + tcp[18:]
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + source + target
        ip = ip[:10] + checksum(ip) + ip[12:]
        self.wire.send(OWN_MAC + GHOST_MAC + b"\x08\x00" + ip + tcp)
        self.sequence += 1 if flags & (SYN | FIN) else 0

    def connect(self, server, server_port):
        self.send(server_port, SYN)
        while True:
            frame = self.wire.recv(2048)
            if frame[23] != 6 or struct.unpack(">HH", frame[34:38]) != (server_port, self.port):
                continue
            if frame[47] == SYN | ACK:
                break
        self.acknowledged = struct.unpack(">I", frame[38:42])[0] + 1
        self.send(server_port, ACK)
        accepted, _ = server.accept()
        return hold(accepted)


def wait_for_state(sock, state):
    for _ in range(500):
        if sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == state:
            return
        time.sleep(0.01)
    sys.exit(f"a socket did not come into state {state}")


def tcp():
    # full accept queue: nobody accepts
    listen(socket.AF_INET, ("127.0.0.1", 6379), 2)
    for _ in range(3):
        start(("127.0.0.1", 6379))
    # a reader that never reads: Recv-Q here, Send-Q and the zero-window probe there
    server = listen(socket.AF_INET, (V4, 8080), 128)
    client, _ = pair(server, (V4, 8080))
    fill(client)
    # CLOSE_WAIT and FIN_WAIT2, TIME_WAIT
    client, _ = pair(server, (V4, 8080))
    client.close()
    client, accepted = pair(server, (V4, 8080))
    accepted.close()
    wait_for_state(client, 8)
    client.close()
    # SYN_SENT: nobody is there
    start(("10.0.0.99", 443))
    # SYN_RECV, FIN_WAIT1, CLOSING and LAST_ACK: the other side does not answer
    Ghost(40000).send(8080, SYN)
    Ghost(40001).connect(server, 8080).shutdown(socket.SHUT_WR)
    ghost = Ghost(40002)
    closing = ghost.connect(server, 8080)
    closing.shutdown(socket.SHUT_WR)
    ghost.send(8080, FIN | ACK)
    ghost = Ghost(40003)
    last = ghost.connect(server, 8080)
    ghost.send(8080, FIN | ACK)
    wait_for_state(last, 8)
    last.shutdown(socket.SHUT_WR)
    wait_for_state(closing, 11)
    # dual stack with a mapped connection and keepalive; IPv6 alone
    dual = listen(socket.AF_INET6, ("::", 3000), 511)
    _, accepted = pair(dual, (V4, 3000))
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listen(socket.AF_INET6, ("::", 3001), 7, v6only=1)
    # a long address with one connection in the accept queue
    listen(socket.AF_INET6, (V6, 44321), 10)
    hold(socket.socket(socket.AF_INET6, socket.SOCK_STREAM)).connect((V6, 44321))
    # link-local with its zone, listening and connected
    local = listen(socket.AF_INET6, ("fe80::1", 9000, 0, socket.if_nametoindex("d0")), 1)
    hold(socket.socket(socket.AF_INET6, socket.SOCK_STREAM)).connect(("fe80::1", 9000, 0, socket.if_nametoindex("d0")))
    hold(local.accept()[0])
    # bound and not listening (in no table of netstat), bound to a device
    hold(socket.socket()).bind((V4, 7777))
    sock = hold(socket.socket())
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"d0\0")
    sock.bind(("0.0.0.0", 5555))
    sock.listen(3)


def datagrams():
    hold(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("0.0.0.0", 5353))
    hold(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)).bind(("::", 123))
    hold(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)).bind(("fe80::1", 546, 0, socket.if_nametoindex("d0")))
    sock = hold(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.connect((V4, 5353))
    sock.send(b"hello" * 100)
    sock = hold(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
    sock.connect((V6, 123))
    sock.send(b"hello" * 100)
    for family, address, port in ((socket.AF_INET, "0.0.0.0", 7136), (socket.AF_INET6, "::", 7137)):
        try:
            hold(socket.socket(family, socket.SOCK_DGRAM, 136)).bind((address, port))
        except OSError:
            pass  # a kernel without UDP-Lite
    hold(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
    hold(socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)).connect((V4, 0))
    hold(socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6))
    hold(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))


def unix():
    os.chdir(DIR)
    path = "redis.sock"
    server = hold(socket.socket(socket.AF_UNIX))
    server.bind(path)
    server.listen(511)
    hold(socket.socket(socket.AF_UNIX)).connect(path)  # waits in the accept queue: it has no inode
    for name in ("\0abstract-name", "\0with\0nul", "blank in name", "esc\x1b[31mred\x1b]0;pwned\x07", "\0wide-\ud55c\uae00"):
        sock = hold(socket.socket(socket.AF_UNIX))
        sock.bind(name.encode())
        sock.listen(5)
    hold(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    hold(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind("dgram.sock")
    hold(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)).bind("\0packets")
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        one, other = socket.socketpair(socket.AF_UNIX, kind)
        hold(one).send(b"unread")
        hold(other)


def child(work):
    ready, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ready)
        work(done)
    os.close(done)
    if os.read(ready, 1) != b"x":
        sys.exit("a child did not start")
    os.close(ready)
    return pid


def shares_a_socket(done):
    """Has nothing but one listener of its parent's, under a name that would write to a terminal."""
    kept = listeners["shared"].fileno()
    for sock in keep:
        if sock.fileno() != kept:
            sock.close()
    ctypes.CDLL(None).prctl(15, b"ev\x1b[31mil\n", 0, 0, 0)
    os.set_inheritable(kept, True)
    os.set_inheritable(done, True)
    code = f"import os,time; os.write({done}, b'x'); time.sleep(100000)"
    os.execv("/usr/bin/python3", ["X\x1b]0;pwned\x07", "-c", code])


def is_somebody(done):
    """A user other than root, with a name longer than the column and a listener of its own."""
    for sock in keep:
        sock.close()
    os.setuid(65534)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 8888))
    sock.listen(1)
    os.set_inheritable(sock.fileno(), True)
    os.set_inheritable(done, True)
    code = f"import os,time; os.write({done}, b'x'); time.sleep(100000)"
    os.execv("/usr/bin/python3", ["/opt/a-program-with-a-rather-long-name", "-c", code])


listeners = {"shared": listen(socket.AF_INET, ("127.0.0.1", 4444), 1)}
tcp()
datagrams()
unix()
children = [child(shares_a_socket), child(is_somebody)]
print("ready", os.getpid(), *children, flush=True)
sys.stdin.read()
for pid in children:
    os.kill(pid, signal.SIGKILL)
