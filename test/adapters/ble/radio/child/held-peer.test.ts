import assert from "node:assert/strict";
import test from "node:test";
import type { Peer } from "../../../../../adapters/ble/radio/child/backend.ts";
import { HeldPeer } from "../../../../../adapters/ble/radio/child/held-peer.ts";
import type { Property } from "../../../../../adapters/ble/radio/radio.ts";
import { DeviceError, SECOND } from "../../../../../src/adapter.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";

const READABLE = 1;
const WRITABLE = 2;
const NOTIFYING = 3;

/** A peripheral that answers when the test says so. */
function aPeer() {
  const clock = new FakeClock();
  const life = new AbortController();
  const log: string[] = [];
  const open: ((bytes: Uint8Array) => void)[] = [];
  const one = (id: number, ...properties: readonly Property[]) => ({
    ...{ id, uuid: `2a0${id}`, service: "181a", properties: new Set(properties) },
  });
  const answered = (what: string): Promise<void> => {
    log.push(what);
    return new Promise<void>((resolve) => open.push(() => resolve()));
  };
  const peer: Peer = {
    services: [
      {
        uuid: "181a",
        characteristics: [
          one(READABLE, "read"),
          one(WRITABLE, "write", "write-without-response"),
          one(NOTIFYING, "notify"),
        ],
      },
    ],
    mtu: 23,
    lost: life.signal,
    read: (id) => {
      log.push(`read ${id}`);
      return new Promise<Uint8Array>((resolve) => open.push(resolve));
    },
    write: (id) => answered(`write ${id}`),
    command: async (id, bytes) => void log.push(`command ${id} ${bytes.length}`),
    subscribe: (id) => answered(`subscribe ${id}`),
    unsubscribe: (id) => answered(`unsubscribe ${id}`),
    rssi: () => new Promise<number>(() => {}),
    disconnect: async () => {
      log.push("disconnect");
      life.abort(new DeviceError("unreachable", "disconnected"));
    },
  };
  const answer = (): void => open.shift()?.(Uint8Array.of(1));
  return { clock, log, answer, life, held: new HeldPeer(peer, clock) };
}

test("one operation is in flight, and the next begins when it is answered", async () => {
  const { clock, held, log, answer } = aPeer();
  const first = held.read(READABLE, SECOND);
  const second = held.write(WRITABLE, Uint8Array.of(1), true, SECOND);
  await clock.advance(0);
  assert.deepEqual(log, ["read 1"]);
  answer();
  await first;
  await clock.advance(0);
  assert.deepEqual(log, ["read 1", "write 2"]);
  answer();
  await second;
});

test("a lost answer ends in time, and the peripheral is disconnected: what comes later is no answer to the next", async () => {
  const { clock, held, log } = aPeer();
  const read = assert.rejects(held.read(READABLE, SECOND), {
    kind: "unreachable",
    message: "no answer to the read of 2a01",
  });
  await clock.advance(SECOND);
  await read;
  assert.deepEqual(log, ["read 1", "disconnect"]);
  await assert.rejects(held.read(READABLE, SECOND), { kind: "unreachable" });
  assert.deepEqual(log, ["read 1", "disconnect"]);
});

test("a write that is never settled ends in time", async () => {
  const { clock, held } = aPeer();
  const write = assert.rejects(held.write(WRITABLE, Uint8Array.of(1), true, SECOND), { kind: "unreachable" });
  await clock.advance(SECOND);
  await write;
});

test("who waits for a turn that does not come in time fails, and nobody is disconnected for that", async () => {
  const { clock, held, log, answer } = aPeer();
  const slow = held.read(READABLE, 10 * SECOND);
  const late = assert.rejects(held.read(READABLE, SECOND), { message: "no time was left for the read of 2a01" });
  await clock.advance(SECOND);
  await late;
  assert.deepEqual(log, ["read 1"]);
  const next = held.read(READABLE, SECOND);
  answer();
  await slow;
  await clock.advance(0);
  answer();
  await next;
});

test("what a characteristic does not have is not asked of it", async () => {
  const { held, log } = aPeer();
  await assert.rejects(async () => held.subscribe(READABLE, SECOND), {
    kind: "rejected",
    message: "2a01 neither notifies nor indicates: it has read",
  });
  await assert.rejects(async () => held.read(NOTIFYING, SECOND), { kind: "rejected" });
  await assert.rejects(async () => held.write(READABLE, Uint8Array.of(1), true, SECOND), { kind: "rejected" });
  await assert.rejects(async () => held.read(99, SECOND), { kind: "rejected" });
  assert.deepEqual(log, []);
});

test("a write without response goes in pieces that fit a packet", async () => {
  const { held, log } = aPeer();
  await held.write(WRITABLE, new Uint8Array(45), false, SECOND);
  await held.write(WRITABLE, new Uint8Array(0), false, SECOND);
  assert.deepEqual(log, ["command 2 20", "command 2 20", "command 2 5", "command 2 0"]);
});

test("a connection that is lost fails what is pending at once, and what waits", async () => {
  const { clock, held, life } = aPeer();
  const pending = assert.rejects(held.read(READABLE, SECOND), { message: "gone" });
  const waiting = assert.rejects(held.read(READABLE, SECOND), { message: "gone" });
  await clock.advance(0);
  life.abort(new DeviceError("unreachable", "gone"));
  await Promise.all([pending, waiting]);
});

test("an adapter that does not tell the signal strength costs no connection", async () => {
  const { clock, held, log } = aPeer();
  const rssi = assert.rejects(held.rssi(SECOND), { kind: "unreachable" });
  await clock.advance(SECOND);
  await rssi;
  assert.deepEqual(log, []);
});
