import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CoapEndpoint } from "../../src/coap/endpoint.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { ALL_VERSIONS, Registration } from "../../src/lwm2m/registration.ts";
import { Connection } from "../../src/servers/connection.ts";
import { type KeptRegistration, Registrar } from "../../src/servers/registrar.ts";
import { FakeBacking } from "../support/fake-backing.ts";
import { FakeClock, fakeRandom } from "../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";
import { ScriptedServer } from "../support/scripted-server.ts";

interface Parts {
  readonly localAddress?: () => string | undefined;
  readonly port?: () => number | undefined;
  readonly profileIds?: readonly string[];
}

async function aRegistrar(resolve: () => Promise<void> = async () => {}, parts: Parts = {}) {
  const { localAddress = () => undefined, port = () => 50_001, profileIds = [] } = parts;
  const clock = new FakeClock();
  const server = new ScriptedServer(clock);
  const lines: LogLine[] = [];
  const states: string[] = [];
  const random = fakeRandom();
  const ignore = (): void => {};
  const listener = { onRequest: ignore, onDelivered: ignore, onFailed: ignore, onCancelled: ignore };
  const connection = new Connection(server.openTransport(), new CoapEndpoint({ random }), clock, listener);
  await connection.open();
  const own = { endpoint: "gw-1", lifetime: 300, binding: "U", queueMode: false };
  const tree = new ModelTree(new FakeBacking("", { 3: { version: "1.1", instances: { 0: { 0: "Acme" } } } }));
  const registrar = new Registrar(
    {
      machine: new Registration({ ...own, versions: ALL_VERSIONS, random, profileIds }),
      connection,
      resolve,
      source: () => ({ address: localAddress(), port: port() }),
      root: () => tree,
      clock,
      log: recordingLogger(lines),
    },
    {
      onAccepted: (location, version) => states.push(`accepted /${location.join("/")} ${version}`),
      onResumed: (location, version) => states.push(`resumed /${location.join("/")} ${version}`),
      onState: (state, changed) => changed && states.push(state),
    },
  );
  const said = (): string[] => lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
  return { clock, server, registrar, states, lines, said };
}

test("before it starts it is deregistered, and says so", async () => {
  const { registrar, clock } = await aRegistrar();
  assert.deepEqual(registrar.standing, { state: "deregistered", since: clock.wall(), reason: "not started" });
});

test("Register carries the list of objects; what was answered is told in order", async () => {
  const { clock, server, registrar, states } = await aRegistrar();
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  const [register] = server.registrations.heard;
  assert.deepEqual(register?.query, ["ep=gw-1", "lt=300", "lwm2m=1.2", "b=U"]);
  assert.match(register?.objects ?? "", /<\/3>;ver=1.1,<\/3\/0>$/);
  assert.deepEqual(states, ["registering", "accepted /rd/1 1.2", "registered"]);
  const { state, until = 0 } = registrar.standing;
  assert.equal(state, "registered");
  assert.equal(Math.round((until - clock.wall()) / SECOND), 206, "the next Update");
});

test("an Update carries what is new alone: the list of objects, or the lifetime", async () => {
  const { clock, server, registrar } = await aRegistrar();
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  registrar.handle({ type: "objectsChanged" });
  await clock.advance(SECOND);
  registrar.handle({ type: "lifetimeChanged", lifetime: 60 });
  await clock.advance(SECOND);
  const [objects, lifetime] = server.registrations.heard.slice(1);
  assert.deepEqual([objects?.path, objects?.query, objects?.objects.endsWith("</3/0>")], ["/rd/1", [], true]);
  assert.deepEqual([lifetime?.query, lifetime?.objects], [["lt=60"], ""]);
});

test("since is when the state began; a renewal does not touch it", async () => {
  const { clock, registrar } = await aRegistrar();
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  const { since } = registrar.standing;
  assert.ok(since <= clock.wall() && since > clock.wall() - SECOND);
  registrar.handle({ type: "stop" });
  await clock.advance(SECOND);
  assert.equal(registrar.standing.state, "deregistered");
  assert.ok(registrar.standing.since > since);
});

test("a failure is logged once for each reason, until it has registered again", async () => {
  const { clock, server, registrar, said, lines } = await aRegistrar();
  server.registrations.refuse.register = CODE.forbidden;
  registrar.handle({ type: "start" });
  await clock.advance(30 * MINUTE);
  server.registrations.refuse.register = CODE.internalServerError;
  await clock.advance(30 * MINUTE);
  const failing = "not registered; trying again until it is";
  assert.deepEqual(said(), [failing, failing]);
  const reasons = lines.filter(({ message }) => message === failing).map(({ fields: { reason } }) => reason);
  assert.deepEqual(reasons, ["Register: 4.03", "Register: 5.00"]);
  server.registrations.refuse.register = undefined;
  await clock.advance(6 * MINUTE);
  server.registrations.forget();
  server.registrations.refuse.register = CODE.forbidden;
  await clock.advance(30 * MINUTE);
  assert.deepEqual(said().slice(2), ["registered", failing]);
});

test("a name that has no address any more does not keep it from trying: the one of before may serve", async () => {
  let looked = 0;
  const { clock, server, registrar, said } = await aRegistrar(async () => {
    if (looked++ > 0) throw new Error("getaddrinfo ENOTFOUND");
  });
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  registrar.handle({ type: "updateTriggered" });
  await clock.advance(SECOND);
  assert.deepEqual([looked, server.registrations.heard.length], [2, 2]);
  assert.deepEqual(said(), ["registered"]);
});

test("a name that never had an address is said at once, and tried again until it has one", async () => {
  let known = false;
  const { clock, server, registrar, said, lines } = await aRegistrar(async () => {
    if (!known) throw new Error("getaddrinfo ENOTFOUND no.such.host");
  });
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  assert.deepEqual(said(), ["not registered; trying again until it is"]);
  const reasons = lines.map(({ fields: { reason } }) => reason);
  assert.equal(reasons.at(-1), "Register: getaddrinfo ENOTFOUND no.such.host");
  await clock.advance(30 * MINUTE);
  assert.equal(said().length, 1);
  known = true;
  await clock.advance(6 * MINUTE);
  assert.equal(server.registrations.location, "/rd/1");
});

test("a De-register goes where the registration is, without asking for the name", async () => {
  let looked = 0;
  const { clock, server, registrar } = await aRegistrar(() =>
    looked++ > 0 ? new Promise(() => {}) : Promise.resolve(),
  );
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  registrar.handle({ type: "stop" });
  await clock.advance(SECOND);
  assert.equal(registrar.standing.state, "deregistered");
  assert.equal(server.registrations.heard.at(-1)?.type, "deregister");
});

test("once stopped it does nothing more", async () => {
  const { clock, server, registrar } = await aRegistrar();
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  registrar.stop();
  await clock.advance(30 * MINUTE);
  assert.equal(server.registrations.heard.length, 1);
});

test("from another address of ours a Register goes out in place of an Update; what is not known is no other one", async () => {
  let address: string | undefined = "192.0.2.7";
  const { clock, server, registrar, states } = await aRegistrar(undefined, { localAddress: () => address });
  const kinds = (): string[] => server.registrations.heard.map(({ type }) => type);
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  for (const next of ["192.0.2.7", undefined]) {
    address = next;
    registrar.handle({ type: "updateTriggered" });
    await clock.advance(SECOND);
  }
  assert.deepEqual(kinds(), ["register", "update", "update"]);
  address = "192.0.2.8";
  registrar.handle({ type: "updateTriggered" });
  await clock.advance(SECOND);
  assert.deepEqual(kinds().slice(3), ["register"]);
  assert.equal(states.at(-1), "registered");
  registrar.handle({ type: "updateTriggered" });
  await clock.advance(SECOND);
  assert.deepEqual(kinds().slice(4), ["update"]);
});

test("a profile that the server has taken stands for the list", async () => {
  const { clock, server, registrar } = await aRegistrar(undefined, { profileIds: ["oma:gateway"] });
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  registrar.handle({ type: "networkChanged" });
  await clock.advance(SECOND);
  const [first, second] = server.registrations.heard;
  assert.ok(first?.query.includes("pid=oma:gateway") && first.objects.includes("</3/0>"));
  assert.deepEqual([second?.query.at(-1), second?.objects], ["pid=oma:gateway", ""]);
});

test("a Register does not wait for an Update that nobody answers", async () => {
  const { clock, server, registrar } = await aRegistrar();
  registrar.handle({ type: "start" });
  await clock.advance(SECOND);
  registrar.handle({ type: "lifetimeChanged", lifetime: 20 });
  await clock.advance(SECOND);
  server.wire.cut = true;
  await clock.advance(12 * SECOND);
  assert.equal(registrar.standing.state, "updating");
  await clock.advance(8 * SECOND);
  assert.equal(registrar.standing.state, "registering");
  server.wire.cut = false;
  await clock.advance(4 * SECOND);
  assert.deepEqual([registrar.standing.state, server.registrations.heard.at(-1)?.type], ["registered", "register"]);
});

const BEFORE: KeptRegistration = {
  agreement: { location: ["rd", "1"], version: "1.2", lifetime: 300, queueMode: false },
  sentAt: Date.UTC(2026, 0, 1) - MINUTE,
  from: { address: "10.0.0.7", port: 50_001 },
  objects: "",
};

test("what one registrar kept the next resumes: one Update, with the object list where it is another one", async () => {
  const { clock, server, registrar } = await aRegistrar();
  registrar.handle({ type: "start" });
  assert.deepEqual([registrar.kept], [undefined], "not before the server took it");
  await clock.advance(SECOND);
  const { kept } = registrar;
  assert.ok(kept !== undefined);
  assert.deepEqual(
    { ...kept, objects: "" },
    { ...BEFORE, sentAt: Date.UTC(2026, 0, 1), from: { port: 50_001, address: undefined } },
  );
  for (const [objects, list] of [
    [kept.objects, ""],
    ["another", server.registrations.heard[0]?.objects],
  ]) {
    const next = await aRegistrar();
    next.server.registrations.adopt("/rd/1");
    next.registrar.resume({ ...kept, objects: objects ?? "" });
    await next.clock.advance(SECOND);
    const [update, ...more] = next.server.registrations.heard;
    assert.deepEqual(
      [update?.type, update?.path, update?.query, update?.objects, more],
      ["update", "/rd/1", [], list, []],
    );
    assert.deepEqual(next.states, ["updating", "resumed /rd/1 1.2", "registered"]);
    assert.deepEqual(next.registrar.kept, { ...kept, objects: kept.objects });
    assert.deepEqual(next.said(), ["registered as before: its observations go on"]);
  }
  server.registrations.forget();
});

test("from another port, or another address, a Register follows in place of the Update", async () => {
  for (const parts of [{ port: () => 50_002 }, { localAddress: () => "10.0.0.8" }, { port: () => undefined }]) {
    const { registrar, server, clock, states } = await aRegistrar(undefined, parts);
    server.registrations.adopt("/rd/1");
    registrar.resume(BEFORE);
    await clock.advance(SECOND);
    assert.deepEqual(
      server.registrations.heard.map(({ type }) => type),
      ["register"],
    );
    assert.deepEqual(states.at(-1), "registered");
    assert.ok(states.every((state) => !state.startsWith("resumed")));
  }
});

test("a clock that was set back, or not set then, does not keep a registration from being resumed; a lifetime that has ended does", async () => {
  for (const [sentAt, type] of [
    [Date.UTC(2030, 0, 1), "update"],
    [MINUTE, "update"],
    [Date.UTC(2026, 0, 1) - 5 * MINUTE, "register"],
  ] as const) {
    const { registrar, server, clock } = await aRegistrar();
    server.registrations.adopt("/rd/1");
    registrar.resume({ ...BEFORE, sentAt });
    await clock.advance(SECOND);
    assert.deepEqual(
      server.registrations.heard.map(({ type }) => type),
      [type],
    );
  }
});

test("a name without an address at the start: the Update waits for one, and the registration is still there", async () => {
  let there = false;
  const resolve = async (): Promise<void> => {
    if (!there) throw new Error("getaddrinfo EAI_AGAIN server.example");
  };
  const { registrar, server, clock, states } = await aRegistrar(resolve);
  server.registrations.adopt("/rd/1");
  registrar.resume(BEFORE);
  await clock.advance(30 * SECOND);
  assert.equal(registrar.standing.state, "retrying");
  there = true;
  await clock.advance(MINUTE);
  assert.deepEqual(
    server.registrations.heard.map(({ type }) => type),
    ["update"],
  );
  assert.deepEqual(states.slice(-2), ["resumed /rd/1 1.2", "registered"]);
});
