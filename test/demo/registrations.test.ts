import assert from "node:assert/strict";
import test from "node:test";
import { type RegistrationListener, Registrations } from "../../demo/registrations.ts";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, OPTION, stringOptions, stringValues } from "../../src/coap/options.ts";
import { ProtocolError } from "../../src/errors.ts";
import { FakeClock } from "../support/fake-clock.ts";

const PEER = "127.0.0.1:5000";

function aServer() {
  const clock = new FakeClock();
  const told: string[] = [];
  const listener: RegistrationListener = {
    onRegistered: ({ endpoint }) => told.push(`${endpoint} registered`),
    onUpdated: ({ endpoint }, { listed, moved }) =>
      told.push(`${endpoint} updated${listed ? " list" : ""}${moved ? " moved" : ""}`),
    onDeregistered: ({ endpoint }, why) => told.push(`${endpoint} ${why}`),
  };
  const registrations = new Registrations(listener, clock);
  const ask = (code: number, path: string, query: readonly string[] = [], payload = "", peer = PEER): CoapMessage => {
    const options = [...stringOptions(OPTION.uriPath, path.split("/")), ...stringOptions(OPTION.uriQuery, query)];
    return registrations.serve(peer, { code, options, payload: new TextEncoder().encode(payload) });
  };
  return { clock, told, registrations, ask };
}

test("Register gives a location; Update and De-register are for that location alone", () => {
  const { told, registrations, ask } = aServer();
  const registered = ask(CODE.post, "rd", ["ep=a", "lwm2m=1.2", "lt=60", "b=U"], "</3/0>");
  assert.equal(registered.code, CODE.created);
  assert.deepEqual(stringValues(registered, OPTION.locationPath), ["rd", "0001"]);
  assert.equal(ask(CODE.post, "rd/0001", ["lt=30"]).code, CODE.changed);
  assert.equal(ask(CODE.post, "rd/0001", [], "</3/0>,</25/0>").code, CODE.changed);
  assert.equal(ask(CODE.post, "rd/0001", [], "", "127.0.0.1:6000").code, CODE.changed);
  assert.deepEqual(
    registrations.all.map(({ peer, lifetime, links, version }) => [peer, lifetime, links.length, version]),
    [["127.0.0.1:6000", 30, 2, "1.2"]],
  );
  assert.equal(ask(CODE.post, "rd/0002").code, CODE.notFound);
  assert.equal(ask(CODE.delete, "rd/0002").code, CODE.notFound);
  assert.equal(ask(CODE.get, "rd/0001").code, CODE.methodNotAllowed);
  assert.equal(ask(CODE.delete, "rd").code, CODE.methodNotAllowed);
  assert.equal(ask(CODE.delete, "rd/0001").code, CODE.deleted);
  assert.equal(ask(CODE.delete, "rd/0001").code, CODE.notFound);
  assert.deepEqual(told, ["a registered", "a updated", "a updated list", "a updated moved", "a de-registered"]);
});

test("an endpoint that registers anew takes the place of what it was", () => {
  const { told, registrations, ask } = aServer();
  for (const name of ["a", "b", "a"]) ask(CODE.post, "rd", [`ep=${name}`], "</3/0>");
  assert.deepEqual(
    registrations.all.map(({ endpoint, location, version, lifetime }) => [endpoint, location, version, lifetime]),
    [
      ["b", "0002", "1.0", 86_400],
      ["a", "0003", "1.0", 86_400],
    ],
  );
  assert.deepEqual(told, ["a registered", "b registered", "a replaced", "a registered"]);
});

test("who does not say who it is, or what it has, is refused and changes nothing", () => {
  const { told, registrations, ask } = aServer();
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["rd", [], "</3/0>"],
    ["rd", ["ep="], "</3/0>"],
    ["rd", ["ep=a"], ""],
    ["rd", ["ep=a"], "3/0"],
    ["rd", ["ep=a", "lt=soon"], "</3/0>"],
    ["rd", ["ep=a", "lt=-1"], "</3/0>"],
  ];
  for (const [path, query, payload] of wrong) {
    assert.throws(() => ask(CODE.post, path, query, payload), ProtocolError, query.join(" "));
  }
  assert.deepEqual([told, registrations.all], [[], []]);
  ask(CODE.post, "rd", ["ep=a", "lt=60"], "</3/0>");
  assert.throws(() => ask(CODE.post, "rd/0001", ["lt=soon"]), ProtocolError);
  assert.equal(registrations.all[0]?.lifetime, 60);
});

test("a registration lives as long as it said, from the last Update on", async () => {
  const { clock, told, registrations, ask } = aServer();
  ask(CODE.post, "rd", ["ep=a", "lt=60"], "</3/0>");
  await clock.advance(50 * SECOND);
  ask(CODE.post, "rd/0001", ["lt=20"]);
  await clock.advance(19 * SECOND);
  registrations.expire();
  assert.equal(registrations.all.length, 1);
  await clock.advance(1 * SECOND);
  registrations.expire();
  assert.equal(registrations.all.length, 0);
  assert.equal(told.at(-1), "a was not heard for its lifetime");
});
