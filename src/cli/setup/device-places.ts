/** The questions about where devices are: what is spoken, where to, and whether somebody shall look who is there. */
import { parseDuration } from "../../duration.ts";
import type { KnownLink } from "./facts.ts";
import type { Known, Question } from "./question.ts";

/** What a link of each kind is, for people; `protocol`: of its mappings. */
export const KINDS: Readonly<
  Record<string, { readonly protocol: string; readonly text: string; readonly scans: boolean }>
> = {
  "modbus-tcp": { protocol: "modbus", text: "Modbus TCP: a meter or a controller in the network", scans: true },
  "modbus-rtu": { protocol: "modbus", text: "Modbus RTU: devices on a serial port of this machine", scans: true },
  mqtt: { protocol: "mqtt", text: "MQTT: devices that speak over a broker", scans: true },
  ble: { protocol: "ble", text: "Bluetooth: sensors on the air", scans: true },
  serial: { protocol: "serial", text: "serial: a scale or the like with words of its own", scans: false },
  simulated: { protocol: "simulated", text: "simulated: no hardware, values for trying", scans: false },
  none: { protocol: "", text: "no device yet: the gateway alone", scans: false },
};

const LINK = "link:";
const NAMES = Object.keys(KINDS);

/** The link of the configuration that was chosen; undefined: a new one is made. */
export function linkOf({ answers, facts }: Known): KnownLink | undefined {
  const kind = answers.get("kind") ?? "";
  const id = facts.sameLink ?? (kind.startsWith(LINK) ? kind.slice(LINK.length) : undefined);
  return facts.links.find((link) => link.id === id);
}

/** What is spoken: "modbus"; "" where there is no device. */
export function protocolOf(known: Known): string {
  return linkOf(known)?.protocol ?? KINDS[known.answers.get("kind") ?? ""]?.protocol ?? "";
}

export const kindQuestion: Question = {
  id: "kind",
  option: "--modbus-tcp, --modbus-rtu, --mqtt, --ble, --serial, --simulated, --link or --no-device",
  text: "Where is the first device (a number)",
  help: ["A link is a wire or a session; many devices may stand behind one."],
  applies: () => true,
  choices: ({ facts }) => [
    ...facts.links.map(({ id, type }) => `link ${id}, which is there (${type})`),
    ...NAMES.map((name) => KINDS[name]?.text ?? name),
  ],
  check(text, { facts }) {
    const all = [...facts.links.map(({ id }) => `${LINK}${id}`), ...NAMES];
    const value = /^\d{1,4}$/.test(text) ? all[Number(text) - 1] : all.find((name) => name === text);
    if (value !== undefined) return { value };
    if (text.startsWith(LINK)) return { wrong: `there is no link "${text.slice(LINK.length)}"` };
    return { wrong: `expected a number from 1 to ${all.length}` };
  },
};

/** `ask`, `help` and `expected` of the place, by the kind of the link. */
const PLACES: Readonly<Record<string, { readonly pattern: RegExp; readonly expected: string }>> = {
  "modbus-tcp": {
    pattern: /^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+)(?::\d{1,5})?$/,
    expected: "HOST or HOST:PORT, e.g. 10.0.4.20:502",
  },
  "modbus-rtu": {
    pattern: /^\/\S+$/,
    expected: "the path of a serial port, e.g. /dev/serial/by-id/…, or its number here",
  },
  serial: { pattern: /^\/\S+$/, expected: "the path of a serial port, e.g. /dev/serial/by-id/…, or its number here" },
  mqtt: {
    pattern: /^mqtts?:\/\/[^\s/@]+$/,
    expected: "mqtt://HOST or mqtts://HOST, :PORT behind it where it is another",
  },
  ble: { pattern: /^hci\d{1,2}$/, expected: "a Bluetooth adapter of this machine, e.g. hci0" },
};

export const placeQuestion: Question = {
  id: "place",
  option: "--modbus-tcp HOST[:PORT], --modbus-rtu PORT, --serial PORT, --mqtt URL or --ble ADAPTER",
  text: "Where to",
  help: [
    "Modbus TCP: HOST or HOST:PORT, the usual port is 502. Serial: the port, best by its lasting name under /dev/serial/by-id.",
    "MQTT: mqtt://HOST or mqtts://HOST. Bluetooth: the adapter, hci0 where there is one.",
  ],
  applies: ({ answers }) => PLACES[answers.get("kind") ?? ""] !== undefined,
  choices: (known) => (isPort(known) ? known.facts.ports : []),
  proposal: (known) => {
    if (known.answers.get("kind") === "ble") return "hci0";
    return isPort(known) && known.facts.ports.length === 1 ? "1" : undefined;
  },
  check(text, known) {
    const place = PLACES[known.answers.get("kind") ?? ""];
    const value = isPort(known) && /^\d{1,2}$/.test(text) ? (known.facts.ports[Number(text) - 1] ?? text) : text;
    if (place?.pattern.test(value) !== true) return { wrong: `expected ${place?.expected ?? "a place"}` };
    const port = known.answers.get("kind") === "modbus-tcp" ? splitPlace(value).port : undefined;
    return port === undefined || (port > 0 && port < 65536)
      ? { value }
      : { wrong: "a port is a number from 1 to 65535" };
  },
};

function isPort({ answers }: Known): boolean {
  return ["modbus-rtu", "serial"].includes(answers.get("kind") ?? "");
}

/** "10.0.4.20:1502" */
export function splitPlace(text: string): { readonly host: string; readonly port?: number } {
  const [, host = text, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
  const bare = host.replace(/^\[|\]$/g, "");
  return port === undefined ? { host: bare } : { host: bare, port: Number(port) };
}

export const lineQuestion: Question = {
  id: "line",
  option: "--line SETTINGS",
  text: "Settings of the line",
  help: [
    "Bits a second, data bits, parity (N, E or O), stop bits, as they are set on the device: 9600-8N1, 19200-8E1.",
  ],
  applies: isPort,
  proposal: () => "9600-8N1",
  check: (text) =>
    /^\d{3,7}-[5-8][NEO][12]$/i.test(text)
      ? { value: text.toUpperCase() }
      : { wrong: "expected settings such as 9600-8N1" },
};

export const scanQuestion: Question = {
  id: "scan",
  option: "--scan UNITS|TIME|no",
  text: "Look who is there: Modbus addresses such as 1-16, or how long to listen such as 15s (no: name it by hand)",
  help: [
    "Modbus devices are asked one address after the other; an address without a device costs a second.",
    "On MQTT and Bluetooth it is listened to whoever speaks. Nothing is written or published; Ctrl-C ends it and keeps what was found.",
  ],
  applies: (known) => {
    const { answers } = known;
    const type = linkOf(known)?.type ?? answers.get("kind") ?? "";
    return KINDS[type]?.scans ?? protocolOf(known) === "modbus";
  },
  proposal: (known) => (protocolOf(known) === "modbus" ? "1-16" : "15s"),
  check(text, known) {
    if (/^no?$/i.test(text)) return { value: "no" };
    if (protocolOf(known) === "modbus") {
      const isList = /^\d{1,3}(?:(?:-|\.\.)\d{1,3})?(?:,\d{1,3}(?:(?:-|\.\.)\d{1,3})?)*$/.test(text);
      return isList ? { value: text } : { wrong: "expected addresses such as 1-16 or 1,5,10-20, or no" };
    }
    return isSpan(text) ? { value: text } : { wrong: "expected a time such as 15s or 2m, or no" };
  },
};

function isSpan(text: string): boolean {
  try {
    return parseDuration(text) > 0;
  } catch {
    return false;
  }
}
