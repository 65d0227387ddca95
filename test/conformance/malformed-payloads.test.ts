/**
 * Payloads that are not what their Content-Format says, or not what stands at their path: 4.00 (Transport 1.2 §6.4) with what
 * was found and what was expected, and no device hears of it. On a device, whose tree has nearly every type, and on /1/0.
 */
import { test } from "node:test";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { assertRefused, type WrongRequest } from "../support/malformed-world.ts";

const { text, opaque, cbor, senmlJson, senmlCbor, tlv, lwm2mCbor } = CONTENT_FORMAT;

const STRING = "/dev-1/3442/0/110";
const INTEGER = "/dev-1/3442/0/120";
const UNSIGNED = "/dev-1/3442/0/125";
const FLOAT = "/dev-1/3442/0/130";
const BOOLEAN = "/dev-1/3442/0/140";
const OPAQUE = "/dev-1/3442/0/150";
const TIME = "/dev-1/3442/0/160";
const SEVERAL = "/dev-1/3442/0/1120";
const DIMMER = "/dev-1/3311/0/5851";
const INSTANCE = "/dev-1/3442/0";

type Said = readonly [payload: string, diagnostic: RegExp];

const asText = (target: string, format: number, rows: readonly Said[]): WrongRequest[] =>
  rows.map(([payload, said]) => [{ method: "put", target, format, text: payload }, "4.00", said]);
const asHex = (target: string, format: number, rows: readonly Said[]): WrongRequest[] =>
  rows.map(([hex, said]) => [{ method: "put", target, format, hex }, "4.00", said]);
/** The same wrong payloads whatever the path; the diagnostic says what is wrong with the format. */
const noFormat = (format: number, rows: readonly Said[]): WrongRequest[] =>
  [INTEGER, INSTANCE, "/1/0/1", "/1/0"].flatMap((target) =>
    rows.flatMap(([hex, said]): WrongRequest[] => [
      [{ method: "put", target, format, hex }, "4.00", said],
      ...(target.split("/").length % 2 === 1 ? [[{ method: "post", target, format, hex }, "4.00", said] as const] : []),
    ]),
  );
const hexOf = (words: string): string => Buffer.from(words).toString("hex");
/** 2000 levels of a CBOR array, and as many of a JSON one. */
const DEEP_CBOR = "81".repeat(2000);
const DEEP_JSON = hexOf("[".repeat(2000));
const INTEGER_EXPECTED = /\/dev-1\/3442\/0\/120: expected a 64-bit integer/;

test("text that spells no value of the type, or one that is out of range", async (t) => {
  await assertRefused(t, [
    ...asText(INTEGER, text, [
      ["", INTEGER_EXPECTED],
      ["abc", /expected a 64-bit integer, got "abc"/],
      ["1.5", INTEGER_EXPECTED],
      ["1e3", INTEGER_EXPECTED],
      ["0x10", INTEGER_EXPECTED],
      [" 1", INTEGER_EXPECTED],
      ["--1", INTEGER_EXPECTED],
      ["٣", INTEGER_EXPECTED],
      ["9223372036854775808", INTEGER_EXPECTED],
      ["9".repeat(5000), INTEGER_EXPECTED],
      ["40000", /3442\/0\/120.*40000/],
    ]),
    ...asText(UNSIGNED, text, [
      ["-1", /expected an unsigned 64-bit integer/],
      ["18446744073709551616", /expected an unsigned 64-bit integer/],
      ["70000", /3442\/0\/125.*70000/],
    ]),
    ...asText(FLOAT, text, [
      ["1,5", /expected a finite number/],
      ["NaN", /expected a finite number/],
      ["Infinity", /expected a finite number/],
      ["1e999", /expected a finite number/],
      ["", /expected a finite number/],
    ]),
    ...asText(BOOLEAN, text, [
      ["true", /expected a boolean, got "true"/],
      ["2", /expected a boolean/],
      ["01", /expected a boolean/],
      ["", /expected a boolean/],
    ]),
    ...asText(OPAQUE, text, [
      ["no base64!", /expected bytes/],
      ["A", /expected bytes/],
      ["AQ==", /3442\/0\/150.*4/],
    ]),
    ...asText(TIME, text, [["yesterday", /expected whole seconds since 1970/]]),
    ...asText(STRING, text, [["sideways", /"sideways".*manual, auto/]]),
    ...asText(DIMMER, text, [
      ["101", /\/dev-1\/3311\/0\/5851.*101.*0\.\.100/],
      ["-1", /\/dev-1\/3311\/0\/5851.*-1/],
    ]),
    ...asText("/1/0/1", text, [["soon", /\/1\/0\/1: expected a 64-bit integer, got "soon"/]]),
    ...asText("/1/0/6", text, [["yes", /\/1\/0\/6: expected a boolean/]]),
    ...asText("/1/0/7", text, [["T", /\/1\/0\/7/]]),
    ...asHex(STRING, text, [["ff", /UTF-8/]]),
    ...asHex(INTEGER, text, [["31 00", INTEGER_EXPECTED]]),
  ]);
});

test("CBOR and opaque of one value: no CBOR, more than one item, another type", async (t) => {
  const rows: readonly Said[] = [
    ["", /CBOR/],
    ["19 01", /CBOR/],
    ["01 01", /CBOR/],
    ["1c", /CBOR/],
    ["ff", /CBOR/],
    ["5b ff ff ff ff ff ff ff ff", /CBOR/],
    ["5f 41 00", /CBOR/],
    [DEEP_CBOR, /CBOR|120/],
    ["f6", /120|CBOR/],
    ["80", /120|CBOR/],
    ["a0", /120|CBOR/],
    ["61 61", /120/],
    ["f5", /120/],
    ["f9 3e 00", INTEGER_EXPECTED],
    ["1b ff ff ff ff ff ff ff ff", INTEGER_EXPECTED],
    ["c2 49 01 00 00 00 00 00 00 00 00", /120|CBOR/],
  ];
  await assertRefused(t, [
    ...asHex(INTEGER, cbor, rows),
    ...asHex(FLOAT, cbor, [
      ["f9 7e 00", /expected a finite number/],
      ["fb 7f f0 00 00 00 00 00 00", /expected a finite number/],
    ]),
    ...asHex(UNSIGNED, cbor, [["20", /expected an unsigned 64-bit integer/]]),
    ...asHex(STRING, cbor, [["61 ff", /UTF-8/]]),
    ...asHex(OPAQUE, cbor, [["41 00", /3442\/0\/150.*4/]]),
    ...asHex(OPAQUE, opaque, [
      ["00", /3442\/0\/150.*4/],
      ["", /3442\/0\/150.*4/],
    ]),
  ]);
});

test("SenML JSON: no JSON, no pack, wrong names, values that are missing, twice or of another type", async (t) => {
  const named = (name: string, rest: string): string => `[{"n":"${name}",${rest}}]`;
  await assertRefused(t, [
    ...noFormat(senmlJson, [
      ["", /SenML/],
      [hexOf("{"), /SenML/],
      [hexOf("{}"), /SenML/],
      [hexOf("null"), /SenML/],
      [hexOf("[1]"), /SenML/],
      [hexOf("[{}]"), /SenML|cannot hold a value|has no value/],
      [hexOf('[{"n":5,"v":1}]'), /SenML/],
      [hexOf('[{"n":"/x/y","v":1}]'), /x\/y/],
      [hexOf('[{"n":"dev-1","v":1}]'), /dev-1/],
      [hexOf('[{"n":"/dev-1/3442/0/70000","v":1}]'), /70000/],
      [hexOf('[{"n":"/dev-2/3442/0/120","v":1}]'), /\/dev-2\/3442\/0\/120/],
      [hexOf('[{"n":"/3303/0/5700","v":1}]'), /3303\/0\/5700/],
      [DEEP_JSON, /SenML/],
      ["ff fe", /SenML|UTF-8/],
    ]),
    ...asText(INTEGER, senmlJson, [
      ["[]", /no value for \/dev-1\/3442\/0\/120/],
      [named(INTEGER, '"u":"V"'), /120.*no value/],
      [named(INTEGER, '"v":"7"'), /v/],
      [named(INTEGER, '"v":1.5'), INTEGER_EXPECTED],
      [named(INTEGER, '"v":1e400'), /120|SenML/],
      [named(INTEGER, '"v":99999999999999999999'), INTEGER_EXPECTED],
      [named(INTEGER, '"vs":"7"'), INTEGER_EXPECTED],
      [named(INTEGER, '"vb":true'), INTEGER_EXPECTED],
      [named(INTEGER, '"v":1,"vs":"1"'), /SenML/],
      [named(INTEGER, '"v":null'), /SenML|120/],
      [`[{"n":"${INTEGER}","v":1},{"n":"${INTEGER}","v":2}]`, /120 twice/],
      [`[{"n":"${INTEGER}","v":1},{"n":"${FLOAT}","v":2}]`, /130 lies outside of \/dev-1\/3442\/0\/120/],
      [`[{"n":"${INTEGER}","v":1}] x`, /SenML/],
      [`[{"bver":99,"n":"${INTEGER}","v":1}]`, /a version above 10 is not supported/],
      [`[{"n":"${INTEGER}","v":1,"key_":1}]`, /key_/],
    ]),
    ...asText(OPAQUE, senmlJson, [[named(OPAQUE, '"vd":"!!"'), /SenML|150/]]),
    ...asText(SEVERAL, senmlJson, [[named(SEVERAL, '"v":1'), /1120.*instances/]]),
  ]);
  const missing = `[{"n":"${SEVERAL}/5","v":1}]`;
  await assertRefused(t, [
    [{ method: "put", target: SEVERAL, format: senmlJson, text: missing }, "4.01", /1120\/5 cannot be created/],
    [
      {
        method: "post",
        target: INSTANCE,
        format: senmlJson,
        text: `[{"n":"${INTEGER}","v":1},{"n":"${BOOLEAN}","v":2}]`,
      },
      "4.00",
      /140: expected a boolean/,
    ],
    [
      { method: "post", target: "/dev-1/3303/0", format: senmlJson, text: '[{"n":"/dev-1/3303/0/5700","v":1}]' },
      "4.05",
      /\/dev-1\/3303\/0\/5700 cannot be written/,
    ],
    [
      { method: "post", target: "/1/0", format: senmlJson, text: '[{"n":"/1/0/1","v":60},{"n":"/1/0/0","v":5}]' },
      "4.05",
      /\/1\/0\/0 cannot be written/,
    ],
  ]);
});

test("SenML CBOR: no CBOR, no pack, wrong labels, names or values", async (t) => {
  const name = (path: string): string => `78 ${path.length.toString(16).padStart(2, "0")} ${hexOf(path)}`;
  await assertRefused(t, [
    ...noFormat(senmlCbor, [
      ["", /SenML|CBOR/],
      ["a0", /SenML/],
      ["01", /SenML/],
      ["81", /SenML|CBOR/],
      ["81 01", /SenML/],
      ["80 80", /SenML|CBOR/],
      ["9b ff ff ff ff ff ff ff ff", /SenML|CBOR/],
      ["81 bb ff ff ff ff ff ff ff ff", /SenML|CBOR/],
      [`81 a2 00 05 02 01`, /SenML/],
      [`81 a2 00 ${name("/dev-9/3442/0/120")} 02 01`, /dev-9/],
      [`81 a2 00 ${name("/3442/0/x")} 02 01`, /3442\/0\/x/],
      [DEEP_CBOR, /SenML|CBOR/],
    ]),
    ...asHex(INTEGER, senmlCbor, [
      ["80", /no value for \/dev-1\/3442\/0\/120/],
      [`81 a1 00 ${name(INTEGER)}`, /120.*no value/],
      [`81 a2 00 ${name(INTEGER)} 02 f6`, /SenML|120/],
      [`81 a2 00 ${name(INTEGER)} 02 61 37`, /SenML|120/],
      [`81 a2 00 ${name(INTEGER)} 03 61 37`, INTEGER_EXPECTED],
      [`81 a2 00 ${name(INTEGER)} 02 f9 7e 00`, /120|SenML/],
      [`81 a3 00 ${name(INTEGER)} 02 01 02 02`, /SenML|twice/],
      [`81 a3 00 ${name(INTEGER)} 02 01 04 f5`, /SenML/],
      [`82 a2 00 ${name(INTEGER)} 02 01 a2 00 ${name(INTEGER)} 02 02`, /120 twice/],
    ]),
  ]);
});

test("TLV: cut short, of another level, with lengths that no type has", async (t) => {
  await assertRefused(t, [
    ...noFormat(tlv, [
      ["c1", /TLV/],
      ["c1 78", /TLV/],
      ["c8 78 05 01", /TLV/],
      ["d8 78 ff ff ff", /TLV/],
      ["c1 78 01 ff", /TLV/],
    ]),
    ...asHex(INTEGER, tlv, [
      ["", /no value for \/dev-1\/3442\/0\/120/],
      ["c3 78 01 02 03", /120/],
      ["c9 78 00", /120|TLV/],
      ["c1 79 01", /121|TLV/],
      ["c1 78 01 c1 78 02", /120 twice/],
      ["08 00 03 c1 78 01", /TLV/],
      ["80 78", /120|TLV/],
      ["41 00 01", /120|TLV/],
    ]),
    ...asHex(BOOLEAN, tlv, [["c1 8c 02", /140/]]),
    ...asHex(FLOAT, tlv, [["c2 82 00 00", /130/]]),
    ...asHex(STRING, tlv, [["c1 6e ff", /UTF-8|110/]]),
    ...asHex(SEVERAL, tlv, [["c1 78 01", /120|TLV/]]),
  ]);
});

test("LwM2M CBOR: no map, empty maps, names that are none, that are elsewhere or there twice", async (t) => {
  await assertRefused(t, [
    ...noFormat(lwm2mCbor, [
      ["", /CBOR/],
      ["01", /CBOR/],
      ["80", /CBOR/],
      ["a1", /CBOR/],
      ["a1 00", /CBOR/],
      ["bf", /CBOR/],
      ["a0", /CBOR/],
      ["a1 00 a0", /CBOR/],
      ["a1 61 78 01", /CBOR|x/],
      ["a1 19 ff ff 01", /65535|CBOR/],
      ["a1 20 01", /CBOR/],
      ["a1 f5 01", /CBOR/],
      ["a1 80 01", /CBOR/],
      ["a1 85 01 02 03 04 05 01", /CBOR/],
      ["bb ff ff ff ff ff ff ff ff", /CBOR/],
      ["a1 65 64 65 76 2d 39 a1 83 19 0d 72 00 18 78 01", /dev-9|CBOR/],
      [`a1 00 ${"a100".repeat(2000)} 01`, /CBOR/],
    ]),
    ...asHex(INSTANCE, lwm2mCbor, [
      ["a2 18 78 01 18 78 02", /120|CBOR/],
      ["a1 18 78 61 37", INTEGER_EXPECTED],
      ["a1 83 19 0c e7 00 19 16 44 01", /3303|CBOR/],
    ]),
  ]);
});
