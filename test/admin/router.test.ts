import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Route } from "../../src/admin/route.ts";
import { Router } from "../../src/admin/router.ts";

const route = (method: Route["method"], path: string): Route => ({ method, path, answer: () => path });

const ROUTES = [
  route("GET", "/v1/status"),
  route("GET", "/v1/devices/{id}"),
  route("POST", "/v1/devices/{id}/forget"),
  route("GET", "/v1/devices/{id}/values/{path}"),
  route("POST", "/v1/devices/all"),
  route("GET", "/v1/devices/all"),
];
const router = new Router(ROUTES);

function find(method: string, target: string): unknown {
  const found = router.find(method, target);
  if ("refused" in found) return [found.refused.status, found.refused.message, ...found.allow];
  return [found.route.path, { ...found.params }, ...found.query];
}

test("a path finds its route, with what stands in its segments and behind the question mark", () => {
  assert.deepEqual(find("GET", "/v1/status"), ["/v1/status", {}]);
  assert.deepEqual(find("GET", "/v1/devices/meter-1"), ["/v1/devices/{id}", { id: "meter-1" }]);
  assert.deepEqual(find("GET", "/v1/devices/a/values/%2F3303%2F0?age=5&age=6"), [
    "/v1/devices/{id}/values/{path}",
    { id: "a", path: "/3303/0" },
    ["age", "5"],
    ["age", "6"],
  ]);
  assert.deepEqual(find("GET", "/v1/status?a=b?c=d"), ["/v1/status", {}, ["a", "b?c=d"]]);
});

test("names are decoded, once: a slash or two dots in one part nothing", () => {
  assert.deepEqual(find("GET", "/v1/devices/a%2Fb%20%C3%BC"), ["/v1/devices/{id}", { id: "a/b ü" }]);
  assert.deepEqual(find("GET", "/v1/devices/%252F"), ["/v1/devices/{id}", { id: "%2F" }]);
  assert.deepEqual(find("GET", "/v1/devices/.."), ["/v1/devices/{id}", { id: ".." }]);
  assert.deepEqual(find("GET", "/v1/devices/%7Bid%7D"), ["/v1/devices/{id}", { id: "{id}" }]);
});

test("a word that is written out goes before a name", () => {
  assert.deepEqual(find("GET", "/v1/devices/all"), ["/v1/devices/all", {}]);
});

test("a wrong encoding is told as such", () => {
  for (const target of ["/v1/devices/%", "/v1/devices/%zz", "/v1/devices/%ff"]) {
    const [status, message] = find("GET", target) as [number, string];
    assert.deepEqual(
      [status, message],
      [400, `${target}: a % there is not followed by the two digits of a byte of UTF-8`],
    );
  }
});

test("another method is told which there are, another path which is near", () => {
  assert.deepEqual(find("DELETE", "/v1/devices/all"), [
    405,
    "/v1/devices/all takes GET and POST, and not DELETE",
    "GET",
    "POST",
  ]);
  assert.deepEqual(find("HEAD", "/v1/status"), [405, "/v1/status takes GET, and not HEAD", "GET"]);
  assert.deepEqual(find("GET", "/status"), [404, "there is no GET /status here; did you mean /v1/status?"]);
  assert.deepEqual(find("GET", "/"), [404, "there is no GET / here; docs/api.md lists what there is"]);
  for (const target of ["", "*", "/v1/devices/", "/v1/status/", "http://localhost/v1/status", "/v1//status"]) {
    const [status] = find("GET", target) as [number];
    assert.equal(status, 404, target);
  }
});

test("whatever is asked for, one route answers or a sentence", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (method, target) => {
      for (const path of [target, `/v1/devices/${target}`, `/v1/status?${target}`]) {
        const found = router.find(method, path);
        assert.ok("refused" in found ? found.refused.message !== "" : ROUTES.includes(found.route));
      }
    }),
  );
});

test("two routes that are the same are a bug", () => {
  assert.throws(
    () => new Router([route("GET", "/v1/links/{id}"), route("GET", "/v1/links/{link}")]),
    /^Error: two routes are GET \/v1\/links\/\{\}$/,
  );
});
