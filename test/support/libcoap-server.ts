/** libcoap's server with a PSK (Debian's libcoap3-bin): DTLS for many clients at a time, and CoAP in it. */
import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { settleUntil } from "./fake-clock.ts";
import { findTool } from "./foreign-tool.ts";
import { type RunningProcess, start } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";
import { freeUdpPort } from "./udp-relay.ts";

export interface LibcoapServer {
  /** Of DTLS, on 127.0.0.1. */
  readonly port: number;
  readonly process: RunningProcess;
}

export interface LibcoapOptions {
  readonly library?: "openssl" | "gnutls";
  readonly key: Uint8Array;
  /** Who alone may come; absent: everybody who has the key. */
  readonly identity?: string;
  /** RFC 4279 §5.2; absent: none. */
  readonly hint?: string;
  /** Whether clients may put there what there is not yet. */
  readonly dynamic?: boolean;
}

/** Undefined, the test being skipped, where it is not installed. */
export async function aLibcoapServer(t: TestContext, options: LibcoapOptions): Promise<LibcoapServer | undefined> {
  const { library = "openssl", key, identity, hint = "", dynamic = false } = options;
  const program = findTool(t, [`coap-server-${library}`], "apt-get install -y libcoap3-bin");
  if (program === undefined) return undefined;
  const port = await freeUdpPort(2);
  const known: string[] = [];
  if (identity !== undefined) {
    const file = join(temporaryDirectory(t), "identities");
    writeFileSync(file, `${hint},${identity},${Buffer.from(key).toString()}\n`);
    known.push("-i", file);
  }
  const secret = identity === undefined ? Buffer.from(key).toString() : "nobody has this one";
  // DTLS is one port above that of plain CoAP.
  const args = [
    "-A",
    "127.0.0.1",
    "-p",
    String(port),
    "-h",
    hint,
    "-k",
    secret,
    ...known,
    "-v",
    "6",
    ...(dynamic ? ["-d", "10"] : []),
  ];
  const process = start(t, program, args);
  await answers(port);
  return { port: port + 1, process };
}

/** RFC 7252 §4.3: an empty CON is answered by an RST. Of plain CoAP, which begins to listen together with DTLS. */
async function answers(port: number): Promise<void> {
  const socket = createSocket("udp4");
  let heard = false;
  socket.on("message", () => {
    heard = true;
  });
  socket.on("error", () => {});
  await settleUntil("libcoap's server answers", () => {
    if (!heard) socket.send(Buffer.from([0x40, 0, 0, 1]), port, "127.0.0.1");
    return heard;
  });
  socket.close();
}
