/**
 * Everything that can be wrong in the path, query, options, format or method of a request: the code of Transport 1.2 §6.4, a
 * sentence for the developer of the server, and nothing changed. On the gateway's own objects and under a prefix.
 */
import { test } from "node:test";
import { OPTION, stringOption, uintOption } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { assertRefused, type WrongRequest } from "../support/malformed-world.ts";

const { text, opaque, linkFormat, cbor, senmlCbor, senmlEtchCbor, tlv, lwm2mJson } = CONTENT_FORMAT;
const LONG = "x".repeat(255);

/** Wrong whatever is wanted there. */
const WRONG_PATHS: readonly (readonly [path: string, code: string, diagnostic: RegExp])[] = [
  ["/nobody/3/0", "4.04", /no device is shown under the prefix nobody/],
  ["/dev-2/3303/0/5700", "4.04", /no device is shown under the prefix dev-2/],
  ["/Dev-1/3303/0/5700", "4.04", /no device is shown under the prefix Dev-1/],
  ["/9lives/3/0", "4.04", /9lives/],
  ["/dev 1/3/0", "4.04", /dev 1/],
  ["/dev.1/3/0", "4.04", /dev\.1/],
  [`/${LONG}/3/0`, "4.04", /xxx/],
  ["/3301", "4.04", /\/3301/],
  ["/3/1", "4.04", /\/3\/1/],
  ["/3/0/999", "4.04", /\/3\/0\/999/],
  ["/dev-1/3301", "4.04", /\/dev-1\/3301/],
  ["/dev-1/3303/1", "4.04", /\/dev-1\/3303\/1/],
  ["/dev-1/3303/0/5601", "4.04", /\/dev-1\/3303\/0\/5601/],
  ["/dev-1/3442/0/1120/2", "4.04", /\/dev-1\/3442\/0\/1120\/2/],
  ["/dev-1/0/0", "4.04", /\/dev-1\/0\/0/],
  ["/65535/0", "4.00", /65535.*above 65534/],
  ["/3/65535", "4.00", /65535.*above 65534/],
  ["/99999/0", "4.00", /99999/],
  ["/123456/0", "4.00", /123456/],
  ["/03/0", "4.00", /"03"/],
  ["/3/00", "4.00", /"00"/],
  ["/3/x", "4.00", /"x"/],
  ["/3/-1", "4.00", /"-1"/],
  ["/3/1.5", "4.00", /"1\.5"/],
  ["/3/0/ 1", "4.00", /" 1"/],
  ["/3//0", "4.00", /""/],
  ["/dev-1//3", "4.00", /""/],
  ["/3/0/0/0/0", "4.00", /more than four IDs/],
  ["/dev-1/3/0/0/0/0", "4.00", /more than four IDs/],
  ["/dev-1/dev-1/3/0", "4.00", /"dev-1"/],
  ["/3/dev-1", "4.00", /"dev-1"/],
  [`/3/${LONG}/${LONG}/${LONG}/${LONG}/${LONG}`, "4.00", /xxx.*no ID/],
  ["/0/0", "4.01", /object 0 is not open/],
  ["/21/0", "4.01", /object 21 is not open/],
  ["/23/0", "4.01", /object 23 is not open/],
  ["/3/0/0/0", "4.05", /the resource has no instances/],
  ["/dev-1/3303/0/5700/0", "4.05", /the resource has no instances/],
];

const everywhere = (request: (target: string) => Omit<WrongRequest[0], "target">): WrongRequest[] =>
  WRONG_PATHS.map(([target, code, diagnostic]) => [{ ...request(target), target }, code, diagnostic]);

/** How many IDs, right or wrong, a path has. */
const levels = (path: string): number => path.replace(/^\/[a-zA-Z][^/]*/, "").split("/").length - 1;

const atLeast =
  (least: number) =>
  ([{ target = "" }]: WrongRequest) =>
    levels(target) >= least;
const exactly =
  (count: number) =>
  ([{ target = "" }]: WrongRequest) =>
    levels(target) === count;

/** What names no object is wrong for whatever needs one. */
const NO_OBJECT = [
  ["/", /names no object/],
  ["/dev-1", /names no object/],
] as const;

test("Read: a wrong path, or an Accept that cannot be had", async (t) => {
  const get = (target: string, accept?: number) =>
    ({ method: "get", target, ...(accept === undefined ? {} : { accept }) }) as const;
  await assertRefused(t, [
    ...everywhere(() => ({ method: "get" })),
    ...NO_OBJECT.map(([target, said]): WrongRequest => [get(target), "4.00", said]),
    [get("/dev-1/3/0/4"), "4.05", /\/dev-1\/3\/0\/4 cannot be read/],
    [get("/1/0/8"), "4.05", /\/1\/0\/8 cannot be read/],
    [get("/1/0/8", text), "4.05", /\/1\/0\/8 cannot be read/],
    [get("/3/0/0", 50), "4.06", /no Content-Format 50/],
    [get("/3/0/0", 65535), "4.06", /no Content-Format 65535/],
    [get("/3/0/0", lwm2mJson), "4.06", /no Content-Format 11543 here with LwM2M 1\.2/],
    [get("/3/0/0", senmlEtchCbor), "4.06", /Content-Format 322/],
    [get("/3/0/0", opaque), "4.06", /\/3\/0\/0 is not opaque/],
    [get("/3/0", text), "4.06", /Content-Format 0 holds one value/],
    [get("/3/0/11", cbor), "4.06", /Content-Format 60 holds one value/],
    [get("/dev-1/3303", text), "4.06", /Content-Format 0 holds one value/],
    [get("/dev-1/3442/0/1120", text), "4.06", /Content-Format 0 holds one value/],
  ]);
});

test("Discover: a wrong path, level or depth", async (t) => {
  const discover = (target: string) => ({ method: "get", target, accept: linkFormat }) as const;
  await assertRefused(t, [
    ...everywhere(() => ({ method: "get", accept: linkFormat })),
    ...NO_OBJECT.map(([target, said]): WrongRequest => [discover(target), "4.00", said]),
    [discover("/dev-1/3442/0/1120/0"), "4.05", /\/dev-1\/3442\/0\/1120\/0/],
    [discover("/3/0/11/0"), "4.05", /\/3\/0\/11\/0/],
    ...["depth=4", "depth=-1", "depth=", "depth", "depth=x", "depth=1.0", "depth=01", "depth=1&depth=2"].map(
      (query): WrongRequest => [discover(`/3?${query}`), "4.00", /depth/],
    ),
  ]);
});

/** Attributes that are wrong wherever they stand, on a number. */
const WRONG_ATTRIBUTES: readonly (readonly [query: string, diagnostic: RegExp])[] = [
  ["pmin=-1", /pmin=-1: expected a whole number/],
  ["pmin=", /pmin=: expected a whole number/],
  ["pmin=1.5", /pmin=1\.5: expected a whole number/],
  ["pmin=1e3", /pmin=1e3/],
  ["pmin=0x10", /pmin=0x10/],
  ["pmin= 5", /pmin= 5/],
  ["pmax=99999999999999999999", /pmax=9999/],
  ["epmin=five", /epmin=five/],
  ["hqmax=-1", /hqmax=-1/],
  ["pmin=5&pmin=6", /pmin is there twice/],
  ["epmin=5&epmax=5", /epmin must be less than epmax/],
  ["gt=abc", /gt=abc: expected a decimal number/],
  ["gt=", /gt=: expected a decimal number/],
  ["gt=NaN", /gt=NaN/],
  ["gt=1e999", /gt=1e999/],
  ["gt=+5", /gt=\+5/],
  ["gt=1=2", /gt=1=2/],
  ["lt=10&gt=10", /lt must be less than gt/],
  ["lt=1&gt=5&st=2", /lt \+ 2 st/],
  ["st=-1", /st=-1: a step is not negative/],
  ["edge=1", /edge is for booleans.*integer/],
  ["con=2", /con=2: expected 0 or 1/],
  ["con=true", /con=true: expected 0 or 1/],
  ["speed=5", /"speed" is no attribute; there are pmin, pmax/],
  ["PMIN=5", /"PMIN" is no attribute/],
  ["dim=2", /"dim" is no attribute/],
  ["=5", /"" is no attribute/],
  [`${LONG}`, /xxx" is no attribute/],
  ["pmin=5&speed=1", /"speed" is no attribute/],
];

/** And those that are wrong at this level, or for this type. */
const MISPLACED_ATTRIBUTES: readonly (readonly [target: string, code: string, diagnostic: RegExp])[] = [
  ["/dev-1/3303?gt=5", "4.00", /gt belongs to a resource; \/dev-1\/3303 is above one/],
  ["/dev-1/3311/0?edge=1", "4.00", /edge belongs to a resource/],
  ["/3/0?st=1", "4.00", /st belongs to a resource/],
  ["/dev-1/3442/0/110?gt=1", "4.00", /gt is for numbers; \/dev-1\/3442\/0\/110 is string/],
  ["/dev-1/3442/0/150?st=1", "4.00", /st is for numbers.*opaque/],
  ["/dev-1/3311/0/5850?lt=1", "4.00", /lt is for numbers.*boolean/],
  ["/3/0/0?edge=0", "4.00", /edge is for booleans.*string/],
  ["/dev-1/3/0/4?pmin=1", "4.05", /\/dev-1\/3\/0\/4/],
];

test("Write-Attributes: a wrong path, attribute, value, level or type, and attributes that contradict each other", async (t) => {
  const write = (target: string) => ({ method: "put", target }) as const;
  await assertRefused(t, [
    ...WRONG_PATHS.map(([path, code, said]): WrongRequest => [write(`${path}?pmin=1`), code, said]),
    ...NO_OBJECT.map(([path, said]): WrongRequest => [write(`${path}?pmin=1`), "4.00", said]),
    ...WRONG_ATTRIBUTES.map(([query, said]): WrongRequest => [write(`/dev-1/3442/0/120?${query}`), "4.00", said]),
    ...MISPLACED_ATTRIBUTES.map(([target, code, said]): WrongRequest => [write(target), code, said]),
    [write("/dev-1/3442/0/120?lt=20"), "4.00", /lt must be less than gt/],
    [write("/dev-1/3442/0/120"), "4.00", /nothing to write/],
    [{ ...write("/dev-1/3442/0/120?pmin=1"), format: text, text: "5" }, "4.00", /query/],
  ]);
});

test("Observe: a wrong path, format or attribute begins no observation", async (t) => {
  const observe = (target: string) => ({ method: "get", target, observe: 0 }) as const;
  await assertRefused(t, [
    ...everywhere(() => ({ method: "get", observe: 0 })),
    ...NO_OBJECT.map(([target, said]): WrongRequest => [observe(target), "4.00", said]),
    [observe("/dev-1/3/0/4"), "4.05", /\/dev-1\/3\/0\/4 cannot be read/],
    [{ ...observe("/3/0"), accept: text }, "4.06", /Content-Format 0 holds one value/],
    [{ ...observe("/3/0/0"), accept: 50 }, "4.06", /no Content-Format 50/],
    ...WRONG_ATTRIBUTES.map(([query, said]): WrongRequest => [observe(`/dev-1/3442/0/120?${query}`), "4.00", said]),
    ...MISPLACED_ATTRIBUTES.map(([target, code, said]): WrongRequest => [observe(target), code, said]),
    [observe("/dev-1/3442/0/120?pmin"), "4.00", /pmin has no value/],
  ]);
});

test("Write: a wrong path, level or format", async (t) => {
  const put = (target: string, format: number, body: string) =>
    ({ method: "put", target, format, text: body }) as const;
  await assertRefused(t, [
    ...everywhere(() => ({ method: "put", format: text, text: "1" })).filter(atLeast(2)),
    ...everywhere(() => ({ method: "post", format: senmlCbor, hex: "80" })).filter(atLeast(2)),
    ...NO_OBJECT.map(([target, said]): WrongRequest => [put(target, text, "1"), "4.00", said]),
    [put("/1", tlv, "1"), "4.05", /\/1 is an object; write to an instance or below/],
    [put("/dev-1/3311", tlv, "1"), "4.05", /\/dev-1\/3311 is an object/],
    [put("/1/0/0", text, "5"), "4.05", /\/1\/0\/0 cannot be written/],
    [put("/3/0/0", text, "me"), "4.05", /\/3\/0\/0 cannot be written/],
    [put("/25/0/1", text, "mine"), "4.05", /\/25\/0\/1 cannot be written/],
    [put("/1/0/8", text, "1"), "4.05", /\/1\/0\/8/],
    [put("/dev-1/3303/0/5700", text, "5"), "4.05", /\/dev-1\/3303\/0\/5700 cannot be written/],
    [put("/dev-1/3/0/4", text, "1"), "4.05", /\/dev-1\/3\/0\/4/],
    [{ method: "put", target: "/dev-1/3311/0/5851", text: "5" }, "4.00", /no Content-Format/],
    [{ method: "post", target: "/dev-1/3311/0", text: "5" }, "4.05", /\/dev-1\/3311\/0.*Content-Format/],
    [{ method: "post", target: "/dev-1/3311/0/5851", format: senmlCbor, hex: "80" }, "4.05", /write it by PUT/],
    ...[50, 65535, linkFormat, senmlEtchCbor, lwm2mJson, 1542].map(
      (format): WrongRequest => [
        put("/dev-1/3311/0/5851", format, "5"),
        "4.15",
        new RegExp(`Content-Format ${format}`),
      ],
    ),
    [put("/dev-1/3311/0", text, "5"), "4.15", /Content-Format 0 holds one value/],
    [put("/dev-1/3442/0/1120", cbor, "5"), "4.15", /Content-Format 60 holds one value/],
    [put("/1/0", opaque, "5"), "4.15", /Content-Format 42 holds one value/],
    [put("/dev-1/3311/0/5851", opaque, "5"), "4.00", /expected a 64-bit integer, got opaque bytes/],
  ]);
});

test("Execute: a wrong path, or arguments that are none", async (t) => {
  const execute = (target: string, args = "") => ({ method: "post", target, text: args }) as const;
  const wrongArguments = ["x", "0=5", "0='5", "0=5'", "10", "0,0", "0='a',0='b'", ",", "0,", "0=''x", "0='\\'", "-1"];
  await assertRefused(t, [
    ...everywhere(() => ({ method: "post" })).filter(exactly(3)),
    [execute("/dev-1/3/0/0"), "4.05", /\/dev-1\/3\/0\/0 cannot be executed/],
    [execute("/1/0/1"), "4.05", /\/1\/0\/1 cannot be executed/],
    [execute("/dev-1/3442/0/1120/0"), "4.05", /\/dev-1\/3442\/0\/1120\/0/],
    [execute("/dev-1/3/0"), "4.05", /\/dev-1\/3\/0 is no resource: it cannot be executed/],
    ...wrongArguments.map((args): WrongRequest => [execute("/dev-1/3/0/4", args), "4.00", /argument/]),
    [{ method: "post", target: "/dev-1/3/0/4", hex: "30 3d 27 ff 27" }, "4.00", /UTF-8/],
    [{ method: "post", target: "/dev-1/3/0/4", format: 50, text: "0" }, "4.05", /\/dev-1\/3\/0\/4/],
  ]);
});

test("Create and Delete: a wrong path or level, and what is not the server's to make", async (t) => {
  const one = { format: tlv, hex: "08 05 00" } as const;
  const remove = (target: string) => ({ method: "delete", target }) as const;
  await assertRefused(t, [
    ...everywhere(() => ({ method: "post", ...one })).filter(exactly(1)),
    ...NO_OBJECT.map(([target, said]): WrongRequest => [{ method: "post", target, ...one }, "4.00", said]),
    ...["/1", "/3", "/25", "/dev-1/3", "/dev-1/3303"].flatMap((target): WrongRequest[] => [
      [{ method: "post", target, ...one }, "4.05", new RegExp(target)],
      [{ method: "post", target }, "4.05", new RegExp(target)],
      [remove(target), "4.05", new RegExp(target)],
      [remove(`${target}/0`), "4.05", new RegExp(`${target}`)],
    ]),
    [{ method: "post", target: "/0", ...one }, "4.01", /object 0 is not open/],
    ...everywhere(() => ({ method: "delete" })).filter(exactly(2)),
    ...everywhere(() => ({ method: "delete" })).filter(exactly(4)),
    [remove("/"), "4.05", /cannot be deleted/],
    [remove("/dev-1"), "4.05", /\/dev-1 cannot be deleted/],
    [remove("/3/0/0"), "4.05", /\/3\/0\/0 cannot be deleted/],
    [remove("/dev-1/3442/0/1120"), "4.05", /cannot be deleted/],
    [remove("/dev-1/3442/0/1120/1"), "4.01", /\/dev-1\/3442\/0\/1120\/1 cannot be deleted/],
  ]);
});

test("methods that LwM2M has not, and composites with a path in the URI", async (t) => {
  const unknown = [0x06, ...Array.from({ length: 24 }, (_, i) => 8 + i)];
  const composite = { target: "/3/0", format: senmlEtchCbor, hex: "81 a1 00 64 2f332f30" } as const;
  await assertRefused(t, [
    ...unknown.map((method): WrongRequest => [{ method, target: "/dev-1/3311/0/5851" }, "4.05", /no operation/]),
    [{ method: "fetch", ...composite }, "4.05", /Read-Composite has its paths in the payload/],
    [{ method: "ipatch", ...composite }, "4.05", /Write-Composite has its paths in the payload/],
    [{ method: "fetch", ...composite, target: "/dev-1" }, "4.05", /paths in the payload/],
  ]);
});

/** A block of a body: its number, whether more follow, and 16 bytes a block. */
const block1 = (number: number, more: boolean) => uintOption(OPTION.block1, number * 16 + (more ? 8 : 0));

test("blocks of a body that are out of turn, of the wrong size, or too many", async (t) => {
  const put = (body: string, ...options: NonNullable<WrongRequest[0]["options"]>): WrongRequest[0] => ({
    method: "put",
    target: "/dev-1/3442/0/120",
    format: text,
    text: body,
    options,
  });
  await assertRefused(t, [
    [put("5", block1(1, false)), "4.08", /Block1: there is no block before it/],
    [put("1234567890123456", block1(3, true)), "4.08", /Block1/],
    [put("5", block1(0, true)), "4.00", /Block1: a block of 1 bytes: expected 16/],
    [put("1".repeat(17), block1(0, false)), "4.00", /Block1: a block of 17 bytes: expected at most 16/],
    [put("1".repeat(16), block1(0, true), uintOption(OPTION.size1, 70_000)), "4.13", /at most 65536 bytes/],
  ]);
});

test("options that nobody understands, that repeat, or that are too long", async (t) => {
  const get = (...options: NonNullable<WrongRequest[0]["options"]>) =>
    ({ method: "get", target: "/3/0/0", options }) as const;
  await assertRefused(t, [
    [get(uintOption(OPTION.ifMatch, 1)), "4.02", /option 1 \(If-Match\)/],
    [get(uintOption(OPTION.ifNoneMatch, 0)), "4.02", /option 5 \(If-None-Match\)/],
    [get(stringOption(OPTION.oscore, "x")), "4.02", /option 9 \(OSCORE\)/],
    [get(uintOption(65001, 1)), "4.02", /option 65001/],
    [get(stringOption(OPTION.proxyUri, "coap://x/")), "5.05", /option 35 \(Proxy-Uri\)/],
    [get(stringOption(OPTION.proxyScheme, "coap")), "5.05", /option 39 \(Proxy-Scheme\)/],
    [get(uintOption(OPTION.accept, 0), uintOption(OPTION.accept, 112)), "4.02", /option 17 \(Accept\).*once/],
    [get({ number: OPTION.accept, value: new Uint8Array(3) }), "4.02", /option 17 \(Accept\).*3 bytes.*0 to 2/],
    [get({ number: OPTION.uriHost, value: new Uint8Array(0) }), "4.02", /option 3 \(Uri-Host\)/],
    [get({ number: OPTION.uriPath, value: new Uint8Array(256) }), "4.02", /option 11 \(Uri-Path\).*256 bytes/],
    [get({ number: OPTION.block2, value: new Uint8Array(4) }), "4.02", /option 23 \(Block2\)/],
    [get(uintOption(OPTION.block2, 0x07)), "4.00", /Block2/],
    [get(uintOption(OPTION.block1, 0x07)), "4.00", /Block1/],
    [get({ number: OPTION.uriPath, value: Uint8Array.of(0xff) }), "4.00", /no ID/],
    [get(stringOption(OPTION.uriPath, "0/1")), "4.00", /slash/],
    // Of the elective ones, what is too long is as if it were not there.
    [
      {
        method: "put",
        target: "/dev-1/3442/0/120",
        text: "5",
        options: [{ number: OPTION.contentFormat, value: new Uint8Array(3) }],
      },
      "4.00",
      /no Content-Format/,
    ],
  ]);
});
