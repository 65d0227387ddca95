import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { QueueMode } from "../../../src/servers/transport/queue-mode.ts";
import type { Carrier } from "../../../src/servers/transport/transport.ts";
import { FakeClock } from "../../support/fake-clock.ts";

async function aRadio(enabled: boolean) {
  const clock = new FakeClock();
  const said: string[] = [];
  let arrive: (datagram: Uint8Array) => void = () => {};
  const inner: Carrier = {
    open: async (onDatagram) => {
      arrive = onDatagram;
    },
    send: () => said.push("sent"),
    close: async () => void said.push("closed"),
  };
  const onAsleep = (): void => void said.push("asleep");
  const radio = new QueueMode(inner, { enabled, awake: 10 * SECOND, clock, busy: () => false, onAsleep });
  await radio.open(() => said.push("heard"));
  return { clock, said, radio, hear: () => arrive(new Uint8Array(1)) };
}

test("what is sent wakes it; what comes then is heard, and keeps it awake", async () => {
  const { clock, said, radio, hear } = await aRadio(true);
  hear();
  assert.deepEqual([said, radio.asleep, radio.unheard, radio.awakeUntil], [[], true, 1, undefined]);
  radio.send(new Uint8Array(1));
  assert.deepEqual([radio.asleep, radio.awakeUntil], [false, clock.wall() + 10 * SECOND]);
  await clock.advance(9 * SECOND);
  hear();
  await clock.advance(9 * SECOND);
  hear();
  assert.deepEqual(said, ["sent", "heard", "heard"]);
  await clock.advance(10 * SECOND);
  assert.deepEqual([said.at(-1), radio.asleep], ["asleep", true]);
  hear();
  assert.deepEqual([said.length, radio.unheard], [4, 2]);
  await clock.advance(60 * SECOND);
  assert.equal(said.length, 4, "no alarm goes on ringing");
});

test("without queue mode it hears always; it may be turned on and off while it runs", async () => {
  const { clock, said, radio, hear } = await aRadio(false);
  hear();
  radio.send(new Uint8Array(1));
  await clock.advance(60 * SECOND);
  hear();
  assert.deepEqual([said, radio.asleep], [["heard", "sent", "heard"], false]);
  radio.enabled = true;
  assert.equal(radio.asleep, true);
  radio.send(new Uint8Array(1));
  radio.enabled = false;
  await clock.advance(60 * SECOND);
  assert.deepEqual([said.at(-1), radio.asleep, radio.awakeUntil], ["sent", false, undefined]);
});

test("once it is closed it does not fall asleep", async () => {
  const { clock, said, radio } = await aRadio(true);
  radio.send(new Uint8Array(1));
  await radio.close();
  await clock.advance(60 * SECOND);
  assert.deepEqual(said, ["sent", "closed"]);
});
