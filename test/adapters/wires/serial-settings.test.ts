import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  characterTime,
  formatSerialSettings,
  parseSerialSettings,
  serialSettingsSchema,
} from "../../../adapters/wires/serial-settings.ts";

test("line settings are read as they stand in every manual", () => {
  assert.deepEqual(parseSerialSettings("9600-8N1"), { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 });
  assert.deepEqual(parseSerialSettings("19200-8E1"), { baudRate: 19_200, dataBits: 8, parity: "even", stopBits: 1 });
  assert.deepEqual(parseSerialSettings("9600-7e1"), { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 });
  assert.deepEqual(parseSerialSettings("38400-8O1"), { baudRate: 38_400, dataBits: 8, parity: "odd", stopBits: 1 });
  assert.deepEqual(parseSerialSettings("4800-8N2"), { baudRate: 4800, dataBits: 8, parity: "none", stopBits: 2 });
});

test("what is no line setting is refused with what was expected", () => {
  for (const text of ["", "9600", "8N1", "9600 8N1", "9600-8M1", "9600-9N1", "9600-8N3", "9600-8N1.5", "x9600-8N1"]) {
    assert.throws(
      () => parseSerialSettings(text),
      new RangeError(
        `"${text}" is no line setting; expected baud rate, data bits (7, 8), parity (N, E, O) and stop bits (1, 2), e.g. 9600-8N1 or 19200-8E1`,
      ),
    );
  }
  assert.throws(() => parseSerialSettings("96-8N1"), /the baud rate 96 is outside 300\.\.4000000/);
  assert.match(serialSettingsSchema.safeParse("9600").error?.issues[0]?.message ?? "", /is no line setting/);
});

test("a character is 10 bits without parity, 11 with parity or two stop bits", () => {
  // MODBUS over Serial Line V1.02 §2.5.1: one start bit, 8 data bits, a parity bit or a second stop bit, one stop bit.
  assert.equal(characterTime(parseSerialSettings("10000-8N1")), 1);
  assert.equal(characterTime(parseSerialSettings("10000-8E1")), 1.1);
  assert.equal(characterTime(parseSerialSettings("10000-8N2")), 1.1);
  // §2.5.2: ASCII mode has 7 data bits.
  assert.equal(characterTime(parseSerialSettings("10000-7E1")), 1);
});

test("any text is line settings or a RangeError, and what is read is written the same", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.equal(formatSerialSettings(parseSerialSettings(text)), text.toUpperCase());
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
  );
});
