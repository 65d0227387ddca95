import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ObservationId, observationId, reportId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { Debt } from "../../src/servers/debt.ts";
import { Turns } from "../../src/servers/turns.ts";
import { anOutbox, deliverAll, MANY, report } from "../support/outbox-world.ts";

function resourceOf(device: string, resource: number): ObservationId {
  return observationId(1, [parsePath(`/${device}/3303/0/${resource}`)]);
}

/** Whose notification each line is, e.g. "busy" of "3 1 /busy/3303/0/5700 7". */
function devicesOf(sent: readonly string[]): string[] {
  return sent.map((line) => /\/([a-z]+)\//.exec(line)?.[1] ?? line);
}

test("a device with much to say does not keep another from speaking: devices come in turn, their reports in the order in which they were due", async () => {
  const { outbox, sent } = anOutbox();
  for (let resource = 0; resource < 5; resource++) outbox.add(resourceOf("busy", resource), report(resource), MANY);
  outbox.add(resourceOf("calm", 0), report(100), MANY);
  outbox.add(resourceOf("calm", 1), report(101), MANY);
  outbox.resume();
  await deliverAll(outbox, sent);
  assert.deepEqual(devicesOf(sent), ["busy", "calm", "busy", "calm", "busy", "busy", "busy"]);
  assert.deepEqual(
    sent.map((line) => line.split(" ").at(-1)),
    ["0", "100", "1", "101", "2", "3", "4"],
  );
});

test("a device that always has something new waits for the others each time", async () => {
  const { outbox, sent } = anOutbox({ most: 1 });
  for (const device of ["busy", "calm", "quiet"]) outbox.add(resourceOf(device, 0), report(0), MANY);
  outbox.resume();
  for (let number = 1; number <= 9; number++) {
    outbox.add(resourceOf("busy", number), report(number), MANY);
    outbox.add(resourceOf("calm", 0), report(100 + number), MANY);
    outbox.onDelivered(number);
  }
  const devices = devicesOf(sent);
  assert.equal(devices.indexOf("quiet"), 2);
  assert.deepEqual(devices.slice(3, 9), ["busy", "calm", "busy", "calm", "busy", "calm"]);
});

test("a backlog of many observations of a device delays that of another by one turn, and one that was read ahead", async () => {
  const { outbox, sent } = anOutbox({ most: 20 });
  for (let value = 0; value < 200; value++) {
    for (const resource of [0, 1, 2, 3, 4, 5]) outbox.add(resourceOf("busy", resource), report(value), MANY);
    outbox.add(resourceOf("calm", 0), report(value), MANY);
  }
  outbox.resume();
  await deliverAll(outbox, sent);
  // What is live goes before any history.
  const devices = devicesOf(sent.slice(sent.findIndex((line) => line.split(" ").at(-1)?.startsWith("0,"))));
  const turns = devices.flatMap((device, index) => (device === "calm" ? [index] : []));
  assert.ok(turns.length > 5);
  const between = turns.slice(1).map((index, before) => index - (turns[before] ?? 0) - 1);
  assert.ok(Math.max(...between) <= 2, devices.join(" "));
});

test("a pack by Send takes a report of each device before it takes a second one of any", () => {
  const { outbox, sent } = anOutbox({ delivery: "send" });
  for (const entry of ["a", "b", "c"]) outbox.add(reportId(1, entry, "busy"), report(entry.charCodeAt(0)), MANY);
  outbox.add(reportId(1, "a", "calm"), report(1), MANY);
  outbox.resume();
  assert.deepEqual(sent, ["1 send 97,1,98,99"]);
});

test("whatever comes and goes: while a device waits, no other has two turns more than it", () => {
  const debts = ["a", "b", "c", "d"].flatMap((device) =>
    Array.from({ length: 5 }, (_, resource) => new Debt(resourceOf(device, resource))),
  );
  const step = fc.record({ type: fc.constantFrom("add", "take", "take", "remove"), which: fc.nat(debts.length - 1) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const turns = new Turns();
      const standing = new Set<Debt>();
      /** Turns that others had, by device, since a device that stands here last had one, or came. */
      const waits = new Map<string, Map<string, number>>();
      for (const { type, which } of steps) {
        const debt = type === "take" ? turns.next : debts[which];
        if (debt === undefined) continue;
        if (type === "add") {
          turns.add(debt);
          standing.add(debt);
          if (!waits.has(debt.device)) waits.set(debt.device, new Map());
        } else {
          turns[type === "take" ? "take" : "remove"](debt);
          standing.delete(debt);
          const stays = [...standing].some(({ device }) => device === debt.device);
          if (type === "take") countTurn(waits, debt.device);
          if (type === "take" && stays) waits.set(debt.device, new Map());
          if (!stays) waits.delete(debt.device);
        }
        assert.deepEqual(new Set(turns), standing);
        assert.equal(turns.size, standing.size);
        assert.equal(turns.next, [...turns][0]);
      }
    }),
  );
});

function countTurn(waits: ReadonlyMap<string, Map<string, number>>, device: string): void {
  for (const [waiting, others] of waits) {
    if (waiting === device) continue;
    const count = (others.get(device) ?? 0) + 1;
    others.set(device, count);
    assert.ok(count <= 1, `${device} had ${count} turns while ${waiting} waited`);
  }
}
