/** Requests over the trees of a gateway and one device, asked by their bytes; for the tests of composite operations. */
import assert from "node:assert/strict";
import { CODE, formatCode } from "../../src/coap/codes.ts";
import { OPTION, sortOptions, stringOptions, uintOption, uintValue } from "../../src/coap/options.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { decodeTimed } from "../../src/lwm2m/formats/index.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { Lwm2mVersion } from "../../src/lwm2m/objects/versions.ts";
import { Requests } from "../../src/servers/requests.ts";
import { at, FakeBacking } from "./fake-backing.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

const { senmlEtchJson } = CONTENT_FORMAT;

export interface Asked {
  readonly format?: number;
  readonly accept?: number;
  readonly observe?: 0 | 1;
  readonly query?: readonly string[];
  readonly path?: string;
}

/** The gateway, and a device d01 behind it: what serves the requests of one server. */
export function someRequests(version: Lwm2mVersion = "1.2") {
  const backings = {
    gateway: new FakeBacking("", {
      1: { instances: { 0: { 0: 101, 1: 300, 6: true, 8: "execute" } } },
      3: { version: "1.1", instances: { 0: { 0: "Acme", 11: { several: { 0: 0, 1: 3 } } } } },
    }),
    d01: new FakeBacking("d01", {
      3303: { instances: { 0: { 5700: 22.5, 5701: new Lwm2mError(CODE.internalServerError, "away") } } },
      3306: { instances: { 0: { 5850: false, 5851: 10 } } },
    }),
  };
  const trees = new Map([
    ["", new ModelTree(backings.gateway)],
    ["d01", new ModelTree(backings.d01)],
  ]);
  const lines: LogLine[] = [];
  const requests = new Requests({
    treeOf: (prefix) => trees.get(prefix),
    attributes: new AttributeStore(() => ({})),
    version: () => version,
    log: recordingLogger(lines),
  });
  const ask = async (code: number, body: string | Uint8Array, asked: Asked = {}) => {
    const { format = senmlEtchJson, accept, observe, query = [], path = "" } = asked;
    const uint = (number: number, value?: number) => (value === undefined ? [] : [uintOption(number, value)]);
    const options = sortOptions([
      ...stringOptions(OPTION.uriPath, path.split("/").slice(1)),
      ...uint(OPTION.observe, observe),
      ...uint(OPTION.contentFormat, format),
      ...stringOptions(OPTION.uriQuery, query),
      ...uint(OPTION.accept, accept),
    ]);
    const payload = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const served = await requests.serve({ code, options, payload });
    const answer = uintValue(served.message, OPTION.contentFormat);
    return {
      ...served,
      code: formatCode(served.message.code),
      format: answer,
      text: new TextDecoder().decode(served.message.payload),
      values: () => valuesOf(answer ?? assert.fail(), served.message.payload),
    };
  };
  const fetch = (names: readonly string[], asked?: Asked) =>
    ask(CODE.fetch, JSON.stringify(names.map((n) => ({ n }))), asked);
  const ipatch = (records: readonly object[], asked?: Asked) => ask(CODE.ipatch, JSON.stringify(records), asked);
  const calls = () => [...backings.gateway.calls, ...backings.d01.calls];
  return { ask, fetch, ipatch, calls, backings, lines };
}

function valuesOf(format: number, payload: Uint8Array): Record<string, unknown> {
  const typeOf = () => undefined;
  return Object.fromEntries(decodeTimed(format, payload, { base: at("/"), typeOf }).map((r) => [r.path, r.value]));
}

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
