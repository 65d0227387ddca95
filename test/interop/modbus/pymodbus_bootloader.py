"""
A slave of pymodbus, unit 1, that takes firmware: as records of files (FC 21 and 20, files of 10000 registers), and block by block in
holding registers. `pymodbus_bootloader.py tcp|rtu [PORT] FILE`; prints "ready", or the port that it listens on. What it took it writes to
FILE when it is told to (holding 512 for files, 518 for blocks), if it is whole; `--room BYTES` is all that it has room for, `--stubborn`
has it run what it ran before, `--magic HEX` is what its images begin with, `--pause MS` how long it takes for a record, and `--port PORT`
where it listens. It prints "begin" when it is told a length, or gets the first record, and "block N" for each tenth block or record.

Blocks: 4095 the number of the block, 4096 on its 64 registers; 514 and 515 the length, 516 the CRC of Modbus; input 32 the status (0 ready,
1 busy, 2 full, 4 damaged, 5 no image for it, 3 done), input 33 the next block. Input 0 is 215, input 16 on the version, "1.0.0" and then "2.0.0".
"""

import argparse
import asyncio
import struct

from pymodbus import FramerType
from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext
from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import ExceptionResponse
from pymodbus.pdu.file_message import ReadFileRecordRequest, ReadFileRecordResponse, WriteFileRecordRequest
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

PER_FILE = 10000
BLOCK = 64
INDEX, BASE, SIZE, CRC, COMMIT_FILES, COMMIT_BLOCKS = 4095, 4096, 514, 516, 512, 518


class Device(ModbusSlaveContext):
    def __init__(self, given):
        super().__init__()
        self.path, self.room, self.stubborn = given.args[-1], given.room, given.stubborn
        self.magic, self.pause = bytes.fromhex(given.magic), given.pause / 1000
        self.files, self.holding, self.version, self.records = {}, {}, b"1.0.0\0\0\0", 0
        self.memory, self.index, self.status, self.busy = {}, 0, 0, 0

    def validate(self, fc_as_hex, address, count=1):
        return True

    async def async_getValues(self, fc_as_hex, address, count=1):
        if fc_as_hex == 4:
            words = {0: 215, 33: self.index, **{16 + i: word for i, word in enumerate(struct.unpack(">4H", self.version))}}
            self.busy = max(0, self.busy - 1)
            words[32] = 1 if self.busy else self.status
            return [words.get(address + i, 0) for i in range(count)]
        return [self.holding.get(address + i, 0) for i in range(count)]

    async def async_setValues(self, fc_as_hex, address, values):
        self.busy = 2
        for i, value in enumerate(values):
            self.write(address + i, value)

    def write(self, address, value):
        self.holding[address] = value
        if BASE <= address < BASE + BLOCK:
            self.memory[self.index_of(address)] = value
            if 2 * len(self.memory) > self.room:
                self.status = 2
        elif address == INDEX:
            self.begun = value
            self.index = value + 1
            if value % 10 == 0:
                print("block", value, flush=True)
        elif address == SIZE:
            self.memory, self.index, self.status = {}, 0, 0
            print("begin", flush=True)
        elif address == COMMIT_FILES and value:
            data = b"".join(struct.pack(">H", self.files[key]) for key in sorted(self.files))
            self.keep(data)
        elif address == COMMIT_BLOCKS and value:
            size = self.holding[SIZE] << 16 | self.holding[SIZE + 1]
            data = b"".join(struct.pack(">H", self.memory[key]) for key in sorted(self.memory))[:size]
            crc = FramerRTU.compute_CRC(data)
            if (crc >> 8 | crc << 8 & 0xFF00) == self.holding[CRC]:
                self.keep(data)
            else:
                self.status = 4

    def told(self, record):
        if (record.file_number, record.record_number) == (1, 0):
            print("begin", flush=True)
            self.records = 0
        if self.records % 10 == 0:
            print("block", self.records, flush=True)
        self.records += 1

    def index_of(self, address):
        return self.begun * BLOCK + address - BASE

    def keep(self, data):
        if not data.startswith(self.magic):
            self.status = 5
            return
        with open(self.path, "wb") as file:
            file.write(data)
        self.status = 3
        if not self.stubborn:
            self.version = b"2.0.0\0\0\0"


# What pymodbus makes of files is a dummy, and it halves the length of a record that is read.
class WriteFile(WriteFileRecordRequest):
    async def update_datastore(self, context):
        await asyncio.sleep(context.pause)
        for record in self.records:
            context.told(record)
            count = len(record.record_data) // 2
            if record.record_number + count > PER_FILE or 2 * (len(context.files) + count) > context.room:
                return ExceptionResponse(self.function_code, 2)
            for i, word in enumerate(struct.unpack(f">{count}H", record.record_data)):
                context.files[record.file_number, record.record_number + i] = word
        return await super().update_datastore(context)


class ReadFile(ReadFileRecordRequest):
    def decode(self, data):
        self.asked = struct.unpack(">HHH", data[2:8])

    async def update_datastore(self, context):
        file, record, count = self.asked
        words = [context.files.get((file, record + i)) for i in range(count)]
        if None in words:
            return ExceptionResponse(self.function_code, 2)
        response = ReadFileRecordResponse(dev_id=self.dev_id, transaction_id=self.transaction_id)
        response.records = [Record(struct.pack(f">{count}H", *words))]
        return response


class Record:
    def __init__(self, data):
        self.record_data = data


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["tcp", "rtu"])
    parser.add_argument("args", nargs="+")
    parser.add_argument("--room", type=int, default=1 << 30)
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--magic", default="")
    parser.add_argument("--pause", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    units = ModbusServerContext(slaves={1: Device(given)}, single=False)
    functions = [WriteFile, ReadFile]
    if given.kind == "rtu":
        port = given.args[0]
        # A pseudo-terminal has no parity: pyserial cannot set it there.
        server = ModbusSerialServer(
            units, framer=FramerType.RTU, port=port, baudrate=115200, custom_pdu=functions
        )
        await server.listen()
        print("ready", flush=True)
    else:
        server = ModbusTcpServer(
            units, framer=FramerType.SOCKET, address=("127.0.0.1", given.port), custom_pdu=functions
        )
        await server.listen()
        print("port", server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
