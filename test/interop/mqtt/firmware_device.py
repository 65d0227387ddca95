"""A device that takes its firmware over MQTT, made of paho: firmware_device.py KIND PORT FOLDER WISHES

FOLDER is its flash: `image` is what it has, `meta` of which image that is, `version` what it runs. WISHES is JSON:
  room    bytes that it has for an image            magic   in hexadecimal: other images are none for it
  die_at  it vanishes when it has so many bytes     stuck   it comes back with the version that it had
  slow    seconds that each piece takes             chunk   what it asks for at once (pull)
It prints a line for each thing that happens.
"""
import hashlib
import json
import os
import sys
import threading
import time
import urllib.request

import paho.mqtt.client as mqtt

KIND, PORT, FOLDER, WISHES = sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
IMAGE, META, VERSION = (os.path.join(FOLDER, name) for name in ("image", "meta", "version"))
BASE = "dev"


def say(*words):
    print(*words, flush=True)


def read(path, default):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return default


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


class Flash:
    """What survives a power cut."""

    def __init__(self):
        self.meta = json.loads(read(META, "{}"))
        self.died = False

    @property
    def length(self):
        return os.path.getsize(IMAGE) if os.path.exists(IMAGE) else 0

    def begin(self, sha256, size, version):
        """Keeps what it has of this image; of another one it has nothing."""
        if self.meta.get("sha256") != sha256:
            self.erase()
        self.meta = {"sha256": sha256, "size": size, "version": version}
        write(META, json.dumps(self.meta))
        if size > WISHES.get("room", size):
            return "NO_SPACE"
        return None

    def erase(self):
        self.meta = {}
        for path in (IMAGE, META):
            if os.path.exists(path):
                os.remove(path)

    def append(self, data):
        with open(IMAGE, "ab") as file:
            file.write(data)
        time.sleep(WISHES.get("slow", 0))
        if WISHES.get("die_at") is not None and self.length >= WISHES["die_at"]:
            say("dies at", self.length)
            os._exit(1)

    def fault(self):
        """Of a whole image."""
        with open(IMAGE, "rb") as file:
            data = file.read()
        if not data.startswith(bytes.fromhex(WISHES.get("magic", ""))):
            return "BAD_IMAGE"
        if hashlib.sha256(data).hexdigest() != self.meta["sha256"]:
            return "checksum does not match"
        say("has", hashlib.sha256(data).hexdigest())
        return None

    def restart(self):
        """Into the new one."""
        if not WISHES.get("stuck"):
            write(VERSION, self.meta.get("version") or "2.0.0")
        return self.version

    @property
    def version(self):
        return read(VERSION, "1.0.0")


flash = Flash()
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"device-{KIND}-{os.getpid()}")


def tell(topic, message, retain=False):
    client.publish(topic, message if isinstance(message, str) else json.dumps(message), qos=1, retain=retain)


class Push:
    topics = [f"{BASE}/begin", f"{BASE}/data/+", f"{BASE}/abort", f"{BASE}/activate"]

    def connected(self):
        tell(f"{BASE}/version", flash.version, retain=True)

    def take(self, topic, payload):
        if topic.endswith("/begin"):
            wanted = json.loads(payload)
            self.job = wanted["job"]
            error = flash.begin(wanted["sha256"], wanted["size"], wanted["version"])
            say("begins at", flash.length)
            if error:
                tell(f"{BASE}/ack", {"job": self.job, "state": "error", "error": error})
            else:
                self.ack()
        elif "/data/" in topic:
            if int(topic.rsplit("/", 1)[1]) == flash.length:
                flash.append(payload)
            self.ack()
        elif topic.endswith("/abort"):
            flash.erase()
            say("forgets it")
        elif topic.endswith("/activate"):
            flash.restart()
            self.connected()

    def ack(self):
        tell(f"{BASE}/ack", {"job": self.job, "next": flash.length})
        if flash.length == flash.meta["size"]:
            fault = flash.fault()
            if fault:
                flash.erase()
            tell(f"{BASE}/ack", {"job": self.job, **({"state": "error", "error": fault} if fault else {"state": "done"})})


class Pull:
    me = "v1/devices/me"
    topics = [f"{me}/attributes", f"{me}/attributes/response/+", "v2/fw/response/+/chunk/+"]
    request = 0

    def connected(self):
        self.telemetry()
        tell(f"{self.me}/attributes/request/1", {"sharedKeys": "fw_title,fw_version,fw_size,fw_checksum,fw_checksum_algorithm"})

    def telemetry(self, **more):
        tell(f"{self.me}/telemetry", {"current_fw_title": "dev", "current_fw_version": flash.version, **more})

    def take(self, topic, payload):
        if topic.startswith("v2/fw/response/"):
            if f"/{self.request}/chunk/{flash.length // WISHES['chunk']}" in topic:
                flash.append(payload)
                self.next()
            return
        told = json.loads(payload)
        told = told.get("shared", {}) if "/response/" in topic else told
        if "deleted" in told:
            flash.erase()
            say("forgets it")
        elif told.get("fw_version") not in (None, flash.version):
            error = flash.begin(told["fw_checksum"], told["fw_size"], told["fw_version"])
            say("begins at", flash.length)
            if error:
                self.telemetry(fw_state="FAILED", fw_error=error)
                return
            self.telemetry(fw_state="DOWNLOADING")
            self.request += 1
            self.next()

    def next(self):
        if flash.length < flash.meta["size"]:
            tell(f"v2/fw/request/{self.request}/chunk/{flash.length // WISHES['chunk']}", str(WISHES["chunk"]))
            return
        self.telemetry(fw_state="DOWNLOADED")
        fault = flash.fault()
        if fault:
            flash.erase()
            self.telemetry(fw_state="FAILED", fw_error=fault)
            return
        self.telemetry(fw_state="VERIFIED")
        self.telemetry(fw_state="UPDATING")
        flash.restart()
        self.telemetry(fw_state="UPDATED")


class Url:
    topics = [f"{BASE}/ota", f"{BASE}/ask"]

    def connected(self):
        if "url" in flash.meta:
            self.start()

    def take(self, topic, payload):
        if topic.endswith("/ask"):
            tell(f"{BASE}/info", {"fw": flash.version})
            return
        told = json.loads(payload)
        error = flash.begin(told["sha256"], told["size"], told["version"])
        flash.meta["url"] = told["url"]
        write(META, json.dumps(flash.meta))
        say("begins at", flash.length)
        if error:
            tell(f"{BASE}/state", {"state": "error", "error": error})
        else:
            self.start()

    def start(self):
        threading.Thread(target=self.fetch, daemon=True).start()

    def fetch(self):
        request = urllib.request.Request(flash.meta["url"])
        if flash.length > 0:
            request.add_header("Range", f"bytes={flash.length}-")
        with urllib.request.urlopen(request) as response:
            while piece := response.read(8192):
                flash.append(piece)
        fault = flash.fault()
        if fault:
            flash.erase()
        else:
            flash.restart()
        tell(f"{BASE}/state", {"state": "error", "error": fault} if fault else {"state": "done"})


class Bridge:
    """Zigbee2MQTT with one device, `bulb`."""

    base = "zigbee2mqtt"
    topics = [f"{base}/bridge/request/device/ota_update/#"]
    aborted = False
    busy = False

    def connected(self):
        self.state("available")

    def state(self, state, **more):
        update = {"state": state, "installed_version": int(flash.version.replace(".", "")), "latest_version": None, **more}
        tell(f"{self.base}/bulb", {"linkquality": 100, "update": update})

    def take(self, topic, payload):
        told = json.loads(payload)
        if topic.endswith("/abort"):
            self.aborted = True
            tell(f"{self.base}/bridge/response/device/ota_update/update/abort", {"status": "ok", "data": {"id": told["id"]}})
            say("aborts")
        elif self.busy:
            self.answer(told, "OTA update or check for update already in progress for 'bulb'")
        else:
            self.busy = True
            threading.Thread(target=self.update, args=[told], daemon=True).start()

    def answer(self, told, error=None, **data):
        answer = {"data": data, "status": "error", "error": error} if error else {"data": data, "status": "ok"}
        tell(f"{self.base}/bridge/response/device/ota_update/update", {**answer, "transaction": told["transaction"]})

    def update(self, told):
        data = bytes.fromhex(told["hex"]["data"])
        error = flash.begin(hashlib.sha256(data).hexdigest(), len(data), "2.0.0")
        for at in range(0, 0 if error else len(data), 4096):
            if self.aborted:
                error = "aborted"
                break
            self.state("updating", progress=round(100 * at / len(data), 2), remaining=10)
            flash.append(data[at : at + 4096])
        error = error or flash.fault()
        self.busy = False
        if error:
            flash.erase()
            self.state("available")
            self.answer(told, f"OTA update of 'bulb' failed ({error})")
            return
        before = int(flash.version.replace(".", ""))
        after = int(flash.restart().replace(".", ""))
        self.state("idle")
        self.answer(told, id="bulb", **{"from": {"file_version": before}, "to": {"file_version": after}})


device = {"push": Push, "pull": Pull, "url": Url, "bridge": Bridge}[KIND]()


def on_connect(client, userdata, flags, reason, properties):
    client.subscribe([(topic, 1) for topic in device.topics])


def on_subscribe(client, userdata, mid, reasons, properties):
    say("ready")
    device.connected()
    threading.Thread(target=live, daemon=True).start()


def live():
    """A sign of life, as devices have that measure something."""
    while True:
        client.publish("alive", '{"t":21}')
        time.sleep(0.5)


client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_message = lambda client, userdata, message: device.take(message.topic, message.payload)
client.connect("127.0.0.1", PORT)
client.loop_forever()
