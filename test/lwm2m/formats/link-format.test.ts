import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { ProtocolError } from "../../../src/errors.ts";
import { type CoreLink, encodeLinks, linkPath, parseLinks, treeLink } from "../../../src/lwm2m/formats/link-format.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import { LINK_VECTORS } from "../../vectors/link-format.ts";

for (const { name, source, text, links, writes } of LINK_VECTORS) {
  test(`reads ${name} (${source})`, () => assert.deepEqual(parseLinks(text).map(plain), links));
  if (writes) test(`writes ${name}`, () => assert.equal(encodeLinks(parseLinks(text)), text));
}

test("an empty payload has no links, and white space alone neither", () => {
  assert.deepEqual(parseLinks(""), []);
  assert.deepEqual(parseLinks("  \n"), []);
  assert.equal(encodeLinks([]), "");
});

test("the version is quoted for LwM2M 1.0 only", () => {
  const links = [treeLink({ path: parsePath("/3303"), version: "1.1" }), treeLink({ path: parsePath("/3303/0") })];
  assert.equal(encodeLinks(links), "</3303>;ver=1.1,</3303/0>");
  assert.equal(encodeLinks(links, { quotedVersion: true }), '</3303>;ver="1.1",</3303/0>');
});

test("links of a device are written without its prefix, and get it back where they are read", () => {
  const link = treeLink({ path: parsePath("/d01/3/0/7"), dimension: 2 }, [
    ["pmin", 10],
    ["gt", 4.5],
    ["obs", true],
  ]);
  assert.equal(encodeLinks([link]), "</3/0/7>;dim=2;pmin=10;gt=4.5;obs");
  assert.equal(linkPath(link), "/3/0/7");
  assert.equal(linkPath(link, "d01"), "/d01/3/0/7");
  assert.equal(encodeLinks([treeLink({ path: parsePath("/d01") })]), "</>");
});

test("a target that is no LwM2M path has none", () => {
  for (const target of ["/lwm2m", "/lwm2m/3/0", "/65535", "3/0", "", "/1/2/3/4/5", "coap://host/3"]) {
    assert.equal(linkPath({ target, parameters: new Map() }), undefined, target);
  }
});

test("values are quoted where they are no token, and where readers expect quotes", () => {
  const link = (name: string, value: string): string =>
    encodeLinks([{ target: "/", parameters: new Map([[name, value]]) }]);
  assert.equal(link("ct", "110"), "</>;ct=110");
  assert.equal(link("ct", "110 112 60"), '</>;ct="110 112 60"');
  assert.equal(link("rt", "oma.lwm2m"), '</>;rt="oma.lwm2m"');
  assert.equal(link("uri", "coaps://a.example"), '</>;uri="coaps://a.example"');
  assert.equal(link("x", 'say "\\"'), '</>;x="say \\"\\\\\\""');
  assert.equal(link("x", ""), '</>;x=""');
});

test("the first of a repeated parameter counts", () => {
  assert.deepEqual(parseLinks("</3>;ver=1.1;ver=1.2").map(plain), [["/3", { ver: "1.1" }]]);
});

test("what is no link-format is refused with the place", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["3/0", /expected "<" at character 1/],
    ["</3/0", /expected ">" at character 2/],
    ["</3>,", /expected "<" at character 6/],
    ["</3> </4>", /expected "," or the end at character 6/],
    ["</3>;", /expected the name of a parameter at character 6/],
    ["</3>;=1", /expected the name of a parameter/],
    ["</3>;ver=", /expected a value at character 10/],
    ['</3>;ver="1.1', /expected the closing quote/],
    ['</3>;ver="1.1\\', /expected the closing quote/],
    ['</3>;a"b=1', /expected "," or the end/],
  ];
  for (const [text, message] of wrong) assert.throws(() => parseLinks(text), { name: "ProtocolError", message }, text);
});

test("a long list is read in one pass", () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `</3303/${i}>`).join(",");
  assert.equal(parseLinks(text).length, 20_000);
  assert.throws(() => parseLinks("<".repeat(100_000)), ProtocolError);
});

test("links come back as they were written", () => {
  const name = fc.constantFrom("ver", "dim", "ssid", "ct", "rt", "pmin", "uri", "x");
  const value = fc.oneof(fc.constant(true as const), fc.string(), fc.nat().map(String));
  const parameters = fc.array(fc.tuple(name, value)).map((entries) => new Map(entries));
  const target = fc.constantFrom("/", "/3", "/3/0", "/3/0/7/1", "/lwm2m/3/0");
  fc.assert(
    fc.property(fc.array(fc.record<CoreLink>({ target, parameters })), (links) => {
      assert.deepEqual(parseLinks(encodeLinks(links)).map(plain), links.map(plain));
    }),
  );
});

function plain({ target, parameters }: CoreLink): readonly [string, Readonly<Record<string, unknown>>] {
  return [target, Object.fromEntries(parameters)];
}
