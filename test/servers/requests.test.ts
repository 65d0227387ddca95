import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE, formatCode } from "../../src/coap/codes.ts";
import {
  type CoapMessage,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  stringOptions,
  uintOption,
} from "../../src/coap/options.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { Requests } from "../../src/servers/requests.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

function someRequests(version: "1.0" | "1.1" | "1.2" = "1.2") {
  const backing = new FakeBacking("d01", {
    3: { version: "1.1", instances: { 0: { 0: "Acme", 4: "execute", 11: { several: { 0: 0 } } } } },
    3303: { version: "1.1", instances: { 0: { 5700: 22.5, 5701: new Lwm2mError(CODE.internalServerError, "away") } } },
    3306: { instances: { 0: { 5850: false } } },
  });
  const tree = new ModelTree(backing);
  const attributes = new AttributeStore(() => ({}));
  const lines: LogLine[] = [];
  const treeOf = (prefix: string) => (prefix === "d01" ? tree : undefined);
  const requests = new Requests({ treeOf, attributes, version: () => version, log: recordingLogger(lines) });
  const ask = async (code: number, path: string, options: readonly [number, string | number][] = [], payload = "") => {
    const served = await requests.serve(message(code, path, options, payload));
    const { code: answer, payload: bytes } = served.message;
    return { ...served, text: `${formatCode(answer)} ${new TextDecoder().decode(bytes)}`.trim() };
  };
  return { backing, attributes, lines, requests, ask };
}

function message(
  code: number,
  path: string,
  options: readonly (readonly [number, string | number])[],
  payload: string,
): CoapMessage {
  const more = options.flatMap(([number, value]) =>
    typeof value === "string" ? stringOptions(number, [value]) : [uintOption(number, value)],
  );
  const segments = stringOptions(OPTION.uriPath, path.split("/").slice(1));
  const bytes = payload === "" ? NO_PAYLOAD : new TextEncoder().encode(payload);
  return { code, options: sortOptions([...segments, ...more]), payload: bytes };
}

test("each operation reaches the tree of its prefix and has its code", async () => {
  const { ask, backing } = someRequests();
  assert.equal((await ask(CODE.get, "/d01/3303/0/5700")).text, "2.05 22.5");
  assert.equal(
    (await ask(CODE.get, "/d01/3306", [[OPTION.accept, CONTENT_FORMAT.linkFormat]])).text,
    "2.05 </3306>;ver=1.1,</3306/0>,</3306/0/5850>",
  );
  assert.equal((await ask(CODE.put, "/d01/3306/0/5850", [[OPTION.contentFormat, 0]], "1")).text, "2.04");
  assert.equal((await ask(CODE.put, "/d01/3303", [[OPTION.uriQuery, "pmin=5"]])).text, "2.04");
  assert.equal((await ask(CODE.post, "/d01/3/0/4", [], "0='7'")).text, "2.04");
  assert.match((await ask(CODE.post, "/d01/3303")).text, /^4\.05 /, "Create");
  assert.match((await ask(CODE.delete, "/d01/3303/0")).text, /^4\.05 /);
  assert.deepEqual(backing.calls, ["read /d01/3303/0/5700", "write /d01/3306/0/5850=true", "execute /d01/3/0/4 0='7'"]);
});

test("an unknown prefix is 4.04 for every operation, and named", async () => {
  const { ask } = someRequests();
  for (const code of [CODE.get, CODE.post, CODE.delete]) {
    const path = code === CODE.delete ? "/d02/3303/0" : "/d02/3303";
    assert.equal((await ask(code, path)).text, "4.04 no device is shown under the prefix d02");
  }
});

test("an Observe is granted with its answer, its format and its own attributes; one that fails is not", async () => {
  const { ask } = someRequests();
  const options: [number, string | number][] = [
    [OPTION.observe, 0],
    [OPTION.uriQuery, "pmin=5"],
    [OPTION.accept, CONTENT_FORMAT.senmlCbor],
  ];
  const { granted, message: answer } = await ask(CODE.get, "/d01/3303/0/5700", options);
  assert.ok(granted !== undefined && answer.options.some(({ number }) => number === OPTION.observe));
  assert.deepEqual([granted.paths, granted.composite], [["/d01/3303/0/5700"], false]);
  assert.equal(granted.codec.contentFormat, CONTENT_FORMAT.senmlCbor);
  assert.deepEqual(granted.attributes, { pmin: 5 });
  assert.deepEqual(
    granted.samples.map(({ value }) => value),
    [22.5],
  );
  const failed = await ask(CODE.get, "/d01/3303/0/5701", [[OPTION.observe, 0]]);
  assert.deepEqual([failed.text, failed.granted], ["5.00 away", undefined]);
  const cancelled = await ask(CODE.get, "/d01/3303/0/5700", [[OPTION.observe, 1]]);
  assert.deepEqual([cancelled.text, cancelled.granted], ["2.05 22.5", undefined]);
});

test("written attributes are told with their path, and shown by Discover", async () => {
  const { ask, attributes } = someRequests();
  const { attributesAt } = await ask(CODE.put, "/d01/3303/0/5700", [[OPTION.uriQuery, "gt=25"]]);
  assert.equal(attributesAt, "/d01/3303/0/5700");
  assert.deepEqual(attributes.effective(at("/d01/3303/0/5700")), { gt: 25 });
  const wrong = await ask(CODE.put, "/d01/3303/0", [[OPTION.uriQuery, "gt=25"]]);
  assert.match(wrong.text, /^4\.00 gt belongs to a resource/);
  assert.equal(wrong.attributesAt, undefined);
});

test("the version that the server registered us with decides the default format", async () => {
  const format = async (version: "1.0" | "1.1") => {
    const { message: answer } = await someRequests(version).ask(CODE.get, "/d01/3306/0");
    return answer.options.find(({ number }) => number === OPTION.contentFormat)?.value;
  };
  assert.deepEqual(await format("1.0"), uintOption(OPTION.contentFormat, CONTENT_FORMAT.tlv).value);
  assert.deepEqual(await format("1.1"), uintOption(OPTION.contentFormat, CONTENT_FORMAT.senmlCbor).value);
});

test("a fault of the program is 5.00 without a word, and an error in the log; a refusal is no news", async () => {
  const { ask, backing, lines } = someRequests();
  assert.match((await ask(CODE.get, "/d01/9")).text, /^4\.04/);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ["debug"],
  );
  backing.failure = new TypeError("undefined is not a function");
  assert.equal((await ask(CODE.post, "/d01/3/0/4")).text, "5.00");
  assert.deepEqual(
    lines.slice(1).map(({ level, fields: { request } }) => [level, request]),
    [["error", "0.02 /d01/3/0/4"]],
  );
});
