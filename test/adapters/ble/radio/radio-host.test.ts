import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { type ChildListener, ChildOfOurs, type StackProcess } from "../../../../adapters/ble/radio/child-process.ts";
import type { ToChild } from "../../../../adapters/ble/radio/messages.ts";
import type { Advertisement, Characteristic, RadioState } from "../../../../adapters/ble/radio/radio.ts";
import { RadioError } from "../../../../adapters/ble/radio/radio-error.ts";
import { RadioHost } from "../../../../adapters/ble/radio/radio-host.ts";
import { DeviceError, MINUTE, SECOND } from "../../../../src/adapter.ts";
import { locateData } from "../../../../src/locate.ts";
import { FakeClock, fakeRandom, settleUntil } from "../../../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../../../support/recording-logger.ts";

const ADDRESS = "a4:c1:38:00:00:01";

/** An adapter whose process is a real one, and does what `mood` says; see test/support/scripted-stack.ts. */
function aHost(t: TestContext, mood: string) {
  const clock = new FakeClock();
  const states: RadioState[] = [];
  const heard: Advertisement[] = [];
  const lines: LogLine[] = [];
  const context = { clock, log: recordingLogger(lines), random: fakeRandom() };
  const program = locateData("test", "support", "scripted-stack.ts");
  const start = (listener: ChildListener): StackProcess => new ChildOfOurs(program, listener, context);
  const host = new RadioHost(
    { options: { backend: { kind: "bluez", adapter: mood } }, start },
    { onState: (state) => states.push(state), onAdvertisement: (advertisement) => heard.push(advertisement) },
    context,
  );
  host.start();
  const closed = (): Promise<void> => whileTimePasses(clock, host.close());
  t.after(closed);
  const state = (): RadioState | undefined => states.at(-1);
  const ready = (count = 1): Promise<void> =>
    settleUntil("ready", () => states.filter((one) => one.state === "ready").length >= count);
  const reason = async (): Promise<string> => {
    await settleUntil("unavailable", () => state()?.state === "unavailable");
    const last = state();
    return last?.state === "unavailable" ? last.reason : "";
  };
  return { clock, host, states, heard, lines, ready, reason, closed };
}

/** Real processes take their time, which is none of the clock's. */
async function whileTimePasses(clock: FakeClock, promise: Promise<void>): Promise<void> {
  let done = false;
  const end = promise.finally(() => {
    done = true;
  });
  await settleUntil("done", () => done || clock.next !== undefined);
  while (!done && clock.next !== undefined) await clock.advance(SECOND);
  await end;
}

const unreachable = (error: unknown): boolean => error instanceof DeviceError && error.kind === "unreachable";
const temperature = (services: readonly { readonly characteristics: readonly Characteristic[] }[]): Characteristic => {
  const found = services[0]?.characteristics[0];
  assert.ok(found);
  return found;
};

test("what the process hears and is asked comes through whole", async (t) => {
  const { host, heard, ready } = aHost(t, "sound");
  await ready();
  await host.startScan({ active: false });
  await settleUntil("heard", () => heard.length === 1);
  assert.deepEqual(heard[0], {
    ...{ address: ADDRESS, connectable: true, rssi: -60, services: ["181a"] },
    serviceData: new Map([["fcd2", Uint8Array.of(0x40)]]),
    manufacturerData: new Map([[0x0499, Uint8Array.of(5)]]),
  });
  const connection = await host.connect(ADDRESS, { timeout: 10 * SECOND });
  const characteristic = temperature(connection.services);
  assert.deepEqual([connection.mtu, [...characteristic.properties]], [247, ["read", "notify", "write"]]);
  assert.deepEqual(await connection.read(characteristic), Uint8Array.of(0xa6, 0x08));
  assert.equal(await connection.rssi(), -61);
  const notified: number[][] = [];
  await connection.subscribe(characteristic, (bytes) => notified.push([...bytes]));
  await settleUntil("notified", () => notified.length === 1);
  await connection.disconnect();
  await assert.rejects(connection.read(characteristic), unreachable);
});

test("a call before the adapter is ready says so at once", async (t) => {
  const { host } = aHost(t, "never ready");
  await assert.rejects(host.startScan({ active: false }), /never ready: it is being opened/);
});

test("a process that ends fails what is pending, is told with a reason, and is started again after a pause", async (t) => {
  const { clock, host, ready, reason } = aHost(t, "dies");
  await ready();
  await assert.rejects(host.startScan({ active: false }), unreachable);
  assert.equal(await reason(), "its process ended (status 3)");
  await assert.rejects(host.stopScan(), /its process ended/);
  await clock.advance(1.3 * SECOND);
  await ready(2);
});

test("a process that the kernel kills is one that ended", async (t) => {
  const { host, ready, reason } = aHost(t, "crashes");
  await ready();
  await assert.rejects(host.probe(SECOND), unreachable);
  assert.equal(await reason(), "its process ended (SIGSEGV)");
});

for (const mood of ["garbage", "wrong shape"]) {
  test(`a process that says what is no message (${mood}) is ended and started again`, async (t) => {
    const { clock, host, ready, reason } = aHost(t, mood);
    await ready();
    await assert.rejects(host.startScan({ active: false }), unreachable);
    assert.equal(await reason(), "the Bluetooth stack said what makes no sense");
    await clock.advance(2 * SECOND);
    await ready(2);
  });
}

test("a process that hangs is killed, and another one is started", async (t) => {
  const { clock, host, ready, reason } = aHost(t, "hangs");
  await ready();
  const scan = assert.rejects(host.startScan({ active: false }), unreachable);
  // The answer to the newest heartbeat may still be on its way.
  await clock.advance(21 * SECOND);
  await scan;
  assert.match(await reason(), /hangs|forgot/);
  await clock.advance(2 * SECOND);
  await ready(2);
});

test("a call that is never answered ends in time, and with it the process", async (t) => {
  const { clock, host, ready, reason } = aHost(t, "forgets");
  await ready();
  const connect = assert.rejects(host.connect(ADDRESS, { timeout: 2 * SECOND }), unreachable);
  await clock.advance(7 * SECOND);
  await connect;
  assert.equal(await reason(), "the Bluetooth stack forgot what it was asked (connect)");
});

test("a probe that fails begins anew", async (t) => {
  const { host, ready, reason } = aHost(t, "refuses");
  await ready();
  await assert.rejects(host.probe(SECOND), { kind: "rejected", message: "Write Not Permitted" });
  assert.equal(await reason(), "the adapter does not answer any more");
});

test("a connection that is lost in the same breath is known as lost", async (t) => {
  const { host, ready } = aHost(t, "drops at once");
  await ready();
  const connection = await host.connect(ADDRESS, { timeout: SECOND });
  await settleUntil("lost", () => connection.signal.aborted);
  await assert.rejects(connection.read(temperature(connection.services)), { message: "out of reach" });
});

test("connections end with the process that has them", async (t) => {
  const { host, ready } = aHost(t, "sound");
  await ready();
  const connection = await host.connect(ADDRESS, { timeout: SECOND });
  await host.close();
  assert.ok(connection.signal.aborted);
  await assert.rejects(connection.rssi(), unreachable);
});

test("what is to be done about a refusal comes through", async (t) => {
  const { host, ready } = aHost(t, "is full");
  await ready();
  await assert.rejects(
    host.connect(ADDRESS, { timeout: SECOND }),
    (error) => error instanceof RadioError && error.fault === "full",
  );
});

test("an adapter that is not there is told with the reason that the process has", async (t) => {
  const { reason } = aHost(t, "unavailable");
  assert.equal(await reason(), "no Bluetooth in the kernel");
});

test("what the stack writes for people are lines for who debugs, and never a flood", async (t) => {
  const { lines, ready, clock } = aHost(t, "chatters");
  await ready();
  const said = (): LogLine[] => lines.filter(({ message }) => message.startsWith("ble: the Bluetooth stack says"));
  await settleUntil("said", () => said().length === 20);
  await clock.advance(4 * SECOND);
  assert.equal(said().length, 20);
  assert.ok(said().every(({ level }) => level === "debug"));
  assert.deepEqual(said().at(0)?.fields, { line: "line 0" });
});

test("a process that does not part is killed", async (t) => {
  const { clock, host, ready } = aHost(t, "stays");
  await ready();
  await whileTimePasses(clock, host.close());
});

/** Processes that start, end and answer when the test says so. */
function playedProcesses() {
  const clock = new FakeClock();
  const states: RadioState[] = [];
  const processes: { readonly listener: ChildListener; readonly sent: ToChild[]; ended: boolean }[] = [];
  const start = (listener: ChildListener): StackProcess => {
    const process = { listener, sent: [] as ToChild[], ended: false };
    processes.push(process);
    const end = (): void => {
      if (!process.ended) queueMicrotask(() => listener.onEnd("its process ended (SIGKILL)"));
      process.ended = true;
    };
    return { send: (message) => process.sent.push(message), part: end, kill: end };
  };
  const host = new RadioHost(
    { options: { backend: { kind: "bluez", adapter: "hci0" } }, start },
    { onState: (state) => states.push(state), onAdvertisement: () => {} },
    { clock, log: recordingLogger([]), random: fakeRandom() },
  );
  host.start();
  const newest = () => {
    const process = processes.at(-1);
    assert.ok(process);
    return process;
  };
  return { clock, host, states, processes, newest };
}

test("it is tried again for ever with pauses that grow to a minute, and told once", async () => {
  const { clock, states, processes, newest } = playedProcesses();
  const starts: number[] = [];
  for (let attempt = 1; attempt <= 12; attempt++) {
    while (processes.length < attempt) await clock.advance(SECOND);
    starts.push(clock.monotonic());
    newest().listener.onMessage({ type: "unavailable", reason: "no Bluetooth in the kernel" });
  }
  const pauses = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
  assert.ok(
    pauses.every((pause, index) => pause >= Math.min(MINUTE, 2 ** index * SECOND) && pause <= 1.25 * MINUTE + SECOND),
  );
  assert.deepEqual(states, [{ state: "unavailable", reason: "no Bluetooth in the kernel" }]);
});

test("a process that answers its heartbeats stays, and one that stops does not", async () => {
  const { clock, states, processes, newest } = playedProcesses();
  await clock.advance(0);
  newest().listener.onMessage({ type: "ready" });
  for (let beat = 0; beat < 100; beat++) {
    const ping = newest().sent.at(-1);
    assert.equal(ping?.type, "ping");
    newest().listener.onMessage({ type: "pong", number: 1 });
    await clock.advance(5 * SECOND);
  }
  assert.deepEqual([processes.length, states.length], [1, 1]);
  await clock.advance(20 * SECOND);
  assert.deepEqual(states.at(-1), { state: "unavailable", reason: "the Bluetooth stack hangs" });
  assert.equal(processes.length, 2);
});

test("one that is not ready in time is ended", async () => {
  const { clock, processes, newest } = playedProcesses();
  await clock.advance(0);
  for (let beat = 0; beat < 6; beat++) {
    newest().listener.onMessage({ type: "pong", number: 1 });
    await clock.advance(5 * SECOND);
  }
  assert.equal(processes[0]?.ended, true);
});
