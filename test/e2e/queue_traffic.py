"""Owns: programs whose queues pile up, or do not: python3 queue_traffic.py ROLE ARGS...; prints `ready` once it can be
met, or `connected` where it sends.

Knows nothing of: namespaces, and what is said about it. Ends when its standard input does.

    accept ADDRESS PORT never|slowly BACKLOG   listens; accepts nobody, or one connection a second
    read ADDRESS PORT never|slowly|all         accepts, reads nothing, 5 kB each 0.1 s, or all
    send ADDRESS PORT all|some MEGABYTES       one connection: always something to send, so much a second at most, or
                                               200 bytes each 0.1 s
    knock ADDRESS PORT COUNT                   so many connections that nobody need accept
    datagrams ADDRESS PORT                     UDP as fast as it goes
    deaf ADDRESS PORT                          a UDP socket that is never read
    echo ADDRESS PORT                          accepts, reads all and answers 16 kB for each request
    ask ADDRESS PORT COUNT                     COUNT clients that open, ask and close, over and over
"""
import os
import socket
import sys
import threading
import time

KEEP = []


def listener(address, port, backlog=64):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, int(port)))
    sock.listen(int(backlog))
    KEEP.append(sock)
    say("ready")
    return sock


def say(word):
    print(word, flush=True)


def background(work, *args):
    threading.Thread(target=work, args=args, daemon=True).start()


def accept(address, port, how, backlog):
    sock = listener(address, port, backlog)
    while how == "slowly":
        KEEP.append(sock.accept())
        time.sleep(1)


def read(address, port, how):
    sock = listener(address, port)

    def reader(connection):
        if how == "never":
            return
        while connection.recv(5000 if how == "slowly" else 1 << 18):
            if how == "slowly":
                time.sleep(0.1)

    while True:
        connection, _ = sock.accept()
        KEEP.append(connection)
        background(reader, connection)


SO_MAX_PACING_RATE = 47


def send(address, port, how, megabytes=4):
    connection = socket.create_connection((address, int(port)))
    connection.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, int(megabytes) * 1_000_000)
    KEEP.append(connection)
    say("connected")
    while True:
        connection.sendall(b"x" * (65536 if how == "all" else 200))
        if how == "some":
            time.sleep(0.1)


def knock(address, port, count):
    for _ in range(int(count)):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((address, int(port)))
        KEEP.append(sock)
    say("ready")


def datagrams(address, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    say("ready")
    while True:
        sock.sendto(b"x" * 1000, (address, int(port)))
        time.sleep(0.0005)


def deaf(address, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, int(port)))
    KEEP.append(sock)
    say("ready")


def echo(address, port):
    sock = listener(address, port, 128)

    def serve(connection):
        with connection:
            while connection.recv(65536):
                connection.sendall(b"y" * 16384)

    while True:
        connection, _ = sock.accept()
        background(serve, connection)


def ask(address, port, count):
    def client():
        while True:
            with socket.create_connection((address, int(port))) as sock:
                for _ in range(20):
                    sock.sendall(b"x" * 500)
                    left = 16384
                    while left > 0:
                        left -= len(sock.recv(left))

    for _ in range(int(count)):
        background(client)
    say("ready")


def play(role, *args):
    try:
        globals()[role](*args)
    except OSError as error:
        print(f"{role}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def main():
    background(play, *sys.argv[1:])
    sys.stdin.read()


main()
