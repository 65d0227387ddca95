import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, SECOND } from "../../../src/clock.ts";
import type { LocalAddress } from "../../../src/servers/uplink/local-addresses.ts";
import { UplinkSelection } from "../../../src/servers/uplink/selection.ts";

const ETH0: LocalAddress = { name: "eth0", address: "192.0.2.10", family: 4 };
const ETH0_V6: LocalAddress = { name: "eth0", address: "2001:db8::10", family: 6 };
const WWAN0: LocalAddress = { name: "wwan0", address: "198.51.100.20", family: 4 };
const LINK_LOCAL: LocalAddress = { name: "eth0", address: "fe80::1", family: 6 };
const UNASSIGNED: LocalAddress = { name: "eth0", address: "169.254.7.7", family: 4 };

const selection = (...via: string[]): UplinkSelection => new UplinkSelection({ via, holdDown: 5 * MINUTE });

test("an interface gives the address of the server's family, and what leads nowhere is none", () => {
  const chosen = selection("eth0", "wwan0");
  chosen.look([LINK_LOCAL, UNASSIGNED, ETH0, ETH0_V6, WWAN0], 0);
  chosen.serve([6], 0);
  assert.equal(chosen.current?.address, "2001:db8::10");
  chosen.serve([4, 6], 0);
  assert.equal(chosen.current?.address, "192.0.2.10");
  chosen.look([LINK_LOCAL, UNASSIGNED], SECOND);
  assert.equal(chosen.current, undefined);
});

test("an interface without an address of the server's family is passed over", () => {
  const chosen = selection("eth0", "wwan0");
  chosen.look([ETH0_V6, WWAN0], 0);
  assert.deepEqual(chosen.serve([4], 0), {
    to: { name: "wwan0", address: WWAN0.address, family: 4 },
    reason: "eth0 is down",
  });
});

test("an address in place of an interface is used where it is ours", () => {
  const chosen = selection("198.51.100.20", "eth0");
  assert.equal(chosen.look([ETH0], 0)?.to?.name, "eth0");
  chosen.look([ETH0, WWAN0], SECOND);
  assert.equal(chosen.candidate(SECOND), undefined);
  assert.equal(chosen.candidate(6 * MINUTE)?.address, "198.51.100.20");
});

test("one that fails again and again is tried less and less often, but once an hour", () => {
  const chosen = selection("eth0", "wwan0");
  chosen.look([ETH0, WWAN0], 0);
  chosen.unanswered(0);
  assert.equal(chosen.current?.name, "wwan0");
  const tries: number[] = [];
  for (let now = 0; now < 5 * HOUR; now += MINUTE) {
    const candidate = chosen.candidate(now);
    if (candidate === undefined) continue;
    tries.push(now / MINUTE);
    chosen.tried(candidate, false, now);
  }
  assert.deepEqual(tries, [5, 15, 35, 75, 135, 195, 255]);
});

test("whatever comes and goes: what is used is up, and it is left without need for an earlier one alone, after the hold-down", () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant("look" as const), eth0: fc.boolean(), wwan0: fc.boolean() }),
    fc.constant({ type: "unanswered" as const }),
    fc.constant({ type: "heard" as const }),
    fc.record({ type: fc.constant("try" as const), answers: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ wait: fc.nat(10 * MINUTE), step }), { maxLength: 60 }), (steps) => {
      const chosen = selection("eth0", "wwan0");
      let [now, up, eth0Since]: [number, readonly LocalAddress[], number] = [0, [], Number.POSITIVE_INFINITY];
      for (const { wait, step } of steps) {
        now += wait;
        const before = chosen.current?.name;
        if (step.type === "look") {
          up = [...(step.eth0 ? [ETH0] : []), ...(step.wwan0 ? [WWAN0] : [])];
          if (!step.eth0) eth0Since = Number.POSITIVE_INFINITY;
          else eth0Since = Math.min(eth0Since, now);
          chosen.look(up, now);
        } else if (step.type === "unanswered") chosen.unanswered(now);
        else if (step.type === "heard") chosen.heard();
        else {
          const candidate = chosen.candidate(now);
          if (candidate !== undefined) assert.ok(now - eth0Since >= 5 * MINUTE);
          if (candidate !== undefined) chosen.tried(candidate, step.answers, now);
        }
        const after = chosen.current?.name;
        assert.equal(after === undefined, up.length === 0);
        assert.ok(after === undefined || up.some(({ name }) => name === after));
        const returned = before === "wwan0" && after === "eth0" && up.includes(WWAN0);
        if (returned) assert.ok(step.type === "unanswered" || step.type === "try");
      }
    }),
  );
});
