import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CoapEndpoint } from "../../src/coap/endpoint.ts";
import { encodeMessage, TYPE } from "../../src/coap/message.ts";
import { NO_PAYLOAD, OPTION, stringOptions } from "../../src/coap/options.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { Observations } from "../../src/lwm2m/observations.ts";
import { ALL_VERSIONS, Registration } from "../../src/lwm2m/registration.ts";
import { Server } from "../../src/servers/server.ts";
import { gatewayView } from "../../src/servers/view.ts";
import { aHistory } from "../support/an-outbox.ts";
import { FakeBacking } from "../support/fake-backing.ts";
import { FakeClock, fakeRandom } from "../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";
import { ScriptedServer } from "../support/scripted-server.ts";

/** A server of the gateway, and the real thing at the other end of the wire. */
function aServer() {
  const clock = new FakeClock();
  const peer = new ScriptedServer(clock);
  const random = fakeRandom();
  const backing = new FakeBacking("", { 3: { instances: { 0: { 0: "Acme", 4: "execute" } } } });
  const tree = new ModelTree(backing);
  const attributes = new AttributeStore(() => ({}));
  const lines: LogLine[] = [];
  const server = new Server({
    shortServerId: 101,
    uri: "coap://server",
    clock,
    log: recordingLogger(lines),
    transport: peer.openTransport(),
    coap: new CoapEndpoint({ random }),
    registration: new Registration({
      endpoint: "gw-1",
      lifetime: 300,
      binding: "U",
      queueMode: false,
      versions: ALL_VERSIONS,
      random,
    }),
    observations: new Observations(attributes),
    attributes,
    view: gatewayView({
      of: (prefix) => (prefix === "" ? tree : undefined),
      prefixes: [""],
      latest: () => undefined,
    }),
    storing: () => true,
    onEvaluation: () => {},
    history: aHistory(clock).history,
    delivery: "send",
    keep: 1000,
    maxMessage: 1024,
    nstart: 1,
    ackTimeout: 2 * SECOND,
  });
  const stop = async (): Promise<void> => {
    const stopped = server.stop();
    await clock.advance(10 * SECOND);
    await stopped;
  };
  return { clock, peer, server, backing, lines, stop };
}

test("its status tells what it is to, and where it stands", async () => {
  const { clock, server, stop } = aServer();
  const { state, location, version } = server.status();
  assert.deepEqual({ state, location, version }, { state: "deregistered", location: undefined, version: undefined });
  await server.start();
  await clock.advance(SECOND);
  const status = server.status();
  assert.deepEqual(
    [status.shortServerId, status.uri, status.state, status.location, status.version, status.observations],
    [101, "coap://server", "registered", "/rd/1", "1.2", []],
  );
  assert.ok(status.transport.sent >= 1);
  await stop();
  assert.equal(server.status().location, undefined);
});

test("one that was never started stops at once", async () => {
  const { server, peer, stop } = aServer();
  await stop();
  assert.equal(server.status().state, "deregistered");
  assert.deepEqual(peer.registrations.heard, []);
});

test("requests before the answer to our Register are held, sixteen of them, and answered then", async () => {
  const { clock, peer, server, stop } = aServer();
  const release = holdRegister(peer);
  await server.start();
  await clock.advance(10);
  for (let i = 0; i < 18; i++) {
    const options = stringOptions(OPTION.uriPath, ["3", "0", "0"]);
    peer.sendRaw(encodeMessage(TYPE.non, i, Uint8Array.of(i), { code: CODE.get, options, payload: NO_PAYLOAD }));
  }
  await clock.advance(100);
  const answers = (): number => peer.packets.filter(({ message }) => message.code === CODE.content).length;
  assert.equal(answers(), 0);
  release();
  await clock.advance(SECOND);
  assert.equal(answers(), 16);
  await stop();
});

test("held requests of a server that then refuses us are dropped, and not acknowledged", async () => {
  const { clock, peer, server, backing, stop } = aServer();
  peer.registrations.refuse.register = CODE.forbidden;
  const release = holdRegister(peer);
  await server.start();
  const unanswered = assert.rejects(peer.ask(CODE.post, "/3/0/4", {}), /no answer: timeout/);
  await clock.advance(100);
  release();
  await clock.advance(2 * MINUTE);
  await unanswered;
  assert.deepEqual(backing.calls, []);
  await stop();
});

/** Returns what lets the answer to Register go. */
function holdRegister(peer: ScriptedServer): () => void {
  let answers: (() => void)[] = [];
  peer.hold = (answer) => answers.push(answer);
  return () => {
    peer.hold = undefined;
    for (const answer of answers) answer();
    answers = [];
  };
}

test("what is done to its account waits for the answer to its own request, and for nothing else", async () => {
  const { clock, peer, server, stop } = aServer();
  await server.start();
  await clock.advance(SECOND);
  server.onAccount({ type: "updateTriggered" });
  await clock.advance(SECOND);
  assert.equal(peer.registrations.heard.length, 2, "another server did it: nothing to wait for");
  const answer = peer.ask(CODE.get, "/3/0/0", {});
  await clock.advance(SECOND);
  assert.equal((await answer).text, "Acme");
  await stop();
});

test("a changed value reaches who observes it; one that is removed ends with 4.04, its attributes with it", async () => {
  const { clock, peer, server, stop } = aServer();
  await server.start();
  await clock.advance(SECOND);
  await peer.writeAttributes("/3/0/0", "pmin=1");
  await peer.observe("/3/0/0");
  const { observations } = server.status();
  assert.deepEqual(observations, ["/3/0/0"]);
  const [path = assert.fail()] = observations;
  server.changed([{ path, value: "Other", time: clock.wall() }]);
  await clock.advance(2 * SECOND);
  assert.deepEqual(peer.received("/3/0/0"), ["Other"]);
  server.removed(path);
  await clock.advance(SECOND);
  assert.deepEqual(
    peer.notified("/3/0/0").map(({ code }) => code),
    ["2.05", "4.04"],
  );
  assert.equal((await peer.discover("/3/0/0")).text, "</3/0/0>");
  await stop();
});
