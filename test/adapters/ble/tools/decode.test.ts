import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import fc from "fast-check";
import type { BlePoint } from "../../../../adapters/ble/points.ts";
import type { BleDevice } from "../../../../adapters/ble/section.ts";
import { decode } from "../../../../adapters/ble/tools/decode.ts";
import { aToolContext, theArguments } from "../../../support/tool-context.ts";

const KEY = "231d39c1d7cc1ab1aee224cd096db932";
/** bthome.io/format, "Advertising payload". */
const PACKET = "020106 0B094449592D73656E736F72 0A16D2FC4002C40903BF13";

function run(words: string, options: Readonly<Record<string, string>> = {}, input = "") {
  const positionals = words.split(" ").filter((word) => word !== "");
  const context = aToolContext<BleDevice, BlePoint>({ input: async () => input });
  return decode.run(theArguments(positionals, options), context);
}

test("advertising data is taken apart, and its values have units", async () => {
  const { lines, ok, data } = await run(PACKET);
  assert.deepEqual(lines, [
    "flags                   06",
    'name                    "DIY-sensor"',
    "service data (16 bits)  d2 fc 40 02 c4 09 03 bf 13",
    "BTHome v2",
    "  temperature  25 Cel",
    "  humidity     50.55 %RH",
  ]);
  assert.equal(ok, true);
  assert.deepEqual(data, [
    {
      structures: [
        { type: "flags", hex: "06" },
        { type: "name", hex: "4449592d73656e736f72" },
        { type: "service data (16 bits)", hex: "d2fc4002c40903bf13" },
      ],
      formats: [{ format: "BTHome v2", fields: { temperature: 25, humidity: 50.55 } }],
    },
  ]);
});

test("of a format that is named the data of its service or company will do, as apps show it", async () => {
  for (const words of [
    "bthome 4002C409",
    "bthome D2FC4002C409",
    "BTHome 0x4002C409",
    "bthome 40:02:C4:09",
    `bthome ${PACKET}`,
  ]) {
    const { lines } = await run(words);
    assert.ok(lines.includes("  temperature  25 Cel"), words);
  }
  const { lines } = await run("ruuvi 99040512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F");
  assert.ok(lines.includes("  temperature       24.3 Cel"));
});

test("what is encrypted is opened with the key and the address", async () => {
  const words = "bthome 41e445f3c9962b332211006c7c4519";
  const opened = await run(words, { key: KEY, address: "54-48-E6-8F-80-A5" });
  assert.ok(opened.lines.includes("  temperature  25.06 Cel"));
  for (const [options, message] of [
    [{}, /is encrypted, and the device has no key/],
    [{ key: KEY }, /is no address/],
    [{ key: KEY.replace("2", "3"), address: "54:48:e6:8f:80:a5" }, /cannot be decrypted/],
  ] as const) {
    const { ok, lines } = await run(words, options);
    assert.equal(ok, false);
    assert.match(lines.join(), message);
  }
});

test("the key may stand in a file, where nobody else sees it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "decode-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "key");
  writeFileSync(file, `${KEY}\n`);
  const { ok } = await run("bthome 41e445f3c9962b332211006c7c4519", { key: `@${file}`, address: "5448E68F80A5" });
  assert.equal(ok, true);
  await assert.rejects(run(PACKET, { key: `@${file}x` }), { name: "WrongArguments", message: /no such file/ });
});

test("what has no value, and what is not understood, is told with the reason", async () => {
  const tag = await run("ruuvi 058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF");
  assert.ok(tag.lines.some((line) => /^ {2}temperature +no value: the device says/.test(line)));
  const newer = await run("bthome 4002CA09EE01");
  assert.match(newer.lines.join(), /object 0xee is not known/);
  const cut = await run("020106 0A16D2FC");
  assert.deepEqual(
    [cut.ok, cut.lines.slice(1)],
    [false, ["the structure at byte 3 says that it has 10 bytes; 3 follow", "no format that is known is in it"]],
  );
  assert.match((await run("bthome 020106")).lines.join(), /BTHome of version 0|there is no BTHome v2 in it/);
});

test("the value of a characteristic is explained", async () => {
  for (const words of ["2A1C 006C0100FF", "0x2a1c 00 6C 01 00 FF"])
    assert.deepEqual((await run(words)).lines, ["Temperature Measurement", "  temperature  36.4 Cel"]);
  const { ok, lines } = await run("2a1c 00");
  assert.deepEqual([ok, lines], [false, ["Temperature Measurement: its value has 1 bytes; 5 were expected"]]);
});

test("each line of standard input is one", async () => {
  const { lines } = await run("bthome", {}, "4002C409\n\n4002CA09\r\n");
  assert.deepEqual(lines, ["BTHome v2", "  temperature  25 Cel", "", "BTHome v2", "  temperature  25.06 Cel"]);
});

test("names that are none, and what is no hexadecimal, are told with what was expected", async () => {
  for (const [words, options, message] of [
    ["pvvx 00", {}, "pvvx is `atc` here"],
    ["btome 00", {}, 'decode ble has no format "btome" (did you mean "bthome"?)'],
    ["bthome xy", {}, '"xy" are no bytes in hexadecimal; expected e.g. 020106 0a16d2fc40'],
    ["", {}, "expected advertising data in hexadecimal, such as 020106 0a16d2fc4002c40903bf13"],
    ["0201", { address: "54:48" }, "--address 54:48: expected six bytes, e.g. A4:C1:38:8F:19:E9"],
    ["0201", { key: "00" }, "--key: expected 32 hexadecimal digits"],
  ] as const)
    await assert.rejects(run(words, options), { name: "WrongArguments", message });
});

test("whatever the bytes are, they are explained, or the person is told", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        "",
        "bthome",
        "ruuvi",
        "eddystone",
        "ibeacon",
        "teltonika-eye",
        "mikrotik",
        "atc",
        "govee",
        "2a37",
      ),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      async (format, bytes) => {
        const report = await run(`${format} ${Buffer.from(bytes).toString("hex")}`, { key: KEY });
        JSON.stringify(report.data);
        assert.ok(report.lines.every((line) => !/\p{Cc}/u.test(line)));
      },
    ),
  );
});

test("formats may stand in the place of the protocol", () => {
  assert.ok(decode.words?.includes("bthome"));
});
