import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { responseTo } from "../../../adapters/modbus/codec.ts";
import { ModbusException } from "../../../adapters/modbus/errors.ts";
import { FrameReader } from "../../../adapters/modbus/mbap.ts";
import { connectTcp } from "../../../adapters/modbus/tcp-line.ts";
import { Transactions } from "../../../adapters/modbus/transactions.ts";
import { DeviceError } from "../../../src/errors.ts";
import { type Behaviour, frame, ScriptedSlave } from "../../support/scripted-slave.ts";

async function aConnection(t: TestContext, ...script: readonly Behaviour[]) {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  slave.next(...script);
  const connection = await connectTcp({ host: "127.0.0.1", port: slave.port })(new AbortController().signal, () => {});
  t.after(() => connection.destroy());
  return { slave, connection };
}

test("a request goes out as it is, and the response PDU comes back", async (t) => {
  const { slave, connection } = await aConnection(t, (request, socket) =>
    socket.write(frame(request, 8, 0, 0, 0xa5, 0x37)),
  );
  assert.deepEqual(
    await connection.transact(7, Uint8Array.of(8, 0, 0, 0xa5, 0x37)),
    Uint8Array.of(8, 0, 0, 0xa5, 0x37),
  );
  assert.deepEqual([...(slave.requests[0]?.pdu ?? [])], [8, 0, 0, 0xa5, 0x37]);
  assert.equal(slave.requests[0]?.unit, 7);
});

test("an exception, another unit and another function are told apart", async (t) => {
  const { connection } = await aConnection(
    t,
    (request, socket) => socket.write(frame(request, 0xab, 2)),
    (request, socket) => socket.write(frame({ ...request, unit: 9 }, 43)),
    (request, socket) => socket.write(frame(request, 3, 2, 0, 0)),
  );
  const ask = (): Promise<Uint8Array> => connection.transact(1, Uint8Array.of(43, 14, 1, 0));
  await assert.rejects(ask(), { name: "ModbusException", code: 2, message: /^FC 43: exception 2/ });
  await assert.rejects(ask(), { kind: "malformed", message: "unit 9 answered" });
  await assert.rejects(ask(), { kind: "malformed", message: "the answer is of function 3" });
});

test("a late answer is not taken for that of the next one, also where the numbers begin again", async () => {
  const sent: number[] = [];
  const transactions = new Transactions((bytes) => {
    for (const { transaction } of new FrameReader().push(bytes) ?? []) sent.push(transaction);
  });
  const answer = (number: number, value: number): void =>
    transactions.receive({ transaction: sent[number] ?? -1, unit: 1, pdu: Uint8Array.of(3, 2, 0, value) });
  void transactions.transact(1, Uint8Array.of(3, 0, 0, 0, 1));
  const second = transactions.transact(1, Uint8Array.of(3, 0, 0, 0, 1));
  answer(0, 1);
  answer(1, 2);
  assert.deepEqual(await second, Uint8Array.of(3, 2, 0, 2));
  for (let i = 2; i < 0x1_0000; i++) void transactions.transact(1, Uint8Array.of(3));
  assert.equal(new Set(sent).size, 0x1_0000);
  const again = transactions.transact(1, Uint8Array.of(3, 0, 0, 0, 1));
  assert.equal(sent[0x1_0000], sent[0]);
  answer(0x1_0000, 3);
  assert.deepEqual(await again, Uint8Array.of(3, 2, 0, 3));
});

test("any PDU is a response of its function, an exception or malformed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 127 }), fc.uint8Array({ maxLength: 20 }), (code, pdu) => {
      try {
        assert.equal(responseTo(code, pdu)[0], code);
      } catch (error) {
        assert.ok(error instanceof ModbusException || (error instanceof DeviceError && error.kind === "malformed"));
      }
    }),
  );
});
