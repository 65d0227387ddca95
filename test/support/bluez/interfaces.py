"""The interfaces of BlueZ that the fake has, and what Introspect says of them."""

from xml.sax.saxutils import quoteattr

ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"

# By interface: methods and signals, each with (name, what goes in, what comes out), and properties with their type and access.
METHODS = {
    INTROSPECTABLE: [("Introspect", [], ["s"])],
    PROPERTIES: [("Get", ["s", "s"], ["v"]), ("Set", ["s", "s", "v"], []), ("GetAll", ["s"], ["a{sv}"])],
    MANAGER: [("GetManagedObjects", [], ["a{oa{sa{sv}}}"])],
    ADAPTER: [
        ("StartDiscovery", [], []),
        ("SetDiscoveryFilter", ["a{sv}"], []),
        ("StopDiscovery", [], []),
        ("RemoveDevice", ["o"], []),
    ],
    DEVICE: [("Disconnect", [], []), ("Connect", [], [])],
    SERVICE: [],
    CHARACTERISTIC: [
        ("ReadValue", ["a{sv}"], ["ay"]),
        ("WriteValue", ["ay", "a{sv}"], []),
        ("StartNotify", [], []),
        ("StopNotify", [], []),
    ],
}
SIGNALS = {
    PROPERTIES: [("PropertiesChanged", ["s", "a{sv}", "as"])],
    MANAGER: [("InterfacesAdded", ["o", "a{sa{sv}}"]), ("InterfacesRemoved", ["o", "as"])],
}
VALUES = {
    ADAPTER: {"Address": "s", "AddressType": "s", "Name": "s", "Alias": "s", "Discovering": "b", "UUIDs": "as"},
    DEVICE: {
        **{"Address": "s", "AddressType": "s", "Name": "s", "Alias": "s", "Paired": "b", "Trusted": "b", "Connected": "b"},
        **{"UUIDs": "as", "Adapter": "o", "ManufacturerData": "a{qv}", "ServiceData": "a{sv}", "RSSI": "n"},
        **{"TxPower": "n", "ServicesResolved": "b"},
    },
    SERVICE: {"UUID": "s", "Device": "o", "Primary": "b"},
    CHARACTERISTIC: {"UUID": "s", "Service": "o", "Value": "ay", "Notifying": "b", "Flags": "as", "MTU": "q", "Handle": "q"},
}
WRITABLE = {ADAPTER: {"Powered": "b"}}


def introspection(path, interfaces, below):
    """XML of an object with these interfaces, and these names below it."""
    own = [INTROSPECTABLE, *interfaces, *([MANAGER] if path == "/" else [])]
    lines = [described(interface) for interface in own]
    lines += [f"<node name={quoteattr(name)}/>" for name in below]
    doctype = (
        '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
        '"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
    )
    return doctype + "<node>" + "".join(lines) + "</node>"


def described(interface):
    parts = []
    for name, into, out in METHODS.get(interface, []):
        inward = [f'<arg type="{one}" direction="in"/>' for one in into]
        outward = [f'<arg type="{one}" direction="out"/>' for one in out]
        parts.append(f'<method name="{name}">{"".join(inward + outward)}</method>')
    for name, arguments in SIGNALS.get(interface, []):
        parts.append(f'<signal name="{name}">{"".join(f"""<arg type="{one}"/>""" for one in arguments)}</signal>')
    for access, values in (("read", VALUES), ("readwrite", WRITABLE)):
        for name, kind in values.get(interface, {}).items():
            parts.append(f'<property name="{name}" type="{kind}" access="{access}"/>')
    return f'<interface name="{interface}">{"".join(parts)}</interface>'
