import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CODE } from "../../src/coap/codes.ts";
import { NO_PAYLOAD, OPTION, sortOptions, stringOptions, uintOption } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { codecFor } from "../../src/lwm2m/formats/index.ts";
import { readObservation, writeObservation } from "../../src/servers/kept-observation.ts";
import { isExpected, NOTHING_KEPT, partsOf, readKept, type StateToKeep } from "../../src/servers/kept-state.ts";
import { namesOf } from "../support/scripted-messages.ts";

const IDENTITY = { endpoint: "gw-1", uri: "coap://server" };
const TOKEN = Uint8Array.of(0xab, 1);
const OBSERVE = uintOption(OPTION.observe, 0);
const senml = codecFor(CONTENT_FORMAT.senmlCbor);

function observationText(path: string, query: readonly string[] = []): string {
  const options = [
    OBSERVE,
    ...stringOptions(OPTION.uriPath, path.split("/").slice(1)),
    ...stringOptions(OPTION.uriQuery, query),
  ];
  assert.ok(senml !== undefined);
  const request = { code: CODE.get, options: sortOptions(options), payload: NO_PAYLOAD };
  return writeObservation({ token: TOKEN, request, block: undefined }, senml);
}

const STATE: StateToKeep = {
  account: '{"1":[60,300]}',
  attributes: '[["/3303","pmin=1"]]',
  registration: {
    agreement: { location: ["rd", "5a3f"], version: "1.1", lifetime: 300, queueMode: false },
    sentAt: 1_700_000_000_000,
    from: { address: "10.0.0.7", port: 50_000 },
    objects: "hash",
  },
  numbers: { observe: 70_000, messageId: 12 },
  observations: new Map([["ab01", observationText("/meter-1/3303/0/5700", ["pmin=5", "gt=20"])]]),
};

function changed(parts: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const all = new Map(partsOf(IDENTITY, STATE));
  for (const [part, text] of Object.entries(parts)) {
    if (text === undefined) all.delete(part);
    else all.set(part, text);
  }
  return all;
}

test("what is kept is read as it was: registration, numbers, observations, and the texts of others", () => {
  const { observations, problems, foreign, ...kept } = readKept(changed({}), IDENTITY);
  const { observations: _, ...state } = STATE;
  assert.deepEqual([kept, problems, foreign], [state, [], false]);
  assert.deepEqual(
    observations.map(({ observed, paths, composite, codec, attributes }) => [
      observed.token,
      paths,
      composite,
      codec.contentFormat,
      attributes,
    ]),
    [[TOKEN, ["/meter-1/3303/0/5700"], false, 112, { pmin: 5, gt: 20 }]],
  );
});

test("a list has its paths in its body", () => {
  const format = CONTENT_FORMAT.senmlEtchCbor;
  const paths = ["/3/0/13", "/meter-1/3303/0/5700"];
  const options = sortOptions([OBSERVE, uintOption(OPTION.contentFormat, format)]);
  const request = { code: CODE.fetch, options, payload: namesOf(paths, format) };
  assert.ok(senml !== undefined);
  const read = readObservation(writeObservation({ token: TOKEN, request, block: undefined }, senml));
  assert.deepEqual([read.composite, read.paths], [true, paths]);
});

test("without account, attributes or registration there is just nothing of them", () => {
  const parts = partsOf(IDENTITY, { ...NOTHING_KEPT, observations: new Map() });
  assert.deepEqual([...parts.keys()], ["identity"]);
  assert.deepEqual(readKept(parts, IDENTITY), { ...NOTHING_KEPT, problems: [], foreign: false });
});

test("of another endpoint or another server nothing is used", () => {
  for (const identity of [
    { ...IDENTITY, endpoint: "gw-2" },
    { ...IDENTITY, uri: "coap://other" },
  ]) {
    assert.deepEqual(readKept(changed({}), identity), { ...NOTHING_KEPT, problems: [], foreign: true });
  }
});

test("of another layout the account is used, and nothing that has paths in it", () => {
  const shown = { ...IDENTITY, layout: "instances" };
  const { problems, foreign, ...kept } = readKept(changed({}), shown);
  assert.deepEqual([kept, problems, foreign], [{ ...NOTHING_KEPT, account: STATE.account }, [], false]);
  const parts = partsOf(shown, STATE);
  assert.equal(readKept(parts, shown).observations.length, 1);
  assert.deepEqual(readKept(parts, IDENTITY).observations, []);
  assert.deepEqual(
    readKept(changed({ identity: JSON.stringify({ format: 1, ...IDENTITY, layout: 3 }) }), IDENTITY).problems,
    ["identity: layout is no text"],
  );
});

test("without one of its observations, or the numbers, a registration cannot go on; what else there is does", () => {
  const good = observationText("/3303");
  for (const parts of [
    { "observation ab01": "x" },
    { "observation ff": '{"format":112,"request":"AAAA"}', "observation ab01": good },
    { "observation ff": '{"format":9999,"request":""}' },
    { numbers: undefined },
    { numbers: '{"observe":16777216,"messageId":1}' },
    { registration: '{"agreement":{"location":[]}}' },
  ]) {
    const { registration, attributes, problems } = readKept(changed(parts), IDENTITY);
    assert.deepEqual([registration, attributes], [undefined, STATE.attributes]);
    assert.equal(problems.length, "numbers" in parts && parts.numbers === undefined ? 0 : 1);
  }
});

test("another version's format is not used", () => {
  const identity = JSON.stringify({ ...IDENTITY, format: 2 });
  const { problems, ...kept } = readKept(changed({ identity }), IDENTITY);
  assert.deepEqual(kept, { ...NOTHING_KEPT, foreign: false });
  assert.match(problems.join(), /format 2 is not known here; expected 1/);
});

test("rows with anything in them give something, or a reason", () => {
  const names = ["identity", "registration", "numbers", "account", "attributes", "observation ab01", "observation 7"];
  const text = fc.oneof(fc.string(), fc.json(), fc.constantFrom(...partsOf(IDENTITY, STATE).values()));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), text), (parts) => {
      const { registration, problems } = readKept(changed(parts), IDENTITY);
      assert.ok(registration === undefined || problems.length === 0);
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(112, 0, 11542), fc.uint8Array(), (format, bytes) => {
      try {
        readObservation(JSON.stringify({ format, request: Buffer.from(bytes).toString("base64") }));
      } catch (error) {
        assert.ok(isExpected(error), String(error));
      }
    }),
  );
});
