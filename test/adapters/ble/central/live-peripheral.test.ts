import assert from "node:assert/strict";
import { test } from "node:test";
import { RadioError } from "../../../../adapters/ble/radio/radio-error.ts";
import { DeviceError, SECOND } from "../../../../src/adapter.ts";
import { aLivePeripheral } from "../../../support/a-live-peripheral.ts";
import { settle } from "../../../support/fake-clock.ts";

const SERVICES = {
  "181a": { "2a6e": { value: "a608" }, "2a6f": { value: "8813", properties: ["read"] } },
  ffe0: { "2a56": { properties: ["write-without-response", "notify"] }, "2a57": { properties: [] } },
} as const;
const TEMPERATURE = { uuid: "2a6e" };
const HUMIDITY = { uuid: "2a6f" };
const INPUT = { uuid: "2a56" };

test("one operation is in flight; the others are done after it, in the order in which they were asked for", async () => {
  let answer = (_: Uint8Array): void => {};
  const { peripheral, live } = aLivePeripheral(SERVICES, {
    read: ({ uuid }) => {
      peripheral.log.push(`read ${uuid}`);
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  const first = live.run((c) => Promise.all([c.read(TEMPERATURE), c.read(HUMIDITY)]));
  const second = live.run((c) => c.write(INPUT, Buffer.of(1), { response: false }));
  await settle();
  assert.deepEqual(peripheral.log, ["read 2a6e"]);
  answer(Buffer.of(7));
  await settle();
  assert.deepEqual(peripheral.log, ["read 2a6e", "read 2a6f"]);
  answer(Buffer.of(8));
  await second;
  assert.deepEqual(peripheral.log, ["read 2a6e", "read 2a6f", "write 2a56 01 (no response)"]);
  assert.deepEqual(await first, [Buffer.of(7), Buffer.of(8)]);
});

test("an operation that is not answered gives the connection up, and with it all that waits", async () => {
  const { clock, peripheral, live, record, exchanges } = aLivePeripheral(SERVICES);
  peripheral.fates.set("2a6e", "mute");
  const reason = new DeviceError("unreachable", "read 2a6e: no answer within 5s");
  const reads = live.run((c) => Promise.all([c.read(TEMPERATURE, 5 * SECOND), c.read(HUMIDITY)]));
  const failed = assert.rejects(reads, reason);
  await clock.advance(5 * SECOND - 1);
  assert.ok(!live.signal.aborted);
  await clock.advance(1);
  await failed;
  assert.deepEqual(live.signal.reason.message, reason.message);
  assert.deepEqual(peripheral.log, ["read 2a6e"]);
  assert.equal(record.quality, 0);
  assert.deepEqual(exchanges, [{ begun: 0, inTime: true }], "the adapter did what it should");
  await assert.rejects(
    live.run((c) => c.read(HUMIDITY)),
    reason,
  );
});

test("an adapter that settles nothing is told apart, a second after it should have", async () => {
  const { clock, live, exchanges } = aLivePeripheral(SERVICES, { read: () => new Promise(() => {}) });
  const failed = assert.rejects(
    live.run((c) => c.read(TEMPERATURE)),
    /^DeviceError: read 2a6e: no answer within 10s$/,
  );
  await clock.advance(11 * SECOND - 1);
  assert.deepEqual(exchanges, []);
  await clock.advance(1);
  await failed;
  assert.deepEqual(exchanges, [{ begun: 0, inTime: false }]);
});

test("a refusal costs its own operation alone", async () => {
  const { peripheral, live, record } = aLivePeripheral(SERVICES);
  peripheral.fates.set("2a6e", "refused");
  const [refused, humidity] = await live.run((c) => Promise.allSettled([c.read(TEMPERATURE), c.read(HUMIDITY)]));
  assert.equal(
    refused.status === "rejected" && refused.reason.message,
    "read 2a6e: Operation failed with ATT error: 0x03",
  );
  assert.equal(humidity.status, "fulfilled");
  assert.ok(!live.signal.aborted);
  assert.equal(record.quality, 100);
  assert.equal(live.answers, 1);
});

test("a peripheral that wants to be paired with is refused with what a person does about it", async () => {
  const { live } = aLivePeripheral(SERVICES, { read: () => Promise.reject(new RadioError("pairing", "not paired")) });
  await assert.rejects(
    live.run((c) => c.read(TEMPERATURE)),
    new DeviceError("rejected", "read 2a6e: not paired; bond it once"),
  );
});

test("what a characteristic cannot do is not asked, and it is told what it can", async () => {
  const { peripheral, live } = aLivePeripheral(SERVICES);
  const message = async (run: Parameters<typeof live.run>[0]): Promise<unknown> =>
    live.run(run).catch((error: DeviceError) => `${error.kind}: ${error.message}`);
  const bytes = Buffer.of(1);
  assert.equal(
    await message((c) => c.read(INPUT)),
    'rejected: 2a56 has no "read"; it has write-without-response, notify',
  );
  assert.equal(
    await message((c) => c.write(INPUT, bytes, { response: true })),
    'rejected: 2a56 has no "write"; it has write-without-response, notify',
  );
  assert.equal(await message((c) => c.subscribe(HUMIDITY, () => {})), 'rejected: 2a6f has no "notify"; it has read');
  assert.equal(await message((c) => c.read({ uuid: "2a57" })), 'rejected: 2a57 has no "read"; it has nothing');
  assert.equal(await message((c) => c.read({ uuid: "2a00" })), "rejected: it has no 2a00: its services are 181a, ffe0");
  assert.deepEqual(peripheral.log, []);
});

test("a connection that is lost rejects what runs on it at once, with the reason", async () => {
  const { clock, peripheral, live } = aLivePeripheral(SERVICES);
  peripheral.fate = "mute";
  const failed = assert.rejects(
    live.run((c) => c.read(TEMPERATURE)),
    new DeviceError("unreachable", "the peripheral is out of reach"),
  );
  await clock.advance(SECOND);
  peripheral.drop();
  await failed;
  assert.equal(clock.monotonic(), SECOND);
});

test("what work subscribes to ends with it, and not for whom it was subscribed to before", async () => {
  const { peripheral, live } = aLivePeripheral(SERVICES);
  const heard: string[] = [];
  const hears = (name: string) => (bytes: Uint8Array) => heard.push(`${name} ${bytes[0]}`);
  const end = await live.hear(INPUT, hears("always"));
  await live.run(async (c) => {
    await c.subscribe(INPUT, hears("work"));
    await c.subscribe(TEMPERATURE, hears("work"));
    peripheral.notify("2a56", "01");
    peripheral.notify("2a6e", "02");
  });
  await settle();
  peripheral.notify("2a56", "03");
  assert.equal(peripheral.notify("2a6e", "04"), false);
  end();
  await settle();
  assert.deepEqual(heard, ["always 1", "work 1", "work 2", "always 3"]);
  assert.deepEqual(peripheral.log, ["subscribe 2a56", "subscribe 2a6e", "unsubscribe 2a6e", "unsubscribe 2a56"]);
});

test("a subscription that was refused is asked for anew", async () => {
  const { peripheral, live } = aLivePeripheral(SERVICES);
  peripheral.fates.set("2a56", "refused");
  const refused = /^DeviceError: subscribe to 2a56: /;
  await assert.rejects(
    live.hear(INPUT, () => {}),
    refused,
  );
  peripheral.fates.clear();
  await live.hear(INPUT, () => {});
  assert.deepEqual(peripheral.log, ["subscribe 2a56", "subscribe 2a56"]);
});

test("the strength of a connection is known, or not; that it is not gives nothing up", async () => {
  const { clock, peripheral, live } = aLivePeripheral(SERVICES);
  assert.equal(await live.rssi(), -60);
  peripheral.fates.set("rssi", "mute");
  const unknown = live.rssi();
  await clock.advance(2 * SECOND);
  assert.equal(await unknown, undefined);
  assert.ok(!live.signal.aborted);
});
