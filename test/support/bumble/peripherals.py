"""
Bumble (https://github.com/google/bumble) as a Bluetooth controller behind a pseudo-terminal, and peripherals that it hears: a stack
and a GATT server that others wrote. `peripherals.py LINK` makes the path LINK a serial port that speaks HCI (H4).

A test speaks with it in lines of JSON: {"id": N, "do": NAME, …}, answered by {"id": N, "ok": …}. Bytes are text in hexadecimal digits.
It ends with its standard input.
"""

import asyncio
import json
import logging
import sys

from bumble.att import ATT_Error
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address, LeFeatureMask
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport import open_transport

CENTRAL = "C0:FF:EE:00:00:01"


def tell(message):
    print(json.dumps(message), flush=True)


class Peripherals:
    def __init__(self, link):
        self.link = link
        self.devices = {}
        # In milliseconds, by address.
        self.intervals = {}
        # By address and "service/characteristic".
        self.characteristics = {}
        self.values = {}
        self.refused = {}

    async def do_add(self, address, advertising, interval, services):
        """A device that advertises every `interval` milliseconds, and has these services."""
        controller = Controller(address, link=self.link)
        device = Device(name=address, address=Address(address), host=Host(controller, controller))
        for service in services:
            device.add_service(Service(service["uuid"], [self.of(address, service, one) for one in service["characteristics"]]))
        await device.power_on()
        self.devices[address] = device
        self.intervals[address] = interval
        await self.advertise(device, interval, advertising)

    async def do_advertise(self, address, advertising):
        """What it says from now on; null: nothing."""
        device = self.devices[address]
        await device.stop_advertising()
        if advertising is not None:
            await self.advertise(device, self.intervals[address], advertising)

    async def advertise(self, device, interval, advertising):
        await device.start_advertising(
            advertising_data=bytes.fromhex(advertising),
            advertising_interval_min=interval,
            advertising_interval_max=interval,
            auto_restart=True,
        )

    def of(self, address, service, described):
        key = f"{address} {service['uuid']}/{described['uuid']}"
        self.values[key] = bytes.fromhex(described["value"])
        properties = Characteristic.Properties(0)
        for name in described["properties"]:
            properties |= Characteristic.Properties[name.upper().replace("-", "_")]
        value = CharacteristicValue(read=lambda _: self.read(key), write=lambda _, value: self.write(key, value))
        permissions = Characteristic.READABLE | Characteristic.WRITEABLE
        self.characteristics[key] = Characteristic(described["uuid"], properties, permissions, value)
        return self.characteristics[key]

    def read(self, key):
        self.check(key)
        return self.values[key]

    def write(self, key, value):
        self.check(key)
        self.values[key] = bytes(value)
        tell({"written": key, "value": bytes(value).hex()})

    def check(self, key):
        if key in self.refused:
            raise ATT_Error(self.refused[key])

    async def do_value(self, key, value):
        self.values[key] = bytes.fromhex(value)

    async def do_get(self, key):
        return self.values[key].hex()

    async def do_refuse(self, key, att):
        """What it answers; null: what is asked for."""
        if att is None:
            self.refused.pop(key, None)
        else:
            self.refused[key] = att

    async def do_notify(self, key, value):
        address = key.split(" ")[0]
        await self.devices[address].notify_subscribers(self.characteristics[key], bytes.fromhex(value))

    async def do_indicate(self, key, value):
        address = key.split(" ")[0]
        await self.devices[address].indicate_subscribers(self.characteristics[key], bytes.fromhex(value))

    async def do_drop(self, address):
        for connection in list(self.devices[address].connections.values()):
            await connection.disconnect()

    async def do_connections(self, address):
        return len(self.devices[address].connections)


async def main():
    logging.basicConfig(level=logging.CRITICAL)
    link = LocalLink()
    transport = await open_transport(f"pty:{sys.argv[1]}")
    central = Controller("central", host_source=transport.source, host_sink=transport.sink, link=link, public_address=CENTRAL)
    # Its link knows a central by its random address only; ours is the public one.
    central.random_address = central.public_address
    # One that can do extended advertising reports all that way, also to a host that never asked for it.
    central.le_features &= ~LeFeatureMask.LE_EXTENDED_ADVERTISING
    peripherals = Peripherals(link)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tell({"ready": True})
    while line := await reader.readline():
        command = json.loads(line)
        number, name = command.pop("id"), command.pop("do")
        tell({"id": number, "ok": await getattr(peripherals, f"do_{name}")(**command)})


asyncio.run(main())
