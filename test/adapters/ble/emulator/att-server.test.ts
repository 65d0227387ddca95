import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { AttServer } from "../../../../adapters/ble/emulator/att-server.ts";
import { GattDatabase } from "../../../../adapters/ble/emulator/gatt-database.ts";
import type { CharacteristicSpec, ServiceSpec } from "../../../../adapters/ble/emulator/peripheral-spec.ts";
import { TELLING } from "../../../../adapters/ble/emulator/played-characteristic.ts";
import { hex } from "../../../support/hci-host.ts";

const LONG = Uint8Array.from({ length: 60 }, (_, i) => i);
const UART = "6e400001-b5a3-f393-e0a9-e50e24dcca9e";
const UART_BYTES = "9ecadc240ee5a9e093f3a3b50100406e";

/** Handles 1 … 5 are Generic Access, 6 is Generic Attribute. */
function server(characteristics: readonly CharacteristicSpec[], mtu = 23, more: readonly ServiceSpec[] = []) {
  const services = [{ uuid: "181a", characteristics }, ...more];
  const database = new GattDatabase({ name: "meter", services }, () => undefined);
  const att = new AttServer(database, 247);
  att.mtu = mtu;
  const ask = (pdu: string): string | undefined => {
    const answer = att.handle(hex(pdu));
    return answer === undefined ? undefined : Buffer.from(answer).toString("hex");
  };
  return { att, ask, database };
}

/** Handles: service 7, declaration 8, value 9. */
const TEMPERATURE: CharacteristicSpec = { uuid: "2a6e", properties: ["read", "notify"], value: hex("a608") };

test("the smaller ATT_MTU of both counts, and never less than 23", () => {
  const { att, ask } = server([]);
  assert.equal(ask("020001"), "03f700");
  assert.equal(att.mtu, 247);
  assert.equal(ask("024000"), "03f700");
  assert.equal(att.mtu, 64);
  ask("020100");
  assert.equal(att.mtu, 23);
});

test("services are found, short UUIDs and long ones in answers of their own", () => {
  const { ask } = server([TEMPERATURE], 23, [{ uuid: UART, characteristics: [] }]);
  assert.equal(ask("100100ffff0028"), "1106010005000018060006000118" + "07000a001a18");
  assert.equal(ask("100b00ffff0028"), `11140b000b00${UART_BYTES}`);
  assert.equal(ask("100c00ffff0028"), "01100c000a");
});

test("a service is found by its UUID, short or long", () => {
  const { ask } = server([TEMPERATURE]);
  assert.equal(ask("060100ffff00281a18"), "0707000a00");
  assert.equal(ask("060100ffff0028fb349b5f8000008000100000" + "1a180000"), "0707000a00");
  assert.equal(ask("060100ffff00281b18"), "010601000a");
});

test("only services are groups", () => {
  const { ask } = server([TEMPERATURE]);
  assert.equal(ask("100100ffff0328"), "0110010010");
});

test("characteristics are found, two of one UUID as two", () => {
  const { ask } = server([TEMPERATURE, TEMPERATURE]);
  assert.equal(ask("080700ffff0328"), "0907" + "080012" + "09006e2a" + "0b0012" + "0c006e2a");
  assert.equal(ask("080c00ffff0328"), "01080c000a");
});

test("descriptors are found, and a configuration is there where the characteristic tells its value", () => {
  const { ask } = server([{ ...TEMPERATURE, descriptors: [{ uuid: "2901", value: hex("6162") }] }]);
  assert.equal(ask("040a00ffff"), "0501" + "0a000229" + "0b000129");
  assert.equal(ask("0a0b00"), "0b6162");
  assert.equal(ask("0a0a00"), "0b0000");
});

test("types of 16 bytes are told in answers of their own", () => {
  const { ask } = server([{ uuid: UART, properties: ["read"] }]);
  assert.equal(ask("0408000900"), "050108000328");
  assert.equal(ask("0409000900"), `05020900${UART_BYTES}`);
});

test("a value is read by its type", () => {
  const { ask } = server([TEMPERATURE]);
  assert.equal(ask("080100ffff6e2a"), "0904" + "0900a608");
  assert.equal(ask("080100ffff002a"), `09070300${Buffer.from("meter").toString("hex")}`);
});

test("several values are read at once", () => {
  const { ask } = server([TEMPERATURE]);
  assert.equal(ask("0e09000300"), `0fa608${Buffer.from("meter").toString("hex")}`);
  assert.equal(ask("0e0900"), "010e000004");
});

test("a long value is read in pieces, to its end", () => {
  const { ask } = server([{ uuid: "2a6e", properties: ["read"], value: LONG }]);
  const piece = (from: number, to: number): string => Buffer.from(LONG.subarray(from, to)).toString("hex");
  assert.equal(ask("0a0900"), `0b${piece(0, 22)}`);
  assert.equal(ask("0c09001600"), `0d${piece(22, 44)}`);
  assert.equal(ask("0c09002c00"), `0d${piece(44, 60)}`);
  assert.equal(ask("0c09003c00"), "0d");
  assert.equal(ask("0c09003d00"), "010c090007");
});

test("a value that changes while it is read in pieces is read as it was at the beginning", () => {
  let now = LONG;
  const { ask } = server([{ uuid: "2a6e", properties: ["read"], value: () => now }]);
  ask("0a0900");
  now = Uint8Array.of(1);
  assert.equal(ask("0c09001600"), `0d${Buffer.from(LONG.subarray(22, 44)).toString("hex")}`);
  assert.equal(ask("0a0900"), "0b01");
});

test("what may not be read or written says so", () => {
  const { ask } = server([{ uuid: "2a6e", properties: ["write-without-response"] }, TEMPERATURE]);
  assert.equal(ask("0a0900"), "010a090002");
  assert.equal(ask("12090001"), "0112090003");
  assert.equal(ask("12070001"), "0112070003");
  assert.equal(ask("0a6300"), "010a630001");
  assert.equal(ask("12630001"), "0112630001");
});

test("a value is written, with and without an answer", () => {
  const { ask, database } = server([{ uuid: "2a06", properties: ["write", "write-without-response"] }]);
  const alert = database.characteristics.at(-1);
  assert.equal(ask("12090001"), "13");
  assert.deepEqual(alert?.value, Uint8Array.of(1));
  assert.equal(ask("52090002"), undefined);
  assert.deepEqual(alert?.value, Uint8Array.of(2));
});

test("who plays it hears what is written, and may refuse it", () => {
  const heard: Uint8Array[] = [];
  const onWrite = (bytes: Uint8Array): number | undefined => {
    heard.push(bytes);
    return bytes[0] === 0 ? 0x80 : undefined;
  };
  const { ask, database } = server([{ uuid: "2a06", properties: ["write"], value: hex("07"), onWrite }]);
  assert.equal(ask("12090001"), "13");
  assert.equal(ask("12090000"), "0112090080");
  assert.deepEqual(heard, [Uint8Array.of(1), Uint8Array.of(0)]);
  assert.deepEqual(database.characteristics.at(-1)?.value, Buffer.of(7));
});

test("a long value is written in prepared parts, or not at all", () => {
  const { ask, database } = server([{ uuid: "2a06", properties: ["write"], value: hex("ff") }]);
  const value = (): string => Buffer.from(database.characteristics.at(-1)?.value ?? []).toString("hex");
  assert.equal(ask("16090000000102"), "17090000000102");
  assert.equal(ask("160900020003"), "170900020003");
  assert.equal(value(), "ff");
  assert.equal(ask("1801"), "19");
  assert.equal(value(), "010203");
  ask("160900000009");
  assert.equal(ask("1800"), "19");
  assert.equal(ask("1801"), "19");
  assert.equal(value(), "010203");
});

test("prepared parts that leave a hole, are too long or too many are refused", () => {
  const { ask } = server([{ uuid: "2a06", properties: ["write"] }]);
  ask("160900050001");
  assert.equal(ask("1801"), "0118090007");
  ask(`1609000000${"00".repeat(513)}`);
  assert.equal(ask("1801"), "011809000d");
  for (let i = 0; i < 64; i++) ask("160900000001");
  assert.equal(ask("160900000001"), "0116090009");
  assert.equal(ask("1802"), "0118000004");
});

test("a value of more than 512 bytes is refused", () => {
  const { ask } = server([{ uuid: "2a06", properties: ["write"] }], 600);
  assert.equal(ask(`120900${"00".repeat(513)}`), "011209000d");
});

test("who subscribed hears notifications, cut to what the MTU takes", () => {
  const { att, ask } = server([TEMPERATURE]);
  assert.equal(att.hears(9, TELLING.notify), false);
  assert.equal(ask("120a000100"), "13");
  assert.equal(att.hears(9, TELLING.notify), true);
  assert.equal(ask("0a0a00"), "0b0100");
  assert.deepEqual(att.tell(9, TELLING.notify, LONG), Uint8Array.from([0x1b, 9, 0, ...LONG.subarray(0, 20)]));
  ask("120a000000");
  assert.equal(att.hears(9, TELLING.notify), false);
});

test("a subscription of a kind that there is not, and one of another length, are refused", () => {
  const { ask } = server([TEMPERATURE]);
  assert.equal(ask("120a000200"), "01120a0013");
  assert.equal(ask("120a0001"), "01120a000d");
});

test("an indication waits until the one before is confirmed", () => {
  const { att, ask } = server([{ uuid: "2a1c", properties: ["indicate"] }]);
  ask("120a000200");
  assert.deepEqual(att.tell(9, TELLING.indicate, Uint8Array.of(1)), Uint8Array.of(0x1d, 9, 0, 1));
  assert.equal(att.tell(9, TELLING.indicate, Uint8Array.of(2)), undefined);
  assert.equal(ask("1e"), "1d090002");
  assert.equal(ask("1e"), undefined);
  assert.deepEqual(att.tell(9, TELLING.indicate, Uint8Array.of(3)), Uint8Array.of(0x1d, 9, 0, 3));
});

test("a request that nobody knows is refused, a command that nobody knows ignored", () => {
  const { ask } = server([]);
  assert.equal(ask("20010002"), "0120000006");
  assert.equal(ask("d2010000"), undefined);
  assert.equal(ask("0b"), undefined);
  assert.equal(ask(""), undefined);
});

test("a range that begins at 0, or ends before it begins, is refused", () => {
  const { ask } = server([]);
  assert.equal(ask("040000ffff"), "0104000001");
  assert.equal(ask("1005000400" + "0028"), "0110050001");
});

test("whatever a client sends, an answer has room and an error is one", () => {
  const characteristics: CharacteristicSpec[] = [
    { uuid: "2a6e", properties: ["read", "write", "notify", "indicate"], value: LONG },
    { uuid: UART, properties: ["read", "write-without-response"] },
  ];
  const opcode = fc.constantFrom(2, 4, 6, 8, 0x0a, 0x0c, 0x0e, 0x10, 0x12, 0x16, 0x18, 0x1e, 0x52, 0x20, 0xd2);
  const handles = fc.uint8Array({ minLength: 2, maxLength: 4, max: 14 });
  const pdu = fc
    .tuple(opcode, handles, fc.uint8Array({ maxLength: 24 }))
    .map(([code, some, rest]) => Uint8Array.from([code, ...some, ...rest]));
  fc.assert(
    fc.property(fc.array(fc.oneof(pdu, fc.uint8Array({ maxLength: 30 })), { maxLength: 20 }), (pdus) => {
      const { att } = server(characteristics);
      for (const bytes of pdus) {
        const answer = att.handle(bytes);
        if (answer === undefined) continue;
        assert.ok(answer.length <= Math.max(att.mtu, 5), `${answer.length} bytes at ${att.mtu}`);
        if (answer[0] === 1) assert.equal(answer.length, 5);
      }
    }),
  );
});
