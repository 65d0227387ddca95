"""
A slave of pymodbus, unit 1: input registers 0-199 (257 times the address, but the float 230.5 at 100), holding registers
0-199 (zero), coils 0-31 (every third is on). `pymodbus_slave.py rtu|ascii PORT`, `… rtu-over-tcp|udp|tcp`; prints
"ready", or the port that it listens on. Its identification has the objects 0 to 5. `--late SECONDS`: of input registers
each seventh from 3 on is answered so late, the one behind each after half of that. `--holding ADDRESS,WORD,WORD,…`: the holding
registers are these, from the address on.
"""

import argparse
import asyncio

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


class LateContext(ModbusSlaveContext):
    late = 0.0

    async def async_getValues(self, fc_as_hex, address, count=1):
        if fc_as_hex == 4:
            await asyncio.sleep({3: self.late, 4: self.late / 2}.get(address % 7, 0))
        return self.getValues(fc_as_hex, address, count)


def tables(late, holding):
    inputs = [257 * i % 65536 for i in range(200)]
    inputs[100:102] = [0x4366, 0x8000]
    coils = [i % 3 == 0 for i in range(32)]
    # The blocks of this version begin at 1.
    block = ModbusSequentialDataBlock
    address, *words = holding
    unit = LateContext(ir=block(1, inputs), hr=block(1 + address, words), co=block(1, coils), di=block(1, coils))
    unit.late = late
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
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=FRAMERS)
    parser.add_argument("port", nargs="?")
    parser.add_argument("--late", type=float, default=0.0)
    parser.add_argument("--holding", type=lambda text: [int(word) for word in text.split(",")], default=[0] * 201)
    args = parser.parse_args()
    kind, framer, units = args.kind, FRAMERS[args.kind], tables(args.late, args.holding)
    if kind in ("rtu", "ascii"):
        # A pseudo-terminal has no parity: pyserial cannot set it there.
        server = ModbusSerialServer(units, framer=framer, identity=IDENTITY, port=args.port, baudrate=9600)
        await server.listen()
        print("ready", flush=True)
    else:
        make = ModbusUdpServer if kind == "udp" else ModbusTcpServer
        server = make(units, framer=framer, identity=IDENTITY, address=("127.0.0.1", 0))
        await server.listen()
        transport = server.transport
        sockets = [transport.get_extra_info("socket")] if kind == "udp" else transport.sockets
        print("port", sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
