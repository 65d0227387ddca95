"""A device with MCUboot and an SMP server, as Zephyr's image management has it: two slots, upload, test, confirm, revert.

Framing and headers are those of the package smp, bodies those of cbor2: nothing of the gateway is in here. It talks over a serial
port (console or raw), or over TCP, where the bytes are those that go over a Bluetooth characteristic; orders come by standard input,
one JSON each line, and what happens is told by standard output likewise.

    smp_server.py console PORT | raw PORT | tcp
"""
import hashlib
import json
import os
import socket
import struct
import sys
import threading
import time

import cbor2
import serial
from smp import packet as console
from smp.header import OP, Header

MAGIC = 0x96F3B83D
V2 = 1


def version_of(image):
    major, minor, revision, build = struct.unpack_from("<BBHI", image, 20)
    return f"{major}.{minor}.{revision}" + (f".{build}" if build else "")


def hash_of(image):
    header, protected, size = struct.unpack_from("<HHI", image, 8)
    at = header + size + protected
    if len(image) < at + 4:
        return None
    magic, total = struct.unpack_from("<HH", image, at)
    if magic != 0x6907:
        return None
    end, at = at + total, at + 4
    while at + 4 <= end:
        kind, length = struct.unpack_from("<HH", image, at)
        if kind == 0x10:
            return image[at + 4 : at + 4 + length]
        at += 4 + length
    return None


class Refused(Exception):
    def __init__(self, code, group=1, v1=1):
        self.code, self.group, self.v1 = code, group, v1


class Device:
    def __init__(self):
        self.buffer = 384
        self.slot_size = 8 * 1024 * 1024
        self.slots = [None, None]
        self.pending = self.permanent = False
        self.confirmed = True
        self.upload = None
        # Numbers of answers, of uploads, that are lost; the offset at which it goes silent, or restarts.
        self.lose = 0
        self.silent_from = None
        self.restart_from = None
        self.reverts = False
        # Seconds before each answer to an upload.
        self.delay = 0
        self.uploads = 0

    def factory(self, version):
        body = bytes(64)
        image = struct.pack("<IIHHII", MAGIC, 0, 32, 0, len(body), 0)
        image += struct.pack("<BBHI", *map(int, version.split(".")), 0) + bytes(4) + body
        digest = hashlib.sha256(image).digest()
        self.slots[0] = image + struct.pack("<HHHH", 0x6907, 8 + 32, 0x10, 32) + digest

    def handle(self, group, command, op, body):
        if group == 0 and command == 0 and op == OP.WRITE:
            return {"r": body["d"]}
        if group == 0 and command == 6 and op == OP.READ and self.buffer:
            return {"buf_size": self.buffer, "buf_count": 4}
        if group == 0 and command == 5 and op == OP.WRITE:
            return {}
        if group == 1 and command == 0:
            if op == OP.WRITE:
                self.set_state(body)
            return {"images": self.list()}
        if group == 1 and command == 1 and op == OP.WRITE:
            return self.take(body)
        if group == 1 and command == 5 and op == OP.WRITE:
            self.slots[1] = self.upload = None
            return {}
        raise Refused(8, None, 8)

    def list(self):
        found = []
        for number, image in enumerate(self.slots):
            if image is None:
                continue
            entry = {"slot": number, "version": version_of(image), "hash": hash_of(image), "bootable": True}
            flags = {"active": number == 0, "confirmed": number == 0 and self.confirmed}
            flags["pending"] = number == 1 and self.pending
            found.append(entry | {name: True for name, is_set in flags.items() if is_set})
        return found

    def set_state(self, body):
        digest, confirm = body.get("hash"), body.get("confirm", False)
        if digest is None:
            if not confirm:
                raise Refused(24, v1=3)
            self.confirmed = True
            return
        numbers = [number for number, image in enumerate(self.slots) if image and hash_of(image) == digest]
        if not numbers:
            raise Refused(8, v1=5)
        if numbers[0] == 0:
            if confirm:
                self.confirmed = True
            return
        self.pending, self.permanent = True, confirm

    def take(self, body):
        off, data = body["off"], body["data"]
        if off == 0 and "len" in body:
            sha = body.get("sha")
            if self.upload and self.upload["sha"] == sha:
                return {"off": len(self.upload["data"])}
            if len(data) >= 4 and struct.unpack_from("<I", data)[0] != MAGIC:
                raise Refused(23)
            if body["len"] > self.slot_size:
                raise Refused(30)
            self.slots[1] = None
            self.upload = {"sha": sha, "len": body["len"], "data": bytearray()}
        if self.upload is None:
            return {"off": 0}
        if off == len(self.upload["data"]):
            self.upload["data"] += data
            tell(acknowledged=len(self.upload["data"]))
        there = len(self.upload["data"])
        if there < self.upload["len"]:
            return {"off": there}
        image = bytes(self.upload["data"])
        match = hashlib.sha256(image).digest() == self.upload["sha"]
        self.slots[1] = image if hash_of(image) else None
        tell(uploaded=hashlib.sha256(image).hexdigest())
        return {"off": there, "match": match}

    def restart(self):
        """MCUboot: swaps for a test, and back where nobody confirmed it."""
        self.upload = None
        if self.pending or not self.confirmed:
            self.slots.reverse()
            self.confirmed = self.permanent or not self.pending
            if self.pending and self.reverts:
                self.slots.reverse()
                self.confirmed = True
        self.pending = self.permanent = False
        tell(restarted=version_of(self.slots[0]))


lock = threading.Lock()


def tell(**what):
    with lock:
        print(json.dumps(what), flush=True)


class Server:
    def __init__(self, device, wire):
        self.device, self.wire = device, wire

    def serve(self, frame):
        header = Header.loads(frame[:8])
        body = cbor2.loads(frame[8:])
        device = self.device
        is_upload = header.group_id == 1 and header.command_id == 1
        try:
            answer = device.handle(header.group_id, header.command_id, header.op, body)
        except Refused as refused:
            if header.version == V2 and refused.group is not None:
                answer = {"err": {"group": refused.group, "rc": refused.code}}
            else:
                answer = {"rc": refused.v1}
        if is_upload and self.goes_wrong(body["off"]):
            return
        if is_upload:
            time.sleep(device.delay)
        payload = cbor2.dumps(answer)
        op = OP.READ_RSP if header.op == OP.READ else OP.WRITE_RSP
        rest = (header.group_id, header.sequence, header.command_id)
        self.wire.send(bytes(Header(op, header.version, 0, len(payload), *rest)) + payload)
        if header.group_id == 0 and header.command_id == 5:
            device.restart()

    def goes_wrong(self, off):
        device = self.device
        device.uploads += 1
        if device.silent_from is not None and off >= device.silent_from:
            return True
        if device.restart_from is not None and off >= device.restart_from:
            device.restart_from = None
            device.restart()
            return True
        return device.lose > 0 and device.uploads % device.lose == 0


class ConsoleWire:
    """Between the lines of a log."""

    def __init__(self, path):
        self.port = serial.Serial(path, 115200)
        self.decoder = None
        self.lock = threading.Lock()
        threading.Thread(target=self.talk, daemon=True).start()

    def send(self, frame):
        lines = list(console.encode(frame))
        log = b"[00:00:01.234] <inf> main: still here\r\n"
        with self.lock:
            self.port.write(log + log.join(lines))

    def talk(self):
        """What the program of the board says by itself."""
        while True:
            with self.lock:
                self.port.write(b"T=21.5\r\n")
            time.sleep(0.5)

    def frames(self):
        line = b""
        while True:
            line += self.port.read(max(1, self.port.in_waiting))
            while b"\n" in line:
                one, line = line.split(b"\n", 1)
                frame = self.take(one + b"\n")
                if frame is not None:
                    yield frame

    def take(self, line):
        if line.startswith(console.START_DELIMITER):
            self.decoder = console.decode()
            next(self.decoder)
        elif self.decoder is None or not line.startswith(console.CONTINUE_DELIMITER):
            return None
        if len(line) > 127:
            tell(fault=f"a line of {len(line)} bytes")
        try:
            self.decoder.send(line)
        except StopIteration as end:
            self.decoder = None
            return end.value
        return None


class StreamWire:
    """Nothing but packets."""

    def __init__(self, read, write):
        self.read, self.send = read, write

    def frames(self):
        held = b""
        while True:
            came = self.read()
            if not came:
                return
            held += came
            while len(held) >= 8 and len(held) >= 8 + struct.unpack_from(">H", held, 2)[0]:
                end = 8 + struct.unpack_from(">H", held, 2)[0]
                yield held[:end]
                held = held[end:]


def wires(kind, path):
    if kind == "console":
        yield ConsoleWire(path)
    elif kind == "raw":
        port = serial.Serial(path, 115200)
        yield StreamWire(lambda: port.read(max(1, port.in_waiting)), port.write)
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        tell(port=listener.getsockname()[1])
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield StreamWire(lambda c=connection: c.recv(4096), connection.sendall)


def orders(device):
    for line in sys.stdin:
        order = json.loads(line)
        for name, value in order.items():
            if name == "factory":
                device.factory(value)
            elif name == "restart":
                device.restart()
            else:
                setattr(device, name, value)
        tell(done=True)
    os._exit(0)


def main():
    device = Device()
    device.factory("1.0.0")
    threading.Thread(target=orders, args=(device,), daemon=True).start()
    kind, path = sys.argv[1], (sys.argv + [None])[2]
    for wire in wires(kind, path):
        if kind != "tcp":
            tell(ready=True)
        server = Server(device, wire)
        try:
            for frame in wire.frames():
                server.serve(frame)
        except (OSError, serial.SerialException) as error:
            # The other end is gone; over TCP another one may come.
            tell(lost=str(error))


main()
