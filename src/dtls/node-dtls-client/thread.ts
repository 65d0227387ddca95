/**
 * The thread of one association: node-dtls-client, the gate before it, and no socket. Whatever the package throws ends this
 * thread and nothing else. It loads no addon, so that the thread may be ended from outside at any moment.
 */
import { parentPort, workerData } from "node:worker_threads";
import { dtls } from "node-dtls-client";
import { MINUTE, type Millis } from "../../clock.ts";
import { cipherSuite } from "../suites.ts";
import type { FromThread, ThreadOpening, ToThread } from "./protocol.ts";
import { RecordGate } from "./record-gate.ts";
import { replaceSockets, StandInSocket } from "./stand-in-socket.ts";

/** The package wants to know whom it speaks to. It has no socket: where that leads is not its business. */
const NOBODY = { type: "udp4", address: "192.0.2.1", port: 5684 } as const;
/** The package's own limit to a handshake. Ours is shorter, and by the gateway's clock. */
const NEVER_FIRST: Millis = 10 * MINUTE;

const UNVERIFIED = "the server began without a HelloVerifyRequest, which only the addon can do without";

if (parentPort === null) throw new Error("thread.ts runs as a worker thread only");
const port = parentPort;
const opening: ThreadOpening = workerData;

const gate = new RecordGate(opening.suites);
const wire = new StandInSocket((bytes) => {
  gate.sent(bytes);
  tell({ type: "datagram", bytes, finished: gate.finished });
});
replaceSockets(wire);

const socket = dtls.createSocket({
  ...NOBODY,
  psk: { [opening.identity]: Buffer.from(opening.key) },
  ciphers: opening.suites.flatMap((number) => cipherSuite(number) ?? []).map(({ name }) => `TLS_${name}`),
  timeout: NEVER_FIRST,
});
socket.on("connected", () => {
  gate.connected();
  // No ServerHello without one came through the gate.
  tell({ type: "connected", suite: gate.suite ?? 0 });
});
socket.on("message", (bytes) => tell({ type: "data", bytes }));
socket.on("close", () => tell({ type: "closed" }));
socket.on("error", (error) => tell({ type: "failed", failure: { reason: error.message } }));

port.on("message", (message: ToThread) => {
  switch (message.type) {
    case "datagram":
      receive(message.bytes);
      break;
    case "data":
      socket.send(Buffer.from(message.bytes));
      break;
    case "close":
      socket.close();
      break;
    default:
      message satisfies never;
  }
});

function receive(bytes: Uint8Array): void {
  for (const datagram of gate.admit(bytes)) wire.receive(datagram);
  const { alert, skippedVerification } = gate;
  if (alert !== undefined) tell({ type: "failed", failure: { alert, reason: `alert ${alert}` } });
  if (skippedVerification) tell({ type: "failed", failure: { reason: UNVERIFIED } });
}

function tell(message: FromThread): void {
  port.postMessage(message);
}
