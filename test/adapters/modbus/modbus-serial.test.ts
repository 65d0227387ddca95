/** modbus-serial as a peer that shares no code with the adapter: what it asks, and what it answers. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import modbusSerial, { ServerTCP } from "modbus-serial";
import { decodeResponse, encodeRequest } from "../../../adapters/modbus/codec.ts";
import { functionCode, type Request } from "../../../adapters/modbus/pdu.ts";
import { connectTcp } from "../../../adapters/modbus/tcp-line.ts";
import { hex } from "../../support/modbus-device.ts";
import { ScriptedSlave } from "../../support/scripted-slave.ts";

const RUNS = { numRuns: 100 };
const SIZE = 0x100;
const address = fc.integer({ min: 0, max: 0xff });
const unit = fc.integer({ min: 1, max: 247 });
const word = fc.integer({ min: 0, max: 0xffff });

const read = fc.record({
  kind: fc.constant("read" as const),
  table: fc.constantFrom("coil" as const, "discrete" as const, "holding" as const, "input" as const),
  address,
  count: fc.integer({ min: 1, max: 125 }),
});
const write = fc.oneof(
  fc.record({ kind: fc.constant("writeCoil" as const), address, value: fc.boolean() }),
  fc.record({
    kind: fc.constant("writeCoils" as const),
    address,
    values: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
  }),
  fc.record({ kind: fc.constant("writeRegister" as const), address, bytes: registers(1) }),
  fc.record({ kind: fc.constant("writeRegisters" as const), address, bytes: registers(40) }),
);
const mask = fc.record({ kind: fc.constant("maskRegister" as const), address, and: word, or: word });

function registers(most: number): fc.Arbitrary<Uint8Array> {
  return fc.array(word, { minLength: 1, maxLength: most }).map(bytesOf);
}

function bytesOf(words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((value) => [value >> 8, value & 0xff]));
}

function wordsOf(bytes: Uint8Array): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) => Buffer.from(bytes).readUInt16BE(2 * i));
}

type AnyRequest = Extract<Request, { readonly kind: "read" | "writeCoil" | "writeCoils" | "maskRegister" }> | Registers;
type Registers = Extract<Request, { readonly kind: "writeRegister" | "writeRegisters" }>;
type Client = InstanceType<typeof modbusSerial.default>;
type Done = (error: Error | null | undefined) => void;

/** The same request by modbus-serial. */
function ask(client: Client, unit: number, request: AnyRequest): Promise<void> {
  const start = callOf(client, unit, request);
  return new Promise((resolve, reject) => {
    start((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

function callOf(client: Client, unit: number, request: AnyRequest): (done: Done) => void {
  const { address } = request;
  switch (request.kind) {
    case "read": {
      const { table, count } = request;
      if (table === "coil") return (done) => client.writeFC1(unit, address, count, done);
      if (table === "discrete") return (done) => client.writeFC2(unit, address, count, done);
      if (table === "holding") return (done) => client.writeFC3(unit, address, count, done);
      return (done) => client.writeFC4(unit, address, count, done);
    }
    case "writeCoil":
      return (done) => client.writeFC5(unit, address, request.value, done);
    case "writeCoils":
      return (done) => client.writeFC15(unit, address, [...request.values], done);
    case "writeRegister":
      return (done) => client.writeFC6(unit, address, wordsOf(request.bytes)[0] ?? 0, done);
    case "writeRegisters":
      return (done) => client.writeFC16(unit, address, wordsOf(request.bytes), done);
    case "maskRegister":
      return (done) => client.writeFC22(unit, address, request.and, request.or, done);
  }
}

test("modbus-serial asks in the same bytes, and takes what the adapter's rules call a right answer", async (t) => {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  const client = new modbusSerial.default();
  await client.connectTCP("127.0.0.1", { port: slave.port });
  t.after(() => new Promise<void>((resolve) => client.close(() => resolve())));
  await fc.assert(
    fc.asyncProperty(unit, fc.oneof(read, write, mask), async (unit, request) => {
      await ask(client, unit, request);
      const last = slave.requests.at(-1);
      assert.deepEqual([last?.unit, hex(last?.pdu ?? Buffer.alloc(0))], [unit, hex(encodeRequest(request))]);
    }),
    RUNS,
  );
});

/** A slave of modbus-serial: every table counts up from 0, coils and discrete inputs are on at odd addresses. */
async function aSlave(t: TestContext) {
  const holding = Array.from({ length: 2 * SIZE }, (_, i) => i);
  const coils = holding.map((i) => i % 2 === 1);
  const vector = {
    getCoil: (at: number) => coils[at] ?? false,
    getDiscreteInput: (at: number) => at % 2 === 1,
    getInputRegister: (at: number) => at,
    getHoldingRegister: (at: number) => holding[at] ?? 0,
    setCoil(at: number, value: boolean): void {
      coils[at] = value;
    },
    setRegister(at: number, value: number): void {
      holding[at] = value;
    },
  };
  // It takes port 0 for 502, and does not tell its port.
  const gone = await ScriptedSlave.listen();
  const { port } = gone;
  await gone.close();
  const server = new ServerTCP(vector, { host: "127.0.0.1", port, unitID: 255 });
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  await once(server, "initialized");
  const connection = await connectTcp({ host: "127.0.0.1", port })(new AbortController().signal, () => {});
  t.after(() => connection.destroy());
  const exchange = async (unit: number, request: Request): Promise<Uint8Array> =>
    decodeResponse(request, await connection.transact(unit, encodeRequest(request)));
  return { holding, coils, exchange };
}

test("a slave of modbus-serial is read and written", async (t) => {
  const { holding, coils, exchange } = await aSlave(t);
  await fc.assert(
    fc.asyncProperty(unit, read, write, async (unit, asked, written) => {
      await exchange(unit, written);
      const { address } = written;
      if (written.kind === "writeCoil") assert.equal(coils[address], written.value);
      if (written.kind === "writeCoils") {
        assert.deepEqual(coils.slice(address, address + written.values.length), [...written.values]);
      }
      if ("bytes" in written) {
        const words = wordsOf(written.bytes);
        assert.deepEqual(holding.slice(address, address + words.length), words);
      }
      assert.equal(hex(await exchange(unit, asked)), hex(contentOf(asked)), String(functionCode(asked)));
    }),
    RUNS,
  );

  function contentOf({ table, address, count }: { table: string; address: number; count: number }): Uint8Array {
    const at = Array.from({ length: count }, (_, i) => address + i);
    if (table === "holding") return bytesOf(at.map((i) => holding[i] ?? 0));
    if (table === "input") return bytesOf(at);
    const bits = at.map((i) => (table === "coil" ? coils[i] === true : i % 2 === 1));
    const packed = new Uint8Array(Math.ceil(count / 8));
    for (const [i, bit] of bits.entries()) packed[i >> 3] = (packed[i >> 3] ?? 0) | (Number(bit) << (i % 8));
    return packed;
  }
});

test("a refusal of modbus-serial is one", async (t) => {
  const { exchange } = await aSlave(t);
  const beyond = { kind: "readFile", file: 1, record: 0, count: 1 } as const;
  await assert.rejects(exchange(1, beyond), { name: "ModbusException", code: 1 });
});
