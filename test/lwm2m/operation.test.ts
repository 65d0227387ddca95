import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CODE } from "../../src/coap/codes.ts";
import {
  type CoapMessage,
  type CoapOption,
  NO_PAYLOAD,
  OPTION,
  stringOptions,
  uintOption,
} from "../../src/coap/options.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { parseOperation } from "../../src/lwm2m/operation.ts";

interface Request {
  readonly query?: string;
  readonly cf?: number;
  readonly accept?: number;
  readonly observe?: number;
  readonly payload?: string;
}

function message(method: number, path: string, { query, cf, accept, observe, payload }: Request = {}): CoapMessage {
  const options: CoapOption[] = [
    ...(observe === undefined ? [] : [uintOption(OPTION.observe, observe)]),
    ...stringOptions(OPTION.uriPath, path === "/" ? [] : path.slice(1).split("/")),
    ...(cf === undefined ? [] : [uintOption(OPTION.contentFormat, cf)]),
    ...(query === undefined ? [] : stringOptions(OPTION.uriQuery, query.split("&"))),
    ...(accept === undefined ? [] : [uintOption(OPTION.accept, accept)]),
  ];
  return { code: method, options, payload: payload === undefined ? NO_PAYLOAD : new TextEncoder().encode(payload) };
}

function parse(method: number, path: string, request?: Request) {
  return parseOperation(message(method, path, request));
}

function fails(code: number, method: number, path: string, request?: Request): void {
  assert.throws(
    () => parse(method, path, request),
    (error) => error instanceof Lwm2mError && error.code === code && error.message !== "",
    `${method} ${path} ${JSON.stringify(request)}`,
  );
}

const { get, put, post, delete: remove, fetch, ipatch, patch } = CODE;
const { badRequest, notFound, methodNotAllowed } = CODE;

test("GET is Read, Observe, Cancel Observation or Discover", () => {
  const path = "/d01/3303/0/5700";
  assert.deepEqual(parse(get, path), { type: "read", path });
  assert.deepEqual(parse(get, path, { accept: 112 }), { type: "read", path, accept: 112 });
  assert.deepEqual(parse(get, path, { observe: 0, accept: 0 }), { type: "observe", path, accept: 0 });
  assert.deepEqual(parse(get, path, { observe: 0, query: "pmin=5&pmax=60" }), {
    type: "observe",
    path,
    attributes: { pmin: 5, pmax: 60 },
  });
  assert.deepEqual(parse(get, path, { observe: 1, query: "pmin=5" }), { type: "cancelObservation", path });
  assert.deepEqual(parse(get, "/3", { accept: 40 }), { type: "discover", path: "/3" });
  assert.deepEqual(parse(get, "/3", { accept: 40, query: "depth=0" }), { type: "discover", path: "/3", depth: 0 });
  fails(badRequest, get, "/3", { accept: 40, query: "depth=4" });
  fails(badRequest, get, "/3", { accept: 40, query: "depth" });
  fails(badRequest, get, "/3", { accept: 40, query: "depth=1&depth=2" });
  fails(badRequest, get, path, { observe: 0, query: "nonsense=1" });
  fails(badRequest, get, path, { observe: 0, query: "pmin" });
});

test("PUT with a format is Write, without format and payload Write-Attributes", () => {
  const payload = new TextEncoder().encode("21");
  assert.deepEqual(parse(put, "/3306/0/5851", { cf: 0, payload: "21" }), {
    type: "write",
    mode: "replace",
    path: "/3306/0/5851",
    contentFormat: 0,
    payload,
  });
  assert.equal(parse(put, "/3306/0", { cf: 112, payload: "x" }).type, "write");
  assert.equal(parse(put, "/16/0/0/0", { cf: 0, payload: "x" }).type, "write");
  // An empty text is a value.
  assert.equal(parse(put, "/3341/0/5527", { cf: 0 }).type, "write");
  assert.deepEqual(parse(put, "/3303", { query: "pmin=5&pmax" }), {
    type: "writeAttributes",
    path: "/3303",
    attributes: new Map([
      ["pmin", 5],
      ["pmax", undefined],
    ]),
  });
  fails(methodNotAllowed, put, "/3303", { cf: 112, payload: "x" });
  fails(badRequest, put, "/3306/0/5851", { payload: "21" });
  fails(badRequest, put, "/3306/0/5851");
  fails(badRequest, put, "/3306/0/5851", { query: "pmin=x" });
  fails(badRequest, put, "/3306/0/5851", { cf: 0, payload: "21", query: "pmin=5" });
});

test("POST is Create, Write, or Execute, by level and format", () => {
  assert.deepEqual(parse(post, "/3303"), { type: "create", path: "/3303", payload: NO_PAYLOAD });
  assert.equal(parse(post, "/3303", { cf: 11542, payload: "x" }).type, "create");
  fails(badRequest, post, "/3303", { payload: "x" });
  const update = parse(post, "/3303/0", { cf: 11542, payload: "x" });
  assert.ok(update.type === "write" && update.mode === "update");
  const instances = parse(post, "/16/0/0", { cf: 11542, payload: "x" });
  assert.ok(instances.type === "write" && instances.mode === "update");
  const instance = parse(post, "/16/0/0/1", { cf: 0, payload: "x" });
  assert.ok(instance.type === "write" && instance.mode === "replace");
  assert.deepEqual(parse(post, "/3/0/4"), { type: "execute", path: "/3/0/4", args: "" });
  assert.deepEqual(parse(post, "/3/0/4", { cf: 0, payload: "0='1'" }), {
    type: "execute",
    path: "/3/0/4",
    args: "0='1'",
  });
  assert.deepEqual(parse(post, "/3/0/4", { payload: "5" }), { type: "execute", path: "/3/0/4", args: "5" });
  // The form in which an example of the standard names the binding for /1/x/8.
  assert.deepEqual(parse(post, "/1/0/8", { query: "0=U" }), { type: "execute", path: "/1/0/8", args: "0='U'" });
  assert.deepEqual(parse(post, "/1/0/8", { query: "0='U'" }), { type: "execute", path: "/1/0/8", args: "0='U'" });
  fails(methodNotAllowed, post, "/3/0");
  fails(methodNotAllowed, post, "/3/0", { cf: 0, payload: "x" });
  fails(methodNotAllowed, post, "/16/0/0/1");
  fails(badRequest, post, "/");
  fails(badRequest, post, "/d01");
});

test("arguments that are no UTF-8 are 4.00", () => {
  const request = { ...message(post, "/3/0/4"), payload: Uint8Array.of(0xff) };
  assert.throws(
    () => parseOperation(request),
    (error) => error instanceof Lwm2mError && error.code === badRequest,
  );
});

test("DELETE is for instances of objects and of resources", () => {
  assert.deepEqual(parse(remove, "/3303/0"), { type: "delete", path: "/3303/0" });
  assert.deepEqual(parse(remove, "/16/0/0/1"), { type: "delete", path: "/16/0/0/1" });
  for (const path of ["/", "/3303", "/3303/0/5700"]) fails(methodNotAllowed, remove, path);
});

test("FETCH and iPATCH at the root are the composite operations", () => {
  const payload = new TextEncoder().encode("[]");
  const body = { cf: 320, payload: "[]" };
  const expected = { contentFormat: 320, payload };
  assert.deepEqual(parse(fetch, "/", { ...body, accept: 112 }), { type: "readComposite", accept: 112, ...expected });
  assert.deepEqual(parse(fetch, "/", { ...body, observe: 0, query: "pmin=1" }), {
    type: "observeComposite",
    attributes: { pmin: 1 },
    ...expected,
  });
  assert.deepEqual(parse(fetch, "/", { ...body, observe: 1 }), { type: "cancelObservationComposite", ...expected });
  assert.deepEqual(parse(ipatch, "/", body), { type: "writeComposite", ...expected });
  fails(badRequest, fetch, "/", { ...body, observe: 0, query: "gt=1" });
  fails(badRequest, fetch, "/", { payload: "[]" });
  fails(methodNotAllowed, fetch, "/3", body);
  fails(methodNotAllowed, ipatch, "/d01", body);
  fails(methodNotAllowed, patch, "/3/0", body);
});

test("a path without object is 4.00, a first segment that cannot be a prefix 4.04, an ID that is none 4.00", () => {
  fails(badRequest, get, "/");
  fails(badRequest, get, "/d01");
  fails(badRequest, put, "/d01", { query: "pmin=1" });
  fails(notFound, get, "/.well-known/core", { accept: 40 });
  fails(notFound, get, "/1abc/3");
  fails(notFound, get, `/${"x".repeat(33)}/3`);
  for (const path of ["/3/abc", "/3/65535", "/03", "/3/0/0/0/0", "/3//0", "/3/0/", "/d01/x", "/70000"]) {
    fails(badRequest, get, path);
  }
  const request: CoapMessage = { code: get, options: stringOptions(OPTION.uriPath, ["3/0"]), payload: NO_PAYLOAD };
  assert.throws(() => parseOperation(request), Lwm2mError);
});

test("whatever a request holds, it is an operation or an Lwm2mError", () => {
  const option = fc.record({
    number: fc.constantFrom<number>(...Object.values(OPTION), 9999),
    value: fc.uint8Array({ maxLength: 12 }),
  });
  const segment = fc.oneof(fc.string({ maxLength: 6 }), fc.nat(70000).map(String));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 31 }),
      fc.array(segment, { maxLength: 6 }),
      fc.array(option, { maxLength: 5 }),
      fc.uint8Array({ maxLength: 20 }),
      (code, segments, options, payload) => {
        try {
          parseOperation({ code, options: [...stringOptions(OPTION.uriPath, segments), ...options], payload });
        } catch (error) {
          assert.ok(error instanceof Lwm2mError, String(error));
        }
      },
    ),
  );
});
