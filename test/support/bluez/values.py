"""Values of D-Bus, with the types that BlueZ gives them; bytes of a test are text in hexadecimal digits."""

import dbus

BASE = "-0000-1000-8000-00805f9b34fb"


def byte_array(digits):
    return dbus.Array(bytes.fromhex(digits), signature="y")


def uuid_of(text):
    """BlueZ tells all in their long form."""
    return f"0000{text}{BASE}" if len(text) == 4 else text


def characteristic_properties(characteristic, service, handle, mtu):
    return {
        "UUID": uuid_of(characteristic["uuid"]),
        "Service": dbus.ObjectPath(service),
        "Value": byte_array(characteristic["value"]),
        "Flags": dbus.Array(characteristic["flags"], signature="s"),
        "Notifying": dbus.Boolean(False),
        "Handle": dbus.UInt16(handle),
        "MTU": dbus.UInt16(mtu),
    }


def device_properties(path, advertisement):
    """What an advertisement says of a device: all of it where it is new, else of each property what it is from now on."""
    address = path.rsplit("dev_", 1)[1].replace("_", ":")
    name = advertisement.get("name")
    properties = {
        "Address": address,
        "AddressType": advertisement["addressType"],
        # Without a name BlueZ makes one of the address.
        "Alias": name or address.replace(":", "-"),
    }
    if name is not None:
        properties["Name"] = name
    if "rssi" in advertisement:
        properties["RSSI"] = dbus.Int16(advertisement["rssi"])
    data = advertisement.get("manufacturerData", {})
    if data:
        entries = {dbus.UInt16(int(company)): byte_array(digits) for company, digits in data.items()}
        properties["ManufacturerData"] = dbus.Dictionary(entries, signature="qv")
    data = advertisement.get("serviceData", {})
    if data:
        entries = {uuid_of(uuid): byte_array(digits) for uuid, digits in data.items()}
        properties["ServiceData"] = dbus.Dictionary(entries, signature="sv")
    # device_add_eir_uuids: what has data counts as offered.
    uuids = [uuid_of(uuid) for uuid in dict.fromkeys([*advertisement.get("services", []), *data])]
    if uuids:
        properties["UUIDs"] = dbus.Array(uuids, signature="s")
    return properties


def to_plain(value):
    """As JSON has it."""
    if isinstance(value, dbus.Boolean):
        return bool(value)
    if isinstance(value, (dbus.ByteArray, bytes)):
        return bytes(value).hex()
    if isinstance(value, dbus.Array) and value.signature == "y":
        return bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [to_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): to_plain(one) for name, one in value.items()}
    return int(value) if isinstance(value, int) else value if value is None else str(value)
