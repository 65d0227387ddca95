import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CoapEndpoint, type ExchangeId } from "../../src/coap/endpoint.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions, uintOption } from "../../src/coap/options.ts";
import { Connection } from "../../src/servers/connection.ts";
import { FakeClock, fakeRandom } from "../support/fake-clock.ts";
import { ScriptedServer } from "../support/scripted-server.ts";

const REGISTER: CoapMessage = { code: CODE.post, options: stringOptions(OPTION.uriPath, ["rd"]), payload: NO_PAYLOAD };
const OBSERVED: CoapMessage = { code: CODE.content, options: [uintOption(OPTION.observe, 0)], payload: NO_PAYLOAD };

async function aConnection() {
  const clock = new FakeClock();
  const server = new ScriptedServer(clock);
  const heard: string[] = [];
  const requests: ExchangeId[] = [];
  const connection = new Connection(server.openTransport(), new CoapEndpoint({ random: fakeRandom() }), clock, {
    onRequest: (exchange) => requests.push(exchange),
    onDelivered: (notification) => heard.push(`delivered ${notification}`),
    onFailed: (notification, reason, exchange) => heard.push(`failed ${notification} ${reason} ${exchange}`),
    onCancelled: (exchange) => heard.push(`cancelled ${exchange}`),
  });
  await connection.open();
  const observed = async (): Promise<ExchangeId> => {
    const answer = server.ask(CODE.get, "/3/0", { observe: 0 });
    await clock.advance(SECOND);
    const exchange = requests.at(-1) ?? assert.fail("no request");
    connection.respond(exchange, OBSERVED);
    await server.settled(answer);
    return exchange;
  };
  return { clock, server, connection, heard, requests, observed };
}

test("a request settles with its answer, whatever its code", async () => {
  const { clock, server, connection } = await aConnection();
  const first = connection.request(REGISTER);
  server.registrations.refuse.register = CODE.forbidden;
  await clock.advance(SECOND);
  const outcome = await first;
  assert.equal(outcome.type === "response" && outcome.message.code, CODE.forbidden);
});

test("a request that nobody answers settles as a timeout", async () => {
  const { clock, server, connection } = await aConnection();
  server.wire.cut = true;
  const outcome = connection.request(REGISTER);
  await clock.advance(100 * SECOND);
  assert.deepEqual(await outcome, { type: "failed", reason: "timeout" });
});

test("closing settles what is under way, and nothing is heard or sent afterwards", async () => {
  const { clock, server, connection, requests } = await aConnection();
  server.wire.cut = true;
  const outcome = connection.request(REGISTER);
  await connection.close();
  assert.deepEqual(await outcome, { type: "failed", reason: "timeout" });
  server.wire.cut = false;
  const unanswered = assert.rejects(server.ask(CODE.get, "/3/0", {}), /no answer/);
  await clock.advance(100 * SECOND);
  await unanswered;
  assert.deepEqual(requests, []);
  assert.ok(server.packets.every(({ from }) => from === "server"));
});

test("an ignored request is neither answered nor acknowledged, and served anew when it is repeated", async () => {
  const { clock, server, connection, requests } = await aConnection();
  const answer = server.ask(CODE.get, "/3/0", {});
  await clock.advance(10);
  connection.ignore(requests[0] ?? assert.fail());
  await clock.advance(SECOND);
  assert.ok(server.packets.every(({ from }) => from === "server"));
  await clock.advance(3 * SECOND);
  assert.equal(requests.length, 2);
  connection.respond(requests[1] ?? assert.fail(), { ...OBSERVED, options: [] });
  assert.equal((await server.settled(answer)).code, "2.05");
});

test("a notification is delivered, or fails, and its observation is named", async () => {
  const { clock, server, connection, heard, observed } = await aConnection();
  const exchange = await observed();
  connection.notify(exchange, 7, OBSERVED, true);
  await clock.advance(SECOND);
  assert.deepEqual(heard, ["delivered 7"]);
  server.wire.cut = true;
  connection.notify(exchange, 8, OBSERVED, true);
  await clock.advance(100 * SECOND);
  assert.deepEqual(heard.slice(1), [`failed 8 timeout ${exchange}`]);
});

test("a rejected notification ends the observation; one of an ended observation fails at once", async () => {
  const { clock, server, connection, heard, observed } = await aConnection();
  const exchange = await observed();
  await server.cancel("/3/0", "forget");
  connection.notify(exchange, 1, OBSERVED, true);
  await clock.advance(SECOND);
  assert.deepEqual(heard, [`failed 1 reset ${exchange}`, `cancelled ${exchange}`]);
  connection.notify(exchange, 2, OBSERVED, true);
  assert.deepEqual(heard.slice(2), [`failed 2 reset ${exchange}`]);
});

test("a request that is not wanted any more leaves its place to the next, and its answer is nobody's", async () => {
  const { clock, server, connection } = await aConnection();
  server.wire.cut = true;
  const first = connection.begin(REGISTER);
  await clock.advance(SECOND);
  const second = connection.request(REGISTER);
  first.abandon();
  assert.deepEqual(await first.outcome, { type: "failed", reason: "reset" });
  assert.equal(connection.busy, true);
  server.wire.cut = false;
  await clock.advance(5 * SECOND);
  const outcome = await second;
  assert.equal(outcome.type, "response");
  assert.equal(server.registrations.heard.length, 1);
  first.abandon();
  assert.equal(connection.busy, false);
});
