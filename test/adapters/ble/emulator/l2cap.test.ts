import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HostPackets } from "../../../../adapters/ble/emulator/h4.ts";
import { FrameAssembler, framePackets } from "../../../../adapters/ble/emulator/l2cap.ts";
import { hex } from "../../../support/hci-host.ts";

test("a frame in one packet is a frame", () => {
  assert.deepEqual(new FrameAssembler().push(0b00, hex("0300 0400 0a0300")), {
    channel: 4,
    payload: Uint8Array.from(hex("0a0300")),
  });
});

test("a frame comes whole out of packets of whatever size", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 1, max: 251 }), (payload, size) => {
      const assembler = new FrameAssembler();
      const packets = framePackets(7, { channel: 4, payload }, size).flatMap((bytes) => new HostPackets().push(bytes));
      const frames = packets.flatMap((packet) => {
        assert.ok(packet.type === "data" && packet.handle === 7 && packet.data.length <= size);
        return assembler.push(packet.boundary, packet.data) ?? [];
      });
      assert.deepEqual(
        frames.map((frame) => ({ channel: frame.channel, payload: Uint8Array.from(frame.payload) })),
        [{ channel: 4, payload }],
      );
    }),
  );
});

test("a continuation without a beginning, and bytes behind the end, are no frame", () => {
  const assembler = new FrameAssembler();
  assert.equal(assembler.push(0b01, hex("0300 0400 0a0300")), undefined);
  assert.equal(assembler.push(0b00, hex("0100 0400 0a0300")), undefined);
  assert.equal(assembler.push(0b01, hex("01")), undefined);
});

test("a new frame puts an end to one that is not whole", () => {
  const assembler = new FrameAssembler();
  assert.equal(assembler.push(0b00, hex("0900 0400 0a0300")), undefined);
  assert.equal(assembler.push(0b00, hex("0100 0400 1e"))?.payload.length, 1);
});
