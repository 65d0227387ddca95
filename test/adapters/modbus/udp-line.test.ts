import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { type TestContext, test } from "node:test";
import { connectUdp } from "../../../adapters/modbus/udp-line.ts";
import { DeviceError } from "../../../src/errors.ts";
import { settleUntil } from "../../support/fake-clock.ts";
import { bytes } from "../../support/modbus-device.ts";

const READ = bytes("04 0010 0002");

/** A peer that sends these datagrams for each request, each made of the request's transaction; and a connection to it. */
async function aPeer(t: TestContext, answers: (transaction: string) => readonly string[]) {
  const peer = createSocket("udp4");
  peer.on("message", (datagram, { port, address }) => {
    for (const answer of answers(datagram.toString("hex", 0, 2))) peer.send(bytes(answer), port, address);
  });
  await new Promise<void>((resolve) => peer.bind(0, "127.0.0.1", resolve));
  const lost: DeviceError[] = [];
  const { port } = peer.address();
  const connect = connectUdp({ host: "127.0.0.1", port });
  const connection = await connect(new AbortController().signal, (error) => lost.push(error));
  t.after(() => connection.destroy());
  const closed = (): Promise<void> => new Promise((resolve) => peer.close(() => resolve()));
  return { connection, lost, closed };
}

test("an answer is known by its transaction: late, doubled, short and foreign datagrams are dropped", async (t) => {
  const { connection, closed } = await aPeer(t, (transaction) => [
    "",
    "ff",
    `fffe 0000 0007 01 04 04 11111111`,
    `${transaction} 0001 0007 01 04 04 11111111`,
    `${transaction} 0000 0009 01 04 04 11111111`,
    `${transaction} 0000 0007 01 04 04 43668000`,
    `${transaction} 0000 0007 01 04 04 22222222`,
  ]);
  t.after(closed);
  for (let i = 0; i < 3; i++) assert.deepEqual(await connection.transact(1, READ), bytes("04 04 43 66 80 00"));
});

test("that nobody listens there is heard, once", async (t) => {
  const { connection, lost, closed } = await aPeer(t, () => []);
  await closed();
  void connection.transact(1, READ);
  await settleUntil("the connection is lost", () => lost.length > 0);
  connection.destroy();
  assert.equal(lost.length, 1);
  assert.ok(lost[0] instanceof DeviceError);
  assert.match(lost[0].message, /ECONNREFUSED/);
});
