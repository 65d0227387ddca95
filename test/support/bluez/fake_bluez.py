"""
A bluetoothd without a radio: org.bluez on the bus of DBUS_SYSTEM_BUS_ADDRESS, with the objects, signals, errors and their order
as in BlueZ (doc/org.bluez.*.rst; src/adapter.c, device.c, gatt-client.c, error.c of 5.66 and later). Over libdbus, as bluetoothd itself.

A test speaks with it in lines of JSON: commands on standard input, each {"id": N, "do": NAME, …}, answered by {"id": N, "ok": …}; on
standard output also {"call": MEMBER, "path": …, "args": […]} for each call of a client. Bytes are text in hexadecimal digits. It ends
with its standard input.
"""

import json
import os
import sys

import dbus
import dbus.lowlevel
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib
from interfaces import ADAPTER, CHARACTERISTIC, DEVICE, MANAGER, PROPERTIES, SERVICE, introspection
from values import byte_array, characteristic_properties, device_properties, to_plain, uuid_of

BUS = "org.freedesktop.DBus"

# error.c: what btd_error_… say.
NOT_READY = ("NotReady", "Resource Not Ready")
IN_PROGRESS = ("InProgress", "Operation already in progress")
NOT_CONNECTED = ("NotConnected", "Not Connected")
NOT_SUPPORTED = ("NotSupported", "Operation is not supported")
CANCELED = ("Failed", "br-connection-canceled")
# att_connect_cb: whatever kept the kernel from connecting, be it silence or a full controller.
ABORTED = ("Failed", "le-connection-abort-by-local")
# What a pending operation of GATT is told when the link is gone: 0x0e, unlikely error.
UNLIKELY = 0x0E
READ_NOT_PERMITTED = 0x02
WRITE_NOT_PERMITTED = 0x03


def att_error(code):
    """create_gatt_dbus_error in gatt-client.c."""
    if code == READ_NOT_PERMITTED:
        return "NotPermitted", "Read not permitted"
    if code == WRITE_NOT_PERMITTED:
        return "NotPermitted", "Write not permitted"
    if code in (0x05, 0x0F, 0x0C):
        return "NotPermitted", "Not paired"
    if code == 0x06:
        return NOT_SUPPORTED
    if code == 0x07:
        return "InvalidArguments", "Invalid offset"
    if code == 0x08:
        return "NotAuthorized", "Operation Not Authorized"
    if code == 0x0D:
        return "InvalidArguments", "Invalid Length"
    return "Failed", f"Operation failed with ATT error: 0x{code:02x}"


class Refused(Exception):
    pass


class Bluez:
    def __init__(self, bus):
        self.bus = bus
        # As GetManagedObjects tells it: {path: {interface: {property: value}}}.
        self.objects = {}
        # What a device is beyond its properties: {path: {"services": […], "mtu": …, "connect": message or None, …}}.
        self.devices = {}
        # Senders with a discovery, and their filters, by adapter.
        self.discoveries = {}
        self.filters = {}
        # How many connections the controller of an adapter has.
        self.limits = {}
        # Senders that are notified, by characteristic.
        self.notified = {}
        # What is to go wrong; the first that fits.
        self.rules = []
        self.open_calls = []
        bus.add_message_filter(self.on_message)
        bus.add_match_string(f"type='signal',sender='{BUS}',member='NameOwnerChanged'")

    # The bus.

    def on_message(self, _, message):
        if isinstance(message, dbus.lowlevel.SignalMessage):
            if message.get_member() == "NameOwnerChanged":
                name, _, owner = message.get_args_list()
                if owner == "":
                    self.client_left(str(name))
            return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
        if not isinstance(message, dbus.lowlevel.MethodCallMessage):
            return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
        try:
            self.on_call(message)
        except Refused as refused:
            self.refuse(message, *refused.args)
        return dbus.lowlevel.HANDLER_RESULT_HANDLED

    def on_call(self, message):
        path, interface, member = str(message.get_path()), message.get_interface(), str(message.get_member())
        if member not in ("Introspect", "GetManagedObjects", "Get", "GetAll"):
            tell({"call": member, "path": path, "args": to_plain(message.get_args_list())})
        handler = getattr(self, f"call_{member}", None)
        known = path in self.objects or any(other.startswith(f"{path}/") for other in self.objects) or path == "/"
        if not known:
            self.error(message, f"{BUS}.Error.UnknownObject", f'Method "{member}" … doesn\'t exist')
        elif handler is None or (interface or "").startswith("org.bluez.") and interface not in self.objects.get(path, {}):
            text = f'Method "{member}" with signature "{message.get_signature()}" on interface "{interface}" doesn\'t exist\n'
            self.error(message, f"{BUS}.Error.UnknownMethod", text)
        else:
            self.with_rules(message, path, member, lambda: handler(message, path, *message.get_args_list()))

    def with_rules(self, message, path, member, work):
        rule = next((rule for rule in self.rules if rule["member"] == member and path.endswith(rule["path"])), None)
        if rule is None:
            return work()
        rule["times"] -= 1
        if rule["times"] == 0:
            self.rules.remove(rule)
        if rule["hang"]:
            self.open_calls.append((message, path))
        elif rule["delay"] > 0:
            GLib.timeout_add(rule["delay"], lambda: self.late(message, work))
        elif rule["att"] is not None:
            raise Refused(*att_error(rule["att"]))
        else:
            raise Refused(*rule["error"])

    def late(self, message, work):
        try:
            work()
        except Refused as refused:
            self.refuse(message, *refused.args)
        return GLib.SOURCE_REMOVE

    def reply(self, message, *args, signature=None):
        if message.get_no_reply():
            return
        answer = dbus.lowlevel.MethodReturnMessage(message)
        if args:
            answer.append(*args, signature=signature)
        self.bus.send_message(answer)

    def refuse(self, message, name, text):
        self.error(message, f"org.bluez.Error.{name}", text)

    def error(self, message, name, text):
        self.bus.send_message(dbus.lowlevel.ErrorMessage(message, name, text))

    def signal(self, path, interface, member, signature, *args):
        message = dbus.lowlevel.SignalMessage(path, interface, member)
        message.append(*args, signature=signature)
        self.bus.send_message(message)

    # org.freedesktop.DBus.*

    def call_Introspect(self, message, path):
        prefix = "/" if path == "/" else f"{path}/"
        below = {other[len(prefix) :].split("/")[0] for other in self.objects if other.startswith(prefix)}
        self.reply(message, introspection(path, self.objects.get(path, {}), sorted(below)), signature="s")

    def call_GetManagedObjects(self, message, _):
        self.reply(message, self.objects, signature="a{oa{sa{sv}}}")

    def call_Get(self, message, path, interface, name):
        value = self.objects.get(path, {}).get(interface, {}).get(name)
        if value is None:
            self.error(message, f"{BUS}.Error.InvalidArgs", f"No such property '{name}'")
        else:
            self.reply(message, value, signature="v")

    def call_GetAll(self, message, path, interface):
        self.reply(message, self.objects.get(path, {}).get(interface, {}), signature="a{sv}")

    def call_Set(self, message, path, interface, name, value):
        if interface == ADAPTER and name == "Powered":
            self.power(path, bool(value))
        self.reply(message)

    # org.bluez.Adapter1

    def call_SetDiscoveryFilter(self, message, path, discovery_filter):
        self.filters.setdefault(path, {})[message.get_sender()] = to_plain(discovery_filter)
        self.reply(message)

    def call_StartDiscovery(self, message, path):
        self.require_power(path)
        senders = self.discoveries.setdefault(path, set())
        if message.get_sender() in senders:
            raise Refused(*IN_PROGRESS)
        senders.add(message.get_sender())
        self.reply(message)
        self.change(path, ADAPTER, {"Discovering": dbus.Boolean(True)})

    def call_StopDiscovery(self, message, path):
        self.require_power(path)
        if message.get_sender() not in self.discoveries.get(path, set()):
            raise Refused("Failed", "No discovery started")
        self.stop_discovery(path, message.get_sender())
        self.reply(message)

    def call_RemoveDevice(self, message, path, device):
        if str(device) not in self.devices:
            raise Refused("DoesNotExist", "Does Not Exist")
        self.forget(str(device))
        self.reply(message)

    def require_power(self, path):
        if not self.objects[path][ADAPTER]["Powered"]:
            raise Refused(*NOT_READY)

    def stop_discovery(self, path, sender):
        senders = self.discoveries.get(path, set())
        senders.discard(sender)
        if senders or not self.objects[path][ADAPTER]["Discovering"]:
            return
        self.change(path, ADAPTER, {"Discovering": dbus.Boolean(False)})
        # discovery_cleanup: how strong they were holds for one discovery.
        for device in self.devices_of(path):
            if self.objects[device][DEVICE].pop("RSSI", None) is not None:
                self.signal(device, PROPERTIES, "PropertiesChanged", "sa{sv}as", DEVICE, {}, ["RSSI"])

    def client_left(self, sender):
        for adapter in list(self.discoveries):
            if sender in self.discoveries[adapter]:
                self.stop_discovery(adapter, sender)
            self.filters.get(adapter, {}).pop(sender, None)
        for path, senders in list(self.notified.items()):
            if sender in senders:
                self.stop_notify(path, sender)

    # org.bluez.Device1

    def call_Connect(self, message, path):
        self.require_power(self.adapter_of(path))
        device = self.devices[path]
        if device["connecting"] is not None:
            raise Refused(*IN_PROGRESS)
        if self.objects[path][DEVICE]["Connected"]:
            return self.reply(message)
        adapter = self.adapter_of(path)
        if self.connected(adapter) >= self.limits[adapter]:
            raise Refused(*ABORTED)
        if device["absent"]:
            device["connecting"] = message
            return GLib.timeout_add(device["patience"], lambda: self.give_up(path, message))
        self.change(path, DEVICE, {"Connected": dbus.Boolean(True)})
        self.reply(message)
        GLib.timeout_add(device["resolve"], lambda: self.resolve(path))

    def give_up(self, path, message):
        device = self.devices[path]
        if device["connecting"] is message:
            device["connecting"] = None
            self.refuse(message, *ABORTED)
        return GLib.SOURCE_REMOVE

    def connected(self, adapter):
        return sum(1 for path in self.devices_of(adapter) if self.objects[path][DEVICE]["Connected"])

    def resolve(self, path):
        device = self.devices.get(path)
        if device is None or not self.objects[path][DEVICE]["Connected"]:
            return GLib.SOURCE_REMOVE
        for each, interfaces in device["tree"].items():
            if each not in self.objects:
                self.add(each, interfaces)
        uuids = dbus.Array(device["uuids"], signature="s")
        self.change(path, DEVICE, {"UUIDs": uuids, "ServicesResolved": dbus.Boolean(True)})
        return GLib.SOURCE_REMOVE

    def call_Disconnect(self, message, path):
        device = self.devices[path]
        if device["connecting"] is not None:
            self.refuse(device["connecting"], *CANCELED)
            device["connecting"] = None
            return self.reply(message)
        # A Connect that hangs by a rule is ended like one that waits for the device.
        for call, at in [each for each in self.open_calls if each[1] == path and each[0].get_member() == "Connect"]:
            self.open_calls.remove((call, at))
            self.refuse(call, *CANCELED)
        self.drop(path)
        self.reply(message)

    def drop(self, path):
        """The link is gone, whoever wanted that."""
        properties = self.objects[path][DEVICE]
        if not properties["Connected"]:
            return
        for call, at in [each for each in self.open_calls if each[1].startswith(f"{path}/")]:
            self.open_calls.remove((call, at))
            self.refuse(call, *att_error(UNLIKELY))
        for at in [at for at in self.notified if at.startswith(f"{path}/")]:
            del self.notified[at]
            self.change(at, CHARACTERISTIC, {"Notifying": dbus.Boolean(False)})
        if properties["ServicesResolved"]:
            self.change(path, DEVICE, {"ServicesResolved": dbus.Boolean(False)})
        self.change(path, DEVICE, {"Connected": dbus.Boolean(False)})

    # org.bluez.GattCharacteristic1

    def call_ReadValue(self, message, path, _options):
        properties = self.of_connected(path)
        if "read" not in properties["Flags"]:
            raise Refused(*att_error(READ_NOT_PERMITTED))
        value = properties["Value"]
        self.reply(message, value, signature="ay")
        self.change(path, CHARACTERISTIC, {"Value": value})

    def call_WriteValue(self, message, path, value, options):
        properties = self.of_connected(path)
        command = options.get("type") == "command"
        if not command and "write" not in properties["Flags"]:
            raise Refused(*att_error(WRITE_NOT_PERMITTED))
        if command and len(value) > int(properties["MTU"]) - 3:
            raise Refused("Failed", "Failed to initiate write")
        self.objects[path][CHARACTERISTIC]["Value"] = dbus.Array(value, signature="y")
        self.reply(message)

    def call_StartNotify(self, message, path):
        properties = self.of_connected(path, NOT_CONNECTED)
        if not {"notify", "indicate"} & set(properties["Flags"]):
            raise Refused(*NOT_SUPPORTED)
        self.notified.setdefault(path, set()).add(message.get_sender())
        self.change(path, CHARACTERISTIC, {"Notifying": dbus.Boolean(True)})
        self.reply(message)

    def call_StopNotify(self, message, path):
        if message.get_sender() not in self.notified.get(path, set()):
            raise Refused("Failed", "No notify session started")
        self.stop_notify(path, message.get_sender())
        self.reply(message)

    def stop_notify(self, path, sender):
        self.notified[path].discard(sender)
        if not self.notified[path]:
            del self.notified[path]
            self.change(path, CHARACTERISTIC, {"Notifying": dbus.Boolean(False)})

    def of_connected(self, path, otherwise=("Failed", "Not connected")):
        device = path.rsplit("/", 2)[0]
        if not self.objects[device][DEVICE]["Connected"]:
            raise Refused(*otherwise)
        return self.objects[path][CHARACTERISTIC]

    # The tree.

    def add(self, path, interfaces):
        self.objects[path] = interfaces
        self.signal("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}", path, interfaces)

    def remove(self, path):
        interfaces = list(self.objects.pop(path))
        self.signal("/", MANAGER, "InterfacesRemoved", "oas", path, interfaces)

    def change(self, path, interface, changed):
        """One signal for all, as gdbus collects them."""
        self.objects[path][interface].update(changed)
        self.signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", interface, changed, [])

    def devices_of(self, adapter):
        return [path for path in self.devices if path.startswith(f"{adapter}/") and path in self.objects]

    def adapter_of(self, path):
        return "/".join(path.split("/")[:4])

    def forget(self, path):
        if path not in self.objects:
            return
        self.drop(path)
        for below in sorted((other for other in self.objects if other.startswith(f"{path}/")), reverse=True):
            self.remove(below)
        self.remove(path)

    def power(self, path, on):
        if not on:
            for device in self.devices_of(path):
                self.drop(device)
            for sender in list(self.discoveries.get(path, set())):
                self.stop_discovery(path, sender)
        self.change(path, ADAPTER, {"Powered": dbus.Boolean(on)})

    # What a test says.

    def do_adapter(self, name, address, powered, connections):
        properties = {
            "Address": address,
            "AddressType": "public",
            "Name": "fake",
            "Alias": "fake",
            "Powered": dbus.Boolean(powered),
            "Discovering": dbus.Boolean(False),
            "UUIDs": dbus.Array([], signature="s"),
        }
        self.limits[f"/org/bluez/{name}"] = connections
        self.add(f"/org/bluez/{name}", {ADAPTER: properties, PROPERTIES: {}})

    def do_no_adapter(self, name):
        path = f"/org/bluez/{name}"
        for device in self.devices_of(path):
            self.forget(device)
        self.discoveries.pop(path, None)
        self.remove(path)

    def do_power(self, name, on):
        self.power(f"/org/bluez/{name}", on)

    def do_device(self, path, services, mtu, absent, patience, resolve):
        """There is such a device; bluetoothd knows of it from its first advertisement on. The paths of its characteristics, in order."""
        tree = {}
        for number, service in enumerate(services):
            at = f"{path}/service{16 * (number + 1):04x}"
            tree[at] = {SERVICE: {"UUID": uuid_of(service["uuid"]), "Device": dbus.ObjectPath(path), "Primary": True}}
            for index, characteristic in enumerate(service["characteristics"]):
                handle = 16 * (number + 1) + 2 * index + 1
                properties = characteristic_properties(characteristic, at, handle, mtu)
                tree[f"{at}/char{handle:04x}"] = {CHARACTERISTIC: properties, PROPERTIES: {}}
        uuids = [uuid_of(service["uuid"]) for service in services]
        old = self.devices.get(path)
        connecting = old["connecting"] if old is not None else None
        device = {"tree": tree, "uuids": uuids, "absent": absent, "patience": patience, "resolve": resolve}
        self.devices[path] = {**device, "connecting": connecting}
        return [at for at, each in tree.items() if CHARACTERISTIC in each]

    def do_advertise(self, path, advertisement):
        adapter = self.adapter_of(path)
        if adapter not in self.objects or not self.objects[adapter][ADAPTER]["Discovering"]:
            return False
        # Who is connected does not advertise.
        if path in self.objects and self.objects[path][DEVICE]["Connected"]:
            return False
        heard = device_properties(path, advertisement)
        if path not in self.objects:
            fixed = {"Adapter": dbus.ObjectPath(adapter), "Connected": dbus.Boolean(False), "Paired": dbus.Boolean(False)}
            fixed |= {"ServicesResolved": dbus.Boolean(False), "Trusted": dbus.Boolean(False)}
            self.add(path, {DEVICE: {**fixed, **heard}, PROPERTIES: {}})
            return True
        # With DuplicateData what is as before is told again; without, only what is new.
        filters = self.filters.get(adapter, {}).values()
        repeated = any(each.get("DuplicateData") for each in filters)
        known = self.objects[path][DEVICE]
        again = {"ManufacturerData", "ServiceData"} if repeated else set()
        # The strength is told each time once there is a filter.
        again |= {"RSSI"} if filters else set()
        changed = {name: value for name, value in heard.items() if name in again or known.get(name) != value}
        if changed:
            self.change(path, DEVICE, changed)
        return True

    def do_forget(self, path):
        self.forget(path)

    def do_drop(self, path):
        self.drop(path)

    def do_notify(self, path, value):
        if path not in self.notified:
            return False
        self.change(path, CHARACTERISTIC, {"Value": byte_array(value)})
        return True

    def do_value(self, path, value):
        for tree in [self.objects, *(device["tree"] for device in self.devices.values())]:
            if path in tree:
                tree[path][CHARACTERISTIC]["Value"] = byte_array(value)

    def do_get(self, path, interface, name):
        return to_plain(self.objects.get(path, {}).get(interface, {}).get(name))

    def do_rule(self, **rule):
        self.rules.append(rule)

    def do_no_rules(self):
        self.rules.clear()


def tell(message):
    print(json.dumps(message), flush=True)


def main():
    DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
    bluez = Bluez(bus)
    # As in BlueZ, where the manager's object is there before an adapter is.
    bluez.objects["/org/bluez"] = {"org.bluez.AgentManager1": {}}
    loop = GLib.MainLoop()

    rest = b""

    def on_input(source, _):
        nonlocal rest
        more = os.read(source, 65536)
        if more == b"":
            loop.quit()
            return False
        *lines, rest = (rest + more).split(b"\n")
        for line in lines:
            command = json.loads(line)
            number, name = command.pop("id"), command.pop("do")
            tell({"id": number, "ok": getattr(bluez, f"do_{name}")(**command)})
        return True

    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, on_input)
    # Last: who sees the name finds everything behind it.
    if bus.request_name("org.bluez", dbus.bus.NAME_FLAG_DO_NOT_QUEUE) != dbus.bus.REQUEST_NAME_REPLY_PRIMARY_OWNER:
        sys.exit("org.bluez is taken")
    tell({"ready": True})
    loop.run()


main()
