/**
 * A slave in a process of its own, as quick as it can: `quick-slave.ts tcp` listens and prints its port; `quick-slave.ts rtu PORT`
 * prints "ready". It answers every read of registers with the address and the number of the read.
 */
import { createServer } from "node:net";
import { SerialPort } from "serialport";
import { FrameReader, frameOf } from "../../adapters/modbus/mbap.ts";
import { rtuFrame } from "../../adapters/modbus/rtu-frame.ts";

const [kind, path = ""] = process.argv.slice(2);

function answer(pdu: Uint8Array): Uint8Array {
  const [code = 0, high = 0, low = 0, , count = 0] = pdu;
  const bytes = Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? high : low));
  return Uint8Array.of(code, bytes.length, ...bytes);
}

if (kind === "tcp") {
  const server = createServer((socket) => {
    const reader = new FrameReader();
    socket.setNoDelay(true).on("error", () => {});
    socket.on("data", (chunk) => {
      for (const frame of reader.push(chunk) ?? []) socket.write(frameOf({ ...frame, pdu: answer(frame.pdu) }));
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address !== null) process.stdout.write(`port ${address.port}\n`);
  });
} else {
  const port = new SerialPort({ path, baudRate: 115_200, lock: false });
  let rest = Buffer.alloc(0);
  port.on("open", () => process.stdout.write("ready\n"));
  port.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    // Reads have eight bytes.
    for (; rest.length >= 8; rest = rest.subarray(8)) {
      port.write(Buffer.from(rtuFrame(rest[0] ?? 0, answer(rest.subarray(1, 6)))));
    }
  });
}
