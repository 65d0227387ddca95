/**
 * Stands in for the process of a Bluetooth stack, and does wrong what its adapter's name says. It is run as that process; it speaks
 * the messages as anybody could write them down, not as our code makes them.
 */
import { Socket } from "node:net";
import { createInterface } from "node:readline";

const wire = new Socket({ fd: 3, readable: true, writable: true });
const say = (message: unknown): void => {
  wire.write(`${JSON.stringify(message)}\n`);
};
let mood = "";
wire.on("error", () => {});
wire.on("end", () => {
  if (mood !== "stays") process.exit();
});

const SERVICES = [
  {
    uuid: "181a",
    characteristics: [{ id: 7, uuid: "2a6e", service: "181a", properties: ["read", "notify", "write"] }],
  },
];

interface Call {
  readonly number: number;
  readonly operation: { readonly method: string; readonly connection: number };
}

/** What a sound one does. */
function answer({ number, operation: { method, connection } }: Call): void {
  const result = (what: unknown): void => say({ type: "answer", number, result: what });
  if (method === "connect") result({ found: { services: SERVICES, mtu: 247 } });
  else if (method === "read") result({ bytes: "a608" });
  else if (method === "rssi") result({ rssi: -61 });
  else result({});
  if (method === "subscribe") say({ type: "notification", connection, characteristic: 7, bytes: "01" });
  if (method === "scan") {
    const serviceData = [["fcd2", "40"]];
    const manufacturerData = [[0x0499, "05"]];
    const data = { services: ["181a"], serviceData, manufacturerData };
    say({
      type: "advertisement",
      advertisement: { address: "a4:c1:38:00:00:01", connectable: true, rssi: -60, ...data },
    });
  }
}

/** What it does with a call, by its mood. */
const MOODS: Readonly<Record<string, (call: Call) => void>> = {
  garbage: () => wire.write("\u0000\u0001{{{ no message\n"),
  "wrong shape": ({ number }) => say({ type: "answer", number, result: { bytes: "xyz" } }),
  dies: () => process.exit(3),
  crashes: () => process.kill(process.pid, "SIGSEGV"),
  hangs: () => {
    for (;;);
  },
  forgets: () => {},
  "drops at once": (call) => {
    const { connection } = call.operation;
    answer(call);
    if (call.operation.method !== "connect") return;
    say({ type: "lost", connection, failure: { kind: "unreachable", message: "out of reach" } });
  },
  refuses: ({ number }) =>
    say({ type: "failed", number, failure: { kind: "rejected", message: "Write Not Permitted" } }),
  "is full": ({ number }) =>
    say({ type: "failed", number, failure: { kind: "rejected", message: "full", fault: "full" } }),
};

createInterface({ input: wire }).on("line", (line) => {
  const message = JSON.parse(line);
  switch (message.type) {
    case "open":
      mood = message.backend.adapter;
      if (mood === "unavailable") {
        say({ type: "unavailable", reason: "no Bluetooth in the kernel" });
        wire.end();
        return;
      }
      if (mood === "chatters") for (let i = 0; i < 1000; i++) console.warn(`line ${i}`);
      if (mood !== "never ready") say({ type: "ready" });
      return;
    case "ping":
      say({ type: "pong", number: message.number });
      return;
    default:
      (MOODS[mood] ?? answer)(message);
  }
});
