import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerReader } from "../../../adapters/modbus/answer-reader.ts";
import { FramedConnection } from "../../../adapters/modbus/framed-connection.ts";
import { FRAMINGS } from "../../../adapters/modbus/framing.ts";
import { rtuFrame } from "../../../adapters/modbus/rtu-frame.ts";
import { settle } from "../../support/fake-clock.ts";
import { bytes, hex } from "../../support/modbus-device.ts";

const READ = bytes("04 00 10 00 02");
const ANSWER = bytes("04 04 43 66 80 00");

/** A connection over a stream that keeps what is done to it. */
function aConnection({ failure, echo = false }: { readonly failure?: Error; readonly echo?: boolean } = {}) {
  const done: string[] = [];
  const stream = {
    write: async (sent: Uint8Array): Promise<void> => {
      done.push(hex(sent));
      if (failure !== undefined) throw failure;
    },
    flush: async (): Promise<void> => void done.push("flush"),
    destroy: (): void => void done.push("destroy"),
  };
  return { connection: new FramedConnection(stream, new AnswerReader(FRAMINGS.rtu, echo)), done };
}

test("a request of any function goes out as a frame, and its answer comes back", async () => {
  const { connection, done } = aConnection();
  const answer = connection.transact(1, READ);
  await settle();
  connection.receive(rtuFrame(1, ANSWER));
  assert.deepEqual(await answer, ANSWER);
  assert.deepEqual(done, ["01 04 00 10 00 02 70 0e"]);
});

test("what the system still holds is forgotten after a request that nobody answered, and only then", async () => {
  const { connection, done } = aConnection();
  void connection.transact(1, READ);
  await settle();
  const answer = connection.transact(1, READ);
  await settle();
  connection.receive(rtuFrame(1, ANSWER));
  await answer;
  void connection.transact(1, READ);
  await settle();
  const sent = "01 04 00 10 00 02 70 0e";
  assert.deepEqual(done, [sent, "flush", sent, sent]);
});

test("a port that takes no bytes fails the request", async () => {
  const { connection } = aConnection({ failure: new Error("EIO: i/o error") });
  await assert.rejects(connection.transact(1, READ), { kind: "unreachable", message: "EIO: i/o error" });
});

test("an exception is one, and names its code", async () => {
  const { connection } = aConnection();
  const refused = assert.rejects(connection.transact(1, READ), { code: 2, message: /^FC 4: exception 2/ });
  await settle();
  connection.receive(rtuFrame(1, bytes("84 02")));
  await refused;
});

test("what came instead of an answer is put into words for the person at the cabinet", async () => {
  const { connection } = aConnection({ echo: true });
  void connection.transact(1, READ);
  await settle();
  assert.equal(connection.heard(), undefined);
  connection.receive(rtuFrame(1, READ));
  assert.equal(connection.heard(), "only the request itself was heard");
  connection.receive(rtuFrame(2, ANSWER));
  assert.equal(
    connection.heard(),
    "9 bytes came that are no answer to it: 02 04 04 43 66 80 00 5C DF; are speed and parity right, and is the address there once only?",
  );
});
