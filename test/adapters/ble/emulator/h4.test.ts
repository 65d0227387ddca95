import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { dataPacket, eventPacket, type HostPacket, HostPackets } from "../../../../adapters/ble/emulator/h4.ts";
import { hex } from "../../../support/hci-host.ts";

const RESET = "01030c00";

test("commands and data are found, however the bytes are cut", () => {
  const bytes = hex(`${RESET} 01 0c20 02 0100 02 0120 0300 0a0300`);
  const whole: HostPacket[] = [
    { type: "command", opcode: 0x0c03, parameters: hex("") },
    { type: "command", opcode: 0x200c, parameters: hex("0100") },
    { type: "data", handle: 1, boundary: 0b10, data: hex("0a0300") },
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
      const packets = new HostPackets();
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const found = at.flatMap((from, i) => packets.push(bytes.subarray(from, at[i + 1] ?? from)));
      assert.deepEqual(found, whole);
    }),
  );
});

test("synchronous and isochronous data are passed over", () => {
  const packets = new HostPackets();
  assert.deepEqual(packets.push(hex(`03 0100 02 aabb 05 0100 0240 aabb ${RESET}`)), [
    { type: "command", opcode: 0x0c03, parameters: hex("") },
  ]);
});

test("a byte with which no packet begins is told once, and a Reset ends the confusion", () => {
  const packets = new HostPackets();
  assert.deepEqual(packets.push(hex("00ff01030c")), [{ type: "lost" }]);
  assert.deepEqual(packets.push(hex("ffffff0103")), []);
  assert.deepEqual(packets.push(hex(`0c00${RESET}`)).length, 2);
});

test("an event has its length, and no more than that says", () => {
  assert.deepEqual(eventPacket(0x0e, [1, 3], hex("0c00")), Uint8Array.from(hex("040e0401030c00")));
  assert.throws(() => eventPacket(0x3e, new Uint8Array(256)), RangeError);
});

test("data has its handle, its boundary and its length", () => {
  assert.deepEqual(dataPacket(0xabc, 0b01, hex("0102")), Uint8Array.from(hex("02bc1a02000102")));
});

test("whatever comes, packets or nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
      const packets = new HostPackets();
      for (const chunk of chunks) for (const packet of packets.push(chunk)) assert.ok(packet.type.length > 0);
    }),
  );
});
