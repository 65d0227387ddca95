"""
A slave of pymodbus, unit 1: input registers 0-199 (257 times the address, but the float 230.5 at 100), holding registers
0-199 (zero), coils 0-31 (every third is on). `pymodbus_slave.py rtu|ascii PORT`, `… rtu-over-tcp|udp|tcp`; prints
"ready", or the port that it listens on. Its identification has the objects 0 to 5.
"""

import asyncio
import sys

from pymodbus import FramerType
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import ModbusSerialServer, ModbusTcpServer, ModbusUdpServer

FRAMERS = {
    "rtu": FramerType.RTU,
    "ascii": FramerType.ASCII,
    "rtu-over-tcp": FramerType.RTU,
    "udp": FramerType.SOCKET,
    "tcp": FramerType.SOCKET,
}


def tables():
    inputs = [257 * i % 65536 for i in range(200)]
    inputs[100:102] = [0x4366, 0x8000]
    coils = [i % 3 == 0 for i in range(32)]
    # The blocks of this version begin at 1.
    block = ModbusSequentialDataBlock
    unit = ModbusSlaveContext(ir=block(1, inputs), hr=block(1, [0] * 200), co=block(1, coils), di=block(1, coils))
    return ModbusServerContext(slaves={1: unit}, single=False)


IDENTITY = ModbusDeviceIdentification(
    info_name={
        "VendorName": "Vendor of pymodbus",
        "ProductCode": "PM",
        "MajorMinorRevision": "3.8",
        "VendorUrl": "https://example.com/pymodbus",
        "ProductName": "A slave",
        "ModelName": "N" * 200,
    }
)


async def main():
    kind = sys.argv[1]
    framer = FRAMERS[kind]
    if kind in ("rtu", "ascii"):
        # A pseudo-terminal has no parity: pyserial cannot set it there.
        server = ModbusSerialServer(tables(), framer=framer, identity=IDENTITY, port=sys.argv[2], baudrate=9600)
        await server.listen()
        print("ready", flush=True)
    else:
        make = ModbusUdpServer if kind == "udp" else ModbusTcpServer
        server = make(tables(), framer=framer, identity=IDENTITY, address=("127.0.0.1", 0))
        await server.listen()
        transport = server.transport
        sockets = [transport.get_extra_info("socket")] if kind == "udp" else transport.sockets
        print("port", sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
