import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { findOption, OPTION } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { hex, someRequests } from "../support/composite-requests.ts";

const { senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor } = CONTENT_FORMAT;

test("a Read-Composite answers what there is, in SenML CBOR where nothing is said", async () => {
  const { fetch } = someRequests();
  const answer = await fetch(["/3/0/0", "/d01/3303/0", "/1/0/8", "/3/0/99", "/d02/3", "/d01/3303/0/5701"]);
  assert.deepEqual([answer.code, answer.format], ["2.05", senmlCbor]);
  assert.deepEqual(answer.values(), { "/3/0/0": "Acme", "/d01/3303/0/5700": 22.5 });
  assert.equal(answer.granted, undefined);
});

test("Accept: SenML JSON, SenML CBOR, and LwM2M CBOR for 1.2; else 4.06", async () => {
  const names = ["/1/0/1", "/d01/3303/0/5700", "/d01/3306/0"];
  const expected = { "/1/0/1": 300, "/d01/3303/0/5700": 22.5, "/d01/3306/0/5850": false, "/d01/3306/0/5851": 10 };
  for (const accept of [senmlJson, senmlCbor, lwm2mCbor]) {
    const answer = await someRequests("1.2").fetch(names, { accept });
    assert.deepEqual([answer.code, answer.format, answer.values()], ["2.05", accept, expected]);
  }
  const json = await someRequests().fetch(names, { accept: senmlJson });
  assert.equal(
    json.text,
    '[{"bn":"/1/0/1","v":300},{"bn":"/d01/","n":"3303/0/5700","v":22.5},' +
      '{"n":"3306/0/5850","vb":false},{"n":"3306/0/5851","v":10}]',
    "a base name for each device",
  );
  for (const accept of [0, 40, 42, 60, 320, 322, 11542, 11543, 50]) {
    assert.equal((await someRequests().fetch(names, { accept })).code, "4.06", String(accept));
  }
  assert.equal((await someRequests("1.1").fetch(names, { accept: lwm2mCbor })).code, "4.06");
  assert.equal((await someRequests("1.1").fetch(names, { accept: senmlJson })).code, "2.05");
});

test("LwM2M CBOR has the prefix as the first part of a key", async () => {
  const { fetch } = someRequests();
  const { message } = await fetch(["/1/0/1", "/d01/3306/0/5851"], { accept: lwm2mCbor });
  // {[1, 0, 1]: 300, ["d01", 3306, 0, 5851]: 10}
  assert.deepEqual(Buffer.from(message.payload), Buffer.from(hex("a2 83010001 19012c 8463643031190cea001916db 0a")));
});

test("nothing left is an empty pack", async () => {
  for (const [accept, bytes] of [
    [senmlJson, "5b5d"],
    [senmlCbor, "80"],
    [lwm2mCbor, "a0"],
  ] as const) {
    const { code, message } = await someRequests().fetch(["/9", "/d02", "/1/0/8"], { accept });
    assert.deepEqual([code, Buffer.from(message.payload).toString("hex")], ["2.05", bytes]);
  }
});

test("bodies: SenML and SenML-ETCH, as JSON and CBOR; else 4.15", async () => {
  const cbor = hex("81 a1 00 66 2f332f302f30");
  for (const [format, body] of [
    [senmlJson, '[{"n":"/3/0/0"}]'],
    [senmlEtchJson, '[{"n":"/3/0/0"}]'],
    [senmlCbor, cbor],
    [senmlEtchCbor, cbor],
  ] as const) {
    assert.equal((await someRequests().ask(CODE.fetch, body, { format })).code, "2.05", String(format));
  }
  for (const format of [0, 40, 42, 60, 11542, 11543, 11544, 50]) {
    assert.equal((await someRequests().ask(CODE.fetch, cbor, { format })).code, "4.15", String(format));
    if (format === lwm2mCbor) continue;
    assert.equal((await someRequests().ask(CODE.ipatch, cbor, { format })).code, "4.15", String(format));
  }
});

test("what is malformed is 4.00 and says what is wrong", async () => {
  const { ask, ipatch, calls } = someRequests();
  const wrong: readonly (readonly [number, string, RegExp])[] = [
    [CODE.fetch, "", /JSON/],
    [CODE.fetch, "[]", /no record/],
    [CODE.fetch, '[{"n":"/3/0/x"}]', /"x" in path "\/3\/0\/x" is no ID/],
    [CODE.fetch, '[{"n":"/3/0/0","v":1}]', /may not have "v"/],
    [CODE.ipatch, "[]", /no record/],
    [CODE.ipatch, '[{"n":"/1/0/1"}]', /no value/],
    [CODE.ipatch, '[{"n":"/1/0","v":1}]', /\/1\/0.*expected a resource/],
    [CODE.ipatch, '[{"n":"/1/0/1","v":null}]', /\/1\/0\/1 cannot be removed/],
  ];
  for (const [code, body, message] of wrong) {
    const answer = await ask(code, body);
    assert.equal(answer.code, "4.00", body);
    assert.match(answer.text, message);
  }
  assert.equal((await ipatch([{ n: "/1/0/1", v: 60 }], { path: "/1" })).code, "4.05", "the paths are in the payload");
  assert.deepEqual(calls(), []);
});

test("composite operations came with 1.1", async () => {
  const { fetch, ipatch } = someRequests("1.0");
  for (const answer of [
    await fetch(["/3"]),
    await fetch(["/3"], { observe: 0 }),
    await fetch(["/3"], { observe: 1 }),
    await ipatch([{ n: "/1/0/1", v: 60 }]),
  ]) {
    assert.deepEqual([answer.code, answer.text], ["4.05", "composite operations came with LwM2M 1.1"]);
    assert.equal(answer.granted, undefined);
  }
});

test("a Write-Composite in every format reaches the trees of its prefixes", async () => {
  const records = '[{"bn":"/1/0/","n":"1","v":60},{"n":"6","vb":false},{"bn":"/d01/3306/0/5851","v":7}]';
  const senml = "83 a3 21652f312f302f 006131 02183c a2 006136 04f4 a2 2170 2f6430312f333330362f302f35383531 0207";
  const map = "a2 820100 a2 01183c 06f4 8463643031190cea001916db 07";
  for (const [format, body] of [
    [senmlJson, records],
    [senmlEtchJson, records],
    [senmlCbor, hex(senml)],
    [senmlEtchCbor, hex(senml)],
    [lwm2mCbor, hex(map)],
  ] as const) {
    const { ask, calls } = someRequests();
    const answer = await ask(CODE.ipatch, body, { format });
    assert.equal(answer.code, "2.04", `${format}: ${answer.text}`);
    assert.deepEqual(calls(), ["write /1/0/1=60 /1/0/6=false", "write /d01/3306/0/5851=7"]);
  }
  assert.equal((await someRequests("1.1").ask(CODE.ipatch, hex(map), { format: lwm2mCbor })).code, "4.15");
});

test("a Write-Composite is refused as a whole, with the code of what is wrong", async () => {
  const fine = [
    { n: "/1/0/1", v: 60 },
    { n: "/d01/3306/0/5850", vb: true },
  ];
  for (const [record, code] of [
    [{ n: "/d02/3306/0/5851", v: 1 }, "4.04"],
    [{ n: "/d01/3306/1/5851", v: 1 }, "4.04"],
    [{ n: "/d01/3306/0/9999", v: 1 }, "4.04"],
    [{ n: "/1/0/0", v: 102 }, "4.05"],
    [{ n: "/1/0/8", v: 1 }, "4.05"],
    [{ n: "/d01/3306/0/5851", vs: "x" }, "4.00"],
    [{ n: "/d01/3306/0/5851", v: 101 }, "4.00"],
    [{ n: "/3/0/11/0", v: null }, "4.01"],
    [{ n: "/0/0/0", vs: "coap://x" }, "4.01"],
  ] as const) {
    const { ipatch, calls } = someRequests();
    const answer = await ipatch([...fine, record]);
    assert.equal(answer.code, code, `${record.n}: ${answer.text}`);
    assert.deepEqual(calls(), []);
  }
});

test("an Observe-Composite is granted with its list, its format, its samples and the attributes of its query", async () => {
  const { fetch } = someRequests();
  const names = ["/d01/3303/0/5700", "/d02/3", "/1/0/1"];
  const { message, granted, code } = await fetch(names, { observe: 0, accept: senmlJson, query: ["pmin=5", "con=0"] });
  assert.equal(code, "2.05");
  assert.ok(findOption(message, OPTION.observe) !== undefined);
  assert.deepEqual([granted?.paths, granted?.composite, granted?.codec.contentFormat], [names, true, senmlJson]);
  assert.deepEqual(granted?.attributes, { pmin: 5, con: 0 });
  assert.deepEqual(
    granted?.samples.map(({ path, value }) => [path, value]),
    [
      ["/d01/3303/0/5700", 22.5],
      ["/1/0/1", 300],
    ],
  );
  const nothing = await fetch(["/d02/3"], { observe: 0 });
  assert.deepEqual([nothing.code, nothing.granted?.paths], ["2.05", ["/d02/3"]], "it may come");
  const cancelled = await fetch(names, { observe: 1 });
  assert.deepEqual([cancelled.code, cancelled.granted], ["2.05", undefined]);
  assert.deepEqual(cancelled.values(), { "/d01/3303/0/5700": 22.5, "/1/0/1": 300 });
});

test("the query of an Observe-Composite may have pmin, pmax, epmin, epmax and con, each with sense", async () => {
  const { fetch } = someRequests();
  for (const query of [["gt=5"], ["hqmax=5"], ["pmin"], ["pmin=x"], ["pmin=1", "pmin=2"], ["epmin=5", "epmax=5"]]) {
    const { code, granted } = await fetch(["/1/0/1"], { observe: 0, query });
    assert.deepEqual([code, granted], ["4.00", undefined], query.join("&"));
  }
  assert.equal(
    (await fetch(["/1/0/1"], { observe: 0, query: ["pmin=9", "pmax=5", "epmin=1", "epmax=2"] })).code,
    "2.05",
  );
});
