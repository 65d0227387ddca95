/**
 * Composite requests, Creates and Deletes that are wrong in one place: their code, a sentence that names the place, and nothing
 * of the rest is done.
 */
import { test } from "node:test";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { assertRefused, type WrongRequest } from "../support/malformed-world.ts";

const { text, opaque, linkFormat, cbor, senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, tlv, lwm2mCbor } =
  CONTENT_FORMAT;

type Said = readonly [payload: string, code: string, diagnostic: RegExp];

const fetch = (rows: readonly Said[], format: number = senmlEtchJson, observe?: 0): WrongRequest[] =>
  rows.map(([body, code, said]) => [
    { method: "fetch", format, text: body, ...(observe === undefined ? {} : { observe }) },
    code,
    said,
  ]);
const ipatch = (rows: readonly Said[], format: number = senmlEtchJson): WrongRequest[] =>
  rows.map(([body, code, said]) => [{ method: "ipatch", format, text: body }, code, said]);

/** What is no list of names, or of values. */
const NO_PACK: readonly Said[] = [
  ["", "4.00", /SenML/],
  ["{", "4.00", /SenML/],
  ["{}", "4.00", /SenML/],
  ["[", "4.00", /SenML/],
  ["[]", "4.00", /no record/],
  ["[5]", "4.00", /SenML/],
  ["[{}]", "4.00", /SenML|"" |names|name/],
  ['[{"n":5}]', "4.00", /SenML/],
  ['[{"n":"/3/0/x"}]', "4.00", /\/3\/0\/x/],
  ['[{"n":"/70000"}]', "4.00", /70000/],
  ['[{"n":"/3/0/0/0/0"}]', "4.00", /four IDs/],
  ['[{"n":"/dev 1/3"}]', "4.00", /dev 1/],
  [`${"[".repeat(3000)}`, "4.00", /SenML/],
];
const GOOD = '{"n":"/3/0/0"},{"n":"/dev-1/3303/0/5700"}';

const WRONG_NAMES: readonly Said[] = [
  ...NO_PACK,
  ['[{"n":"/3/0/0","v":1}]', "4.00", /"v"|\bv\b|value/],
  ['[{"n":"/3/0/0","vs":"x"}]', "4.00", /vs|value/],
  ['[{"n":"/3/0/0","x_":1}]', "4.00", /x_/],
  [`[${GOOD},{"n":"/3/0/y"}]`, "4.00", /\/3\/0\/y/],
];

test("Read-Composite: a wrong body, or a format that cannot be had", async (t) => {
  const body = `[${GOOD}]`;
  const accepting = (accept: number): WrongRequest[0] => ({
    method: "fetch",
    format: senmlEtchJson,
    text: body,
    accept,
  });
  await assertRefused(t, [
    ...fetch(WRONG_NAMES),
    [{ method: "fetch", text: body }, "4.00", /no Content-Format/],
    [{ method: "fetch" }, "4.00", /no Content-Format/],
    ...[text, opaque, linkFormat, cbor, tlv, lwm2mCbor, 50].map(
      (format): WrongRequest => [
        { method: "fetch", format, text: body },
        "4.15",
        new RegExp(`Content-Format ${format} is not supported for paths`),
      ],
    ),
    ...[text, opaque, cbor, tlv, 50].map(
      (accept): WrongRequest => [accepting(accept), "4.06", new RegExp(`Content-Format ${accept}`)],
    ),
    [{ method: "fetch", format: senmlEtchCbor, hex: "81 a1 00" }, "4.00", /SenML|CBOR/],
    [{ method: "fetch", format: senmlCbor, hex: "9f a1 00 62 2f 33" }, "4.00", /SenML|CBOR/],
  ]);
});

test("Observe-Composite: a wrong body or attribute begins no observation", async (t) => {
  const observe = (query: string): WrongRequest[0] => ({
    method: "fetch",
    target: `/?${query}`,
    format: senmlEtchJson,
    text: `[${GOOD}]`,
    observe: 0,
  });
  await assertRefused(t, [
    ...fetch(WRONG_NAMES, senmlEtchJson, 0),
    ...["gt=1", "lt=1", "st=1", "edge=1", "hqmax=1"].map(
      (query): WrongRequest => [observe(query), "4.00", /may not stand here; pmin, pmax, epmin, epmax, con may/],
    ),
    [observe("pmin=-1"), "4.00", /pmin=-1/],
    [observe("pmin"), "4.00", /pmin has no value/],
    [observe("pmin=1&pmin=2"), "4.00", /pmin is there twice/],
    [observe("epmin=9&epmax=3"), "4.00", /epmin must be less than epmax/],
    [observe("speed=1"), "4.00", /"speed" is no attribute/],
    [{ ...observe("pmin=1"), format: tlv }, "4.15", /Content-Format 11542/],
    [{ ...observe("pmin=1"), accept: text }, "4.06", /Content-Format 0/],
  ]);
});

/** Beside what could be done: it is not. */
const among = (record: string): string =>
  `[{"n":"/1/0/2","v":77},{"n":"/dev-1/3311/0/5850","vb":true},${record},{"n":"/dev-1/3442/0/120","v":5}]`;

test("Write-Composite: one wrong record, and nothing of the others is done", async (t) => {
  const records: readonly Said[] = [
    ['{"n":"/dev-9/3/0/0","v":1}', "4.04", /dev-9/],
    ['{"n":"/3301/0/5700","v":1}', "4.04", /\/3301/],
    ['{"n":"/dev-1/3442/0/999","v":1}', "4.04", /\/dev-1\/3442\/0\/999/],
    ['{"n":"/dev-1/3442/1/120","v":1}', "4.04", /\/dev-1\/3442\/1/],
    ['{"n":"/0/0/0","vs":"coap://x"}', "4.01", /object 0 is not open/],
    ['{"n":"/dev-1/3303/0/5700","v":1}', "4.05", /\/dev-1\/3303\/0\/5700 cannot be written/],
    ['{"n":"/1/0/0","v":1}', "4.05", /\/1\/0\/0 cannot be written/],
    ['{"n":"/1/0/8","v":1}', "4.05", /\/1\/0\/8/],
    ['{"n":"/dev-1/3/0/4","v":1}', "4.05", /\/dev-1\/3\/0\/4/],
    ['{"n":"/dev-1/3442","v":1}', "4.00", /\/dev-1\/3442/],
    ['{"n":"/dev-1/3442/0","v":1}', "4.00", /\/dev-1\/3442\/0/],
    ['{"n":"/dev-1/3442/0/130","vs":"x"}', "4.00", /\/dev-1\/3442\/0\/130: expected a finite number/],
    ['{"n":"/dev-1/3442/0/120","v":40000}', "4.00", /\/dev-1\/3442\/0\/120.*40000/],
    ['{"n":"/dev-1/3311/0/5851","v":101}', "4.00", /\/dev-1\/3311\/0\/5851.*101/],
    ['{"n":"/dev-1/3442/0/130"}', "4.00", /\/dev-1\/3442\/0\/130 has no value/],
    ['{"n":"/dev-1/3442/0/130","v":null}', "4.00", /\/dev-1\/3442\/0\/130 cannot be removed/],
    ['{"n":"/dev-1/3442/0/1120/0","v":null}', "4.01", /\/dev-1\/3442\/0\/1120\/0 cannot be deleted/],
    ['{"n":"/dev-1/3442/0/1120/7","v":1}', "4.04", /\/dev-1\/3442\/0\/1120\/7/],
    ['{"n":"/dev-1/3442/0/1120","v":1}', "4.00", /\/dev-1\/3442\/0\/1120.*instances/],
    ['{"n":"/dev-1/3311/0/5851/0","v":1}', "4.05", /the resource has no instances/],
    ['{"n":"/3442/0/170","vlo":"9:9"}', "4.00", /no 9:9 to link to/],
    ['{"n":"/dev-1/16/0/0/0","v":5}', "4.00", /\/dev-1\/16\/0\/0\/0: expected text/],
  ];
  await assertRefused(t, [
    ...ipatch(NO_PACK.map(([body, code, said]) => [body, code, body.includes('"n"') ? /./ : said])),
    ...records.map(
      ([record, code, said]): WrongRequest => [
        { method: "ipatch", format: senmlEtchJson, text: among(record) },
        code,
        said,
      ],
    ),
    [{ method: "ipatch", text: among('{"n":"/1/0/3","v":1}') }, "4.00", /no Content-Format/],
    ...[text, opaque, cbor, tlv, linkFormat, 50].map(
      (format): WrongRequest => [
        { method: "ipatch", format, text: "[]" },
        "4.15",
        new RegExp(`Content-Format ${format} is not supported for values`),
      ],
    ),
    [{ method: "ipatch", format: lwm2mCbor, hex: "a0" }, "4.00", /CBOR/],
    [
      { method: "ipatch", format: lwm2mCbor, hex: "a1 01 a1 00 a1 02 61 78" },
      "4.00",
      /\/1\/0\/2: expected a 64-bit integer/,
    ],
  ]);
});

test("Create: a wrong body makes no instance", async (t) => {
  const create = (target: string, format: number, body: string): WrongRequest[0] => ({
    method: "post",
    target,
    format,
    text: body,
  });
  const raw = (target: string, format: number, hex: string): WrongRequest[0] => ({
    method: "post",
    target,
    format,
    hex,
  });
  const named = (...records: readonly string[]): string => `[${records.join(",")}]`;
  await assertRefused(t, [
    [{ method: "post", target: "/3442", text: "x" }, "4.00", /no Content-Format/],
    ...[text, opaque, cbor, linkFormat, senmlEtchJson, 50].map(
      (format): WrongRequest => [create("/3442", format, "x"), "4.15", new RegExp(`Content-Format ${format}`)],
    ),
    [create("/3442", senmlJson, named('{"n":"/3442/0/110","vs":"x"}')), "4.00", /\/3442\/0.*already/],
    [
      create("/3442", senmlJson, named('{"n":"/3442/1/110","vs":"x"}', '{"n":"/3442/2/110","vs":"y"}')),
      "4.00",
      /several/,
    ],
    [create("/3442", senmlJson, named('{"n":"/3442/1/110","v":5}')), "4.00", /\/3442\/1\/110: expected text/],
    [create("/3442", senmlJson, named('{"n":"/3442/1/170","vlo":"9:9"}')), "4.00", /no 9:9 to link to/],
    [create("/3442", senmlJson, named('{"n":"/3442/65535/110","vs":"x"}')), "4.00", /65535/],
    [create("/3442", senmlJson, named('{"n":"/dev-1/16/1/0/0","vs":"x"}')), "4.00", /\/dev-1\/16\/1/],
    [create("/3442", senmlJson, "[{"), "4.00", /SenML/],
    [create("/dev-1/16", senmlJson, named('{"n":"/dev-1/16/1/9","vs":"x"}')), "4.00", /\/dev-1\/16\/1.*Identity/],
    [{ method: "post", target: "/dev-1/16" }, "4.00", /\/dev-1\/16\/1.*Identity/],
    [raw("/3442", tlv, "08 01"), "4.00", /TLV/],
    [raw("/3442", tlv, "08 00 03 c1 6e 78"), "4.00", /\/3442\/0.*already/],
    [raw("/3442", tlv, "08 01 03 c1 78 78 08 02 00"), "4.00", /several/],
    [raw("/3442", tlv, "08 01 05 c3 78 01 02 03"), "4.00", /\/3442\/1\/120/],
    [raw("/3442", lwm2mCbor, "a1 01"), "4.00", /CBOR/],
    [raw("/3442", lwm2mCbor, "a1 00 a1 18 6e 61 78"), "4.00", /\/3442\/0.*already/],
  ]);
});

test("Delete of what servers fill: what is not there, and what must have a value", async (t) => {
  const remove = (target: string): WrongRequest[0] => ({ method: "delete", target });
  await assertRefused(t, [
    [remove("/3442"), "4.05", /\/3442 cannot be deleted/],
    [remove("/3442/1"), "4.04", /\/3442\/1/],
    [remove("/3442/0/110"), "4.05", /\/3442\/0\/110 cannot be deleted/],
    [remove("/3442/0/110/0"), "4.05", /\/3442\/0\/110\/0/],
    [remove("/3442/0/1110/7"), "4.04", /\/3442\/0\/1110\/7/],
    [remove("/dev-1/16/1"), "4.04", /\/dev-1\/16\/1/],
    [remove("/dev-1/16/0/0/9"), "4.04", /\/dev-1\/16\/0\/0\/9/],
    [remove("/3442/0/120/0"), "4.04", /\/3442\/0\/120/],
  ]);
});
