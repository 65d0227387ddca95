import assert from "node:assert/strict";
import { test } from "node:test";
import type { SmpOptions } from "../../../../adapters/transfers/smp/keys.ts";
import { SmpTransfer } from "../../../../adapters/transfers/smp/transfer.ts";
import { DeviceError, FirmwareError, type FirmwareImage, SECOND } from "../../../../src/adapter.ts";
import { FakeClock, fakeRandom } from "../../../support/fake-clock.ts";
import { recordingLogger } from "../../../support/recording-logger.ts";
import { imageOf, mcubootImage, ScriptedSmp } from "../../../support/scripted-smp.ts";

const HASH = Buffer.alloc(32, 2);
const BYTES = mcubootImage(HASH);
const OPTIONS: SmpOptions = { protocol: "smp", image: 0, window: 1, ackTimeout: 2 * SECOND, retries: 3 };

function aTransfer(options: Partial<SmpOptions> = {}, image: FirmwareImage = imageOf(BYTES)) {
  const device = new ScriptedSmp();
  const clock = new FakeClock();
  const context = { clock, random: fakeRandom(), log: recordingLogger([]) };
  const begin = (): SmpTransfer => new SmpTransfer(device, { image, options: { ...OPTIONS, ...options } }, context);
  const offsets: number[] = [];
  const listener = { onAcknowledged: (offset: number) => void offsets.push(offset), onCookie() {} };
  /** What becomes of it while the clock goes on. */
  const outcome = async (promise: Promise<unknown>, most = 120): Promise<string> => {
    let result: string | undefined;
    promise.then(
      (value) => {
        result = value === undefined ? "done" : JSON.stringify(value);
      },
      (error: unknown) => {
        assert.ok(error instanceof DeviceError, String(error));
        const condition = error instanceof FirmwareError ? ` (${error.condition})` : "";
        result = `${error.kind}${condition}: ${error.message}`;
      },
    );
    for (let tick = 0; result === undefined && tick < most; tick++) await clock.advance(SECOND);
    return result ?? "never";
  };
  return { device, clock, begin, transfer: begin(), offsets, listener, outcome };
}

function isRising(offsets: readonly number[]): boolean {
  return offsets.every((offset, i) => offset > (offsets[i - 1] ?? 0));
}

for (const window of [1, 4]) {
  test(`window ${window}: an image arrives as it is, its progress rises, and the device starts it`, async () => {
    const { device, transfer, offsets, listener, outcome } = aTransfer({ window });
    assert.equal(await outcome(transfer.probe()), '{"version":"1.0.0","running":false,"staged":false}');
    assert.equal(await outcome(transfer.send(0, listener)), "done");
    assert.ok(device.received.equals(BYTES));
    assert.ok(isRising(offsets));
    assert.equal(offsets.at(-1), BYTES.length);
    assert.equal(await outcome(transfer.probe()), '{"version":"1.0.0","running":false,"staged":true}');
    for (const word of ["test", "reset"]) assert.equal(await outcome(transfer.act(word)), "done");
    assert.equal(device.slots[1]?.pending, true);
    device.slots = [{ slot: 0, version: "2.0.0", hash: HASH, active: true }];
    assert.equal(await outcome(transfer.probe()), '{"version":"2.0.0","running":true,"staged":false}');
    assert.equal(await outcome(transfer.act("confirm")), "done");
    assert.equal(device.slots[0]?.confirmed, true);
    await transfer.close();
    assert.equal(device.isOpen, false);
  });

  test(`window ${window}: requests and answers that are lost are sent again, from where the device is`, async () => {
    const { device, transfer, offsets, listener, outcome } = aTransfer({ window });
    device.twist = ({ command }, count) => (command === 1 && count % 4 === 0 ? "lost" : undefined);
    assert.equal(await outcome(transfer.send(0, listener)), "done");
    assert.ok(device.received.equals(BYTES));
    assert.ok(isRising([...new Set(offsets)]));
  });

  test(`window ${window}: a device that restarts in the middle gets it from the beginning`, async () => {
    const { device, transfer, offsets, listener, outcome } = aTransfer({ window });
    device.twist = (_asked, count) => {
      if (count === 6) device.restart();
      return undefined;
    };
    assert.equal(await outcome(transfer.send(0, listener)), "done");
    assert.ok(device.received.equals(BYTES));
    assert.ok(offsets.includes(0));
    assert.equal(device.asked.filter((one) => one.includes("first")).length, 2);
  });
}

test("another process goes on where the device is", async () => {
  const { device, transfer, begin, offsets, listener, outcome } = aTransfer();
  device.twist = (_asked, count) => (count > 6 ? "lost" : undefined);
  assert.match(await outcome(transfer.send(0, listener)), /^unreachable: upload: no answer within 2s/);
  const reached = offsets.at(-1) ?? 0;
  assert.ok(reached > 0 && reached < BYTES.length);
  await transfer.close();
  device.twist = () => undefined;
  offsets.length = 0;
  assert.equal(await outcome(begin().send(reached, listener)), "done");
  assert.equal(offsets[0], reached);
  assert.ok(device.received.equals(BYTES));
});

test("an image that is there already is not sent again", async () => {
  const { device, transfer, begin, listener, outcome } = aTransfer();
  assert.equal(await outcome(transfer.send(0, listener)), "done");
  device.asked.length = 0;
  assert.equal(await outcome(begin().send(0, listener)), "done");
  assert.equal(device.asked.filter((one) => one.startsWith("upload")).length, 1);
});

test("a device that takes less than it was sent, and one that has no long packets, get it all the same", async () => {
  const aligned = aTransfer({ window: 3 });
  aligned.device.twist = ({ body: { off, data } }) => {
    if (!(data instanceof Uint8Array) || typeof off !== "number" || off !== aligned.device.received.length) return;
    const taken = data.subarray(0, data.length - (off + data.length === BYTES.length ? 0 : 3));
    if (off === 0 || taken.length === data.length) return undefined;
    aligned.device.received = Buffer.concat([aligned.device.received, taken]);
    return { off: aligned.device.received.length };
  };
  assert.equal(await aligned.outcome(aligned.transfer.send(0, aligned.listener)), "done");
  assert.ok(aligned.device.received.equals(BYTES));
  const whole = aTransfer();
  whole.device.takes = 96;
  assert.equal(await whole.outcome(whole.transfer.send(0, whole.listener)), "done");
  assert.ok(whole.device.received.equals(BYTES));
});

test("no packet is longer than the device says, or than the mapping wants", async () => {
  const { device, transfer, listener, outcome } = aTransfer();
  device.parameters = undefined;
  assert.equal(await outcome(transfer.send(0, listener)), "done");
  const small = aTransfer({ chunk: 20 });
  assert.equal(await small.outcome(small.transfer.send(0, small.listener)), "done");
  const lengths = small.device.asked.flatMap((one) => /upload .*\+(\d+)/.exec(one)?.[1] ?? []);
  assert.equal(Math.max(...lengths.map(Number)), 20);
});

test("what a device says against an image is known for what it is", async () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ rc: 2 }, "rejected (flash-full): upload: the device refuses: no room (ENOMEM)"],
    [{ rc: 3, rsn: "hdr malformed" }, "rejected (bad-image): upload: the device refuses: hdr malformed (EINVAL)"],
    [
      { err: { group: 1, rc: 30 } },
      "rejected (flash-full): upload: the device refuses: the image is too large for the slot",
    ],
    [
      { err: { group: 1, rc: 23 } },
      "rejected (bad-image): upload: the device refuses: the image begins with another magic",
    ],
    [{ err: { group: 64, rc: 5 } }, "rejected: upload: the device refuses: error 5 of group 64"],
    [
      { off: BYTES.length, match: false },
      "rejected (crc): upload: the device has all of it, and its hash is another one",
    ],
    [{ off: 99_999 }, "malformed: upload: the device does not say where the image goes on"],
    [{}, "malformed: upload: the device does not say where the image goes on"],
    [{ off: 0 }, "malformed: upload: the device asks for byte 0 again and again"],
    [{ rc: 10 }, "rejected (busy): upload: the device refuses: it is busy (EBUSY)"],
  ];
  for (const [answer, expected] of cases) {
    const { device, transfer, listener, outcome } = aTransfer();
    device.twist = ({ group, command }) => (group === 1 && command === 1 ? { ...answer } : undefined);
    const result = await outcome(transfer.send(0, listener));
    assert.ok(result.startsWith(expected), result);
  }
});

test("a device that knows only the first version of the protocol is asked in that", async () => {
  const { device, transfer, outcome } = aTransfer();
  let isFirst = true;
  device.twist = () => {
    const answer = isFirst ? { rc: 13 } : undefined;
    isFirst = false;
    return answer;
  };
  assert.match(await outcome(transfer.probe()), /"version":"1.0.0"/);
});

test("another image in the spare slot is neither started nor confirmed, and none at all is no image for it", async () => {
  const { device, transfer, outcome } = aTransfer();
  assert.match(
    await outcome(transfer.act("test")),
    /^rejected \(bad-image\): the device has no image in its spare slot/,
  );
  device.slots.push({ slot: 1, version: "1.5.0", hash: Buffer.alloc(32, 9) });
  for (const word of ["test", "confirm"])
    assert.match(await outcome(transfer.act(word)), /^rejected \(failed\): the device has another image .*: 1.5.0/);
  assert.deepEqual(
    device.asked.filter((one) => one.startsWith("state")),
    [],
  );
  assert.match(await outcome(transfer.act("dance")), /^rejected: smp: there is no "dance"/);
});

test("a reset is asked for once, whether it is answered or not", async () => {
  const { device, transfer, outcome } = aTransfer();
  device.twist = () => "lost";
  assert.equal(await outcome(transfer.act("reset")), "done");
  device.twist = () => {
    device.drop();
    return "lost";
  };
  assert.equal(await outcome(transfer.act("reset")), "done");
  assert.deepEqual(device.asked, ["reset", "reset"]);
  device.twist = () => ({ rc: 8 });
  assert.match(await outcome(transfer.act("reset")), /^rejected: reset: the device refuses/);
});

test("what is given up ends at once, and the device is told to forget it", async () => {
  const { device, transfer, listener, outcome, clock } = aTransfer();
  device.twist = ({ command, group }, count) => (group === 1 && command === 1 && count > 4 ? "lost" : undefined);
  const sending = outcome(transfer.send(0, listener));
  await clock.advance(SECOND);
  const aborted = outcome(transfer.abort(), 6);
  assert.match(await sending, /^unreachable: the transfer was given up/);
  assert.equal(await aborted, "done");
  assert.equal(device.asked.at(-1), "erase");
  device.twist = () => "lost";
  assert.equal(await outcome(transfer.abort(), 6), "done");
  await transfer.close();
  assert.match(await outcome(transfer.probe()), /^unreachable: the transfer is over/);
});

test("an image of another that lies in the spare slot stays there when this one is given up", async () => {
  const { device, transfer, outcome } = aTransfer();
  device.slots.push({ slot: 1, version: "0.9.0", hash: Buffer.alloc(32, 9) });
  assert.equal(await outcome(transfer.abort(), 6), "done");
  assert.deepEqual(device.asked, ["list"]);
});

test("of an image that is none of MCUboot the slot itself says which it is", async () => {
  const { device, transfer, listener, outcome } = aTransfer({}, imageOf(Buffer.alloc(500, 7)));
  assert.equal(await outcome(transfer.probe()), '{"version":"1.0.0"}');
  assert.equal(await outcome(transfer.send(0, listener)), "done");
  for (const word of ["test", "confirm"]) assert.equal(await outcome(transfer.act(word)), "done");
  assert.equal(device.slots[1]?.pending, true);
});
