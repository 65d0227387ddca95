import assert from "node:assert/strict";
import test from "node:test";
import { Hearing, likelyTypes } from "../../../../../../adapters/ble/radio/child/hci/hearing.ts";

const ADDRESS = "f0:00:00:00:00:01";
const report = (type: number, hex: string, rssi = -60, address = ADDRESS) =>
  ({ type, address, addressType: "random", data: Uint8Array.from(Buffer.from(hex, "hex")), rssi }) as const;

test("a name of the scan response is known with the packets that follow; data is of its own packet alone", () => {
  const hearing = new Hearing();
  assert.equal(hearing.take(report(0, "0416d2fc40")).name, undefined);
  const response = hearing.take(report(4, "0309414200"));
  assert.deepEqual([response.name, response.connectable, response.serviceData.size], ["AB", true, 0]);
  const next = hearing.take(report(0, "0416d2fc41"));
  assert.deepEqual([next.name, [...next.serviceData]], ["AB", [["fcd2", Uint8Array.of(0x41)]]]);
});

test("a signal strength that the controller does not know is none, and a beacon cannot be connected to", () => {
  const { rssi, connectable } = new Hearing().take(report(3, "", 127));
  assert.deepEqual([rssi, connectable], [undefined, false]);
});

test("of ten thousand that pass by the newest are known", () => {
  const hearing = new Hearing();
  const address = (i: number): string =>
    `40:00:00:00:${[i >> 8, i & 0xff].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
  for (let i = 0; i < 10_000; i++) hearing.take(report(0, "", -60, address(i)));
  assert.deepEqual([hearing.addressType(address(0)), hearing.addressType(address(9999))], [undefined, "random"]);
});

test("what kind of address it is where nobody said: a static random one, or a public one", () => {
  assert.deepEqual(["f0:00", "a4:c1", "40:00"].map(likelyTypes), [["random", "public"], ["public"], ["public"]]);
});
