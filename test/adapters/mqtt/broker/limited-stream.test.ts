import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { limitedStream } from "../../../../adapters/mqtt/broker/limited-stream.ts";
import { PacketLimit } from "../../../../adapters/mqtt/broker/packet-limit.ts";

const KIB = 1024;
/** PUBLISH, QoS 0, topic "t" (MQTT 5.0 §3.3): 128 bytes. */
const PACKET = Buffer.concat([Buffer.from([0x30, 126, 0, 1, 0x74]), Buffer.alloc(123, 0x78)]);

/** The end that we read, of a connection to whoever writes all this. */
async function connected(t: TestContext, bytes: Buffer): Promise<Socket> {
  const server = createServer((peer) => peer.end(bytes)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const socket = connect(address.port, address.address);
  t.after(() => {
    socket.destroy();
    server.close();
  });
  return socket;
}

test("between two pieces of a flood everybody else has a turn", async (t) => {
  const flood = Buffer.concat(new Array<Buffer>(64 * KIB).fill(PACKET));
  const stream = limitedStream(await connected(t, flood), new PacketLimit(KIB, "3.1.1", () => {}));
  let [turns, bytes, most] = [0, 0, 0];
  let inTurn = 0;
  const turn = (): void => {
    turns++;
    inTurn = 0;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  t.after(() => clearImmediate(next));
  stream.on("data", (piece: Buffer) => {
    bytes += piece.length;
    inTurn += piece.length;
    most = Math.max(most, inTurn);
  });
  await new Promise((resolve) => stream.once("end", resolve));
  assert.equal(bytes, flood.length);
  assert.ok(most <= 128 * KIB, `${most} bytes in one of ${turns} turns`);
});
