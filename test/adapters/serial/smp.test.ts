import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { serial } from "../../../adapters/serial/index.ts";
import { ConsoleReader, encodeConsole } from "../../../adapters/transfers/smp/console-framing.ts";
import { DeviceError, SECOND, type Transfer } from "../../../src/adapter.ts";
import { settleUntil } from "../../support/fake-clock.ts";
import { imageOf, mcubootImage, ScriptedSmp } from "../../support/scripted-smp.ts";
import { aSerialWorld } from "../../support/serial-world.ts";

const BYTES = mcubootImage(Buffer.alloc(32, 2), 900);
const SECTION = { frame: { end: "\n" }, requests: { ask: { send: "?\n" } } };

/** A device that asks and answers in words of its own, and speaks SMP among them. */
async function aWorld(t: TestContext) {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world);
  const smp = new ScriptedSmp();
  const { far } = world;
  const channel = await smp.open((packet) => far.send(Buffer.concat([Buffer.from("log\n"), encodeConsole(packet)])));
  const reader = new ConsoleReader(4096);
  far.otherwise = (bytes) => {
    for (const packet of reader.push(bytes)) void channel.send(packet);
  };
  const { device } = await world.attach(SECTION, { "3/0/3": { request: "ask" } });
  const { smp: way } = serial.firmware ?? {};
  const options = way?.transfer.parse({});
  const transfer = await device.transfer?.({ way: "smp", options, image: imageOf(BYTES), job: "job" });
  assert.ok(transfer);
  return { ...world, smp, device, transfer };
}

/** What it comes to; no time passes, but what is on the wire arrives. */
async function outcome<T>(promise: Promise<T>): Promise<T> {
  let isOver = false;
  promise.then(
    () => {
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  await settleUntil("the outcome", () => isOver);
  return promise;
}

async function sends(transfer: Transfer): Promise<readonly number[]> {
  const offsets: number[] = [];
  await outcome(transfer.send(0, { onAcknowledged: (offset) => void offsets.push(offset), onCookie() {} }));
  return offsets;
}

test("an image arrives between the lines of a log, and the line is the transfer's until it is closed", async (t) => {
  const { smp, device, transfer, clock } = await aWorld(t);
  assert.deepEqual(await outcome(transfer.probe()), { version: "1.0.0", running: false, staged: false });
  await assert.rejects(
    device.read(["3/0/3"]),
    (error) => error instanceof DeviceError && error.kind === "unreachable" && /line is taken/.test(error.message),
  );
  assert.equal((await sends(transfer)).at(-1), BYTES.length);
  assert.ok(smp.received.equals(BYTES));
  await transfer.close();
  const read = device.read(["3/0/3"]).then(
    () => "answered",
    (error: DeviceError) => error.message,
  );
  await clock.advance(3 * SECOND);
  assert.match(await read, /no answer within/);
});

test("a mapping says how packets are told from a log, and what it says wrong is told", () => {
  const { smp } = serial.firmware ?? {};
  assert.ok(smp);
  assert.deepEqual(smp.transfer.parse({}), {
    ...{ protocol: "smp", framing: "console", baudRate: undefined },
    ...{ image: 0, window: 1, retries: 5, ackTimeout: 2 * SECOND },
  });
  for (const keys of [{ transport: "ble" }, { chunk: 4 }, { window: 0 }, { baud: 9600 }, { ack_timeout: "1ms" }])
    assert.throws(() => smp.transfer.parse(keys), { name: "ZodError" });
});
