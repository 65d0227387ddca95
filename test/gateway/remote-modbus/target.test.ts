import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus } from "../../../adapters/modbus/index.ts";
import type { AdapterModule } from "../../../src/adapter.ts";
import { type HostRule, parseHostRule } from "../../../src/config/remote-modbus.ts";
import {
  allows,
  availablePorts,
  describedLink,
  type Reach,
  targetsOf,
} from "../../../src/gateway/remote-modbus/target.ts";
import type { Value } from "../../../src/lwm2m/sample.ts";

const adapter = modbus as AdapterModule;
const rule = (text: string): HostRule => parseHostRule(text) ?? assert.fail(text);
const plan = (id: string, type: string, options: object) => ({
  id,
  adapter,
  options: modbus.linkTypes[type]?.parse(options),
});
const SHARED = plan("bus1", "modbus-rtu", { port: "/dev/ttyS1", line: "19200-8E1" });
const OWN = plan("bus2", "modbus-rtu", { port: "/dev/ttyS2", line: "9600-8N1" });

const REACH: Reach = {
  settings: { links: ["bus1"], hosts: [], ports: ["/dev/ttyS9"], write: false },
  adapter,
  links: new Map([SHARED, OWN].map((link) => [link.id, link])),
};

function rtu(address: string, baudrate: number, parity: number): ReadonlyMap<number, Value> {
  return new Map<number, Value>(
    Object.entries([address, 2, true, baudrate, 1, parity, 0]).map(([id, v]) => [Number(id), v]),
  );
}

const outcomes = (...contents: readonly ReadonlyMap<number, Value>[]) =>
  [...targetsOf(new Map(contents.entries()), REACH).values()].map((target) =>
    target.type === "link" ? target.plan.id : target.type === "refused" ? target.reason : target.type,
  );

test("a network allows its addresses at its port, a name itself alone", () => {
  assert.equal(allows(rule("10.0.4.0/24"), rule("10.0.4.255")), true);
  assert.equal(allows(rule("10.0.4.0/24"), rule("10.0.5.1")), false);
  assert.equal(allows(rule("10.0.4.0/24"), rule("10.0.4.1:503")), false);
  assert.equal(allows(rule("10.0.4.7"), rule("10.0.4.7")), true);
  assert.equal(allows(rule("fd00::/8"), rule("fd12::1")), true);
  assert.equal(allows(rule("fd00::/8"), rule("10.0.4.1")), false);
  assert.equal(allows(rule("plc.local"), rule("PLC.local")), true);
  assert.equal(allows(rule("10.0.4.0/24"), rule("plc.local")), false, "nobody looks at what it resolves to");
});

test("a serial port of a shared link is that link, at its settings; of another link it is refused", () => {
  assert.deepEqual(outcomes(rtu("/dev/ttyS1", 19200, 1)), ["bus1"]);
  assert.match(outcomes(rtu("/dev/ttyS1", 9600, 0))[0] ?? "", /the link "bus1", at 19200-8E1: expected the same/);
  assert.match(
    outcomes(rtu("/dev/ttyS2", 9600, 0))[0] ?? "",
    /the link "bus2" of the gateway, which .* does not share/,
  );
});

test("two connections to one port share it at the same settings; else the first has it", () => {
  const [first, second, third = ""] = outcomes(
    rtu("/dev/ttyS9", 9600, 0),
    rtu("/dev/ttyS9", 9600, 0),
    rtu("/dev/ttyS9", 19200, 0),
  );
  assert.deepEqual([first, second], ["remote /dev/ttyS9", "remote /dev/ttyS9"]);
  assert.match(third, /^\/10374\/0 has that port open, at other settings/);
});

test("the ports are those of shared links and those that are allowed; a link tells its settings in the object's words", () => {
  assert.deepEqual(availablePorts(REACH), ["/dev/ttyS1", "/dev/ttyS9"]);
  assert.deepEqual([...describedLink(SHARED).values()], ["/dev/ttyS1", 2, 19200, 1, 1, 0]);
  assert.deepEqual(
    [...describedLink(plan("x", "modbus-tcp", { host: "::1", port: 1502 })).values()],
    ["[::1]:1502", 0],
  );
});
