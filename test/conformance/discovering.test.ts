/**
 * The cases 200 to 299 of the OMA Enabler Test Specification "LightweightM2M INT" 1.2 that discover and write attributes: on the
 * gateway's own objects, and on those of a device under its prefix. Its links are without prefix (Gateway TS 1.1 §8.3).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { aClient, links, linksOf } from "../support/conformance-setup.ts";

/** What object 3 of the device has: `</3/0>` and its resources. */
const RESOURCES = [
  "</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/6>;dim=2,</3/0/7>;dim=2,</3/0/8>;dim=2,</3/0/9>",
  "</3/0/11>;dim=1,</3/0/13>,</3/0/16>",
].join(",");

test("LightweightM2M-1.1-int-260: Discover of object, instance and resource, with attributes, under a prefix", async (t) => {
  const { server } = await aClient(t);
  assert.deepEqual(linksOf(await server.discover("/unit-1/3")), links(`</3>;ver=1.0,</3/0>,${RESOURCES}`));
  assert.equal((await server.writeAttributes("/unit-1/3", "pmin=10", "pmax=200")).code, "2.04");
  assert.deepEqual(
    linksOf(await server.discover("/unit-1/3/0")),
    links(`</3/0>;pmin=10;pmax=200,${RESOURCES}`),
    "inherited ones stand on the first link",
  );
  assert.equal((await server.writeAttributes("/unit-1/3/0/7", "lt=1", "gt=6", "st=1")).code, "2.04");
  const withLimits = RESOURCES.replace("</3/0/7>;dim=2", "</3/0/7>;dim=2;lt=1;gt=6;st=1");
  assert.deepEqual(linksOf(await server.discover("/unit-1/3/0")), links(`</3/0>;pmin=10;pmax=200,${withLimits}`));
  assert.deepEqual(
    linksOf(await server.discover("/unit-1/3/0/7")),
    links("</3/0/7>;pmin=10;pmax=200;dim=2;lt=1;gt=6;st=1,</3/0/7/0>,</3/0/7/1>"),
  );
});

test("LightweightM2M-1.1-int-260: Discover of the gateway's own object 3", async (t) => {
  const { server } = await aClient(t);
  const whole = linksOf(await server.discover("/3"));
  assert.deepEqual(whole.slice(0, 2), ["</3>;ver=1.1", "</3/0>"]);
  for (const link of ["</3/0/0>", "</3/0/1>", "</3/0/3>", "</3/0/4>", "</3/0/11>;dim=1", "</3/0/16>"]) {
    assert.ok(whole.includes(link), link);
  }
  assert.equal((await server.writeAttributes("/3", "pmin=10", "pmax=200")).code, "2.04");
  assert.equal((await server.writeAttributes("/3/0/13", "lt=1", "gt=6", "st=1")).code, "2.04");
  const instance = whole.slice(2).map((link) => (link === "</3/0/13>" ? "</3/0/13>;gt=6;lt=1;st=1" : link));
  assert.deepEqual(linksOf(await server.discover("/3/0")), ["</3/0>;pmax=200;pmin=10", ...instance]);
  assert.deepEqual(linksOf(await server.discover("/3/0/13")), ["</3/0/13>;gt=6;lt=1;pmax=200;pmin=10;st=1"]);
});

for (const [name, prefix, version] of [
  ["of the gateway", "", "1.1"],
  ["of a device", "/unit-1", "1.0"],
] as const) {
  test(`LightweightM2M-1.1-int-261: attributes on object, instance and resource instance ${name}`, async (t) => {
    const { server } = await aClient(t);
    const resource = `${prefix}/3/0/11`;
    assert.deepEqual(linksOf(await server.discover(resource)), links("</3/0/11>;dim=1,</3/0/11/0>"));
    for (const [path, ...attributes] of [
      [`${prefix}/3`, "pmin=10", "pmax=200"],
      [`${prefix}/3/0`, "pmax=320"],
      [`${resource}/0`, "pmax=100", "epmin=1", "epmax=20"],
    ] as const) {
      assert.equal((await server.writeAttributes(path, ...attributes)).code, "2.04", path);
    }
    assert.deepEqual(
      linksOf(await server.discover(resource)),
      links("</3/0/11>;dim=1;pmin=10;pmax=320,</3/0/11/0>;pmax=100;epmin=1;epmax=20"),
    );
  });

  test(`LightweightM2M-1.2-int-264: depth 1 of an object ${name}; server defaults are no attributes`, async (t) => {
    const { server } = await aClient(t);
    assert.deepEqual(linksOf(await server.discover(`${prefix}/3`, "depth=1")), links(`</3>;ver=${version},</3/0>`));
    assert.equal((await server.writeAttributes(`${prefix}/3/0`, "pmax=200")).code, "2.04");
    assert.deepEqual(
      linksOf(await server.discover(`${prefix}/3`, "depth=1")),
      links(`</3>;ver=${version},</3/0>;pmax=200`),
    );
  });
}

test("LightweightM2M-1.2-int-266: depths 2 and 3 of an object; attributes stand where they were written", async (t) => {
  const { server } = await aClient(t);
  assert.deepEqual(linksOf(await server.discover("/unit-1/3", "depth=2")), links(`</3>;ver=1.0,</3/0>,${RESOURCES}`));
  for (const [path, ...attributes] of [
    ["/unit-1/3", "pmin=10", "pmax=200"],
    ["/unit-1/3/0/7", "lt=1", "gt=6", "st=1"],
    ["/unit-1/3/0/7/1", "gt=8"],
  ] as const) {
    assert.equal((await server.writeAttributes(path, ...attributes)).code, "2.04", path);
  }
  assert.deepEqual(
    linksOf(await server.discover("/unit-1/3", "depth=3")),
    links(
      [
        "</3>;ver=1.0;pmin=10;pmax=200,</3/0>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>",
        "</3/0/6>;dim=2,</3/0/6/0>,</3/0/6/1>",
        "</3/0/7>;dim=2;lt=1;gt=6;st=1,</3/0/7/0>,</3/0/7/1>;gt=8",
        "</3/0/8>;dim=2,</3/0/8/0>,</3/0/8/1>,</3/0/9>,</3/0/11>;dim=1,</3/0/11/0>,</3/0/13>,</3/0/16>",
      ].join(","),
    ),
  );
});

test("LightweightM2M-1.2-int-266: depths 2 and 3 of the gateway's own object 3", async (t) => {
  const { server } = await aClient(t);
  const two = linksOf(await server.discover("/3", "depth=2"));
  assert.deepEqual(two, linksOf(await server.discover("/3")), "the default of an object");
  const three = linksOf(await server.discover("/3", "depth=3"));
  assert.deepEqual(
    three.filter((link) => !two.includes(link)),
    ["</3/0/11/0>"],
  );
});
