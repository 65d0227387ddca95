/** libcoap's client sends composite requests: FETCH and iPATCH, with Observe and in blocks (RFC 8132, RFC 7959). */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openCoapSocket, type Peer } from "../../demo/coap-socket.ts";
import { systemClock } from "../../src/clock.ts";
import type { ExchangeId } from "../../src/coap/endpoint.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { decodeTimed } from "../../src/lwm2m/formats/index.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { Observations } from "../../src/lwm2m/observations.ts";
import { prefixOf } from "../../src/lwm2m/path.ts";
import { Reports } from "../../src/servers/reports.ts";
import { Requests } from "../../src/servers/requests.ts";
import { makeOutbox } from "../support/an-outbox.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { namesOf } from "../support/scripted-messages.ts";
import { findLibcoapClient } from "./libcoap-client.ts";

everyTestIsAgainst("libcoap", debianVersion("libcoap3-bin"));

const { senmlEtchJson, senmlEtchCbor, senmlJson, senmlCbor, lwm2mCbor } = CONTENT_FORMAT;
const LAMPS = Array.from({ length: 120 }, (_, i) => `/d01/3306/${i}/5851`);
const LONG_LIST = [...LAMPS, "/1/0/1", "/d02/3/0/0"];
const LONG_VALUES = Object.fromEntries([...LAMPS.map((path, i) => [path, i % 100]), ["/1/0/1", 300]]);

/** The part of the gateway that serves one server, and libcoap's client in the place of that server. */
async function aClient(t: TestContext) {
  const client = findLibcoapClient(t);
  if (client === undefined) return undefined;
  const device = new FakeBacking("d01", {
    3306: { instances: Object.fromEntries(LAMPS.map((_, i) => [i, { 5850: false, 5851: i % 100 }])) },
  });
  const gateway = new FakeBacking("", { 1: { instances: { 0: { 0: 101, 1: 300 } } } });
  const trees = new Map([device, gateway].map((backing) => [backing.prefix, new ModelTree(backing)]));
  const treeOf = (prefix: string) => trees.get(prefix);
  const attributes = new AttributeStore(() => ({}));
  const requests = new Requests({ treeOf, attributes, version: () => "1.2", log: recordingLogger([]) });
  let resolve: (reason: string) => void = () => {};
  const cancelled = new Promise<string>((settle) => {
    resolve = settle;
  });
  let peer: Peer = "";
  const socket = await openCoapSocket({
    async onRequest(from, message, exchange) {
      peer = from;
      const { message: answer, granted } = await requests.serve(message);
      // The endpoint knows of the observation once it has sent this answer.
      if (granted !== undefined) setImmediate(() => reports.grant(exchange, granted));
      return answer;
    },
    onCancelled: (_peer, exchange, reason) => {
      reports.cancel(exchange);
      resolve(reason);
    },
  });
  const reports = new Reports({
    server: 101,
    machine: new Observations(attributes),
    clock: systemClock,
    treeOf,
    latest: () => undefined,
    storing: () => true,
    ownerOf: prefixOf,
    onEvaluation: () => {},
    keep: 1000,
    maxMessage: 1024,
    makeOutbox: (notifications) => makeOutbox(notifications(), { clock: systemClock }),
    notifier: {
      notify: (exchange: ExchangeId, notification, message, confirmable) => {
        socket.notify(peer, exchange, message, confirmable).then(
          () => reports.outbox.onDelivered(notification),
          () => reports.outbox.onFailed(notification),
        );
      },
      withdraw: () => {},
      endObservation: (exchange) => socket.endObservation(peer, exchange),
    },
  });
  reports.outbox.resume();
  t.after(() => {
    reports.stop();
    return socket.close();
  });
  const coap = (...args: readonly string[]) => client.ask(socket.port, "", ...args);
  return { coap, client, device, gateway, reports, cancelled };
}

function valuesOf(format: number, payload: Uint8Array): Record<string, unknown> {
  const records = decodeTimed(format, payload, { base: at("/"), typeOf: () => undefined });
  return Object.fromEntries(records.map(({ path, value }) => [path, value]));
}

/** Those that have come whole. */
function packsOf(bytes: Uint8Array): readonly string[] {
  return (
    Buffer.from(bytes)
      .toString()
      .match(/\[[^\]]*\]/g) ?? []
  );
}

const json = (paths: readonly string[]): string => JSON.stringify(paths.map((n) => ({ n })));

test("libcoap's client reads values of the gateway and of a device by one FETCH", async (t) => {
  const world = await aClient(t);
  if (world === undefined) return;
  const body = json(["/1/0/1", "/d01/3306/5", "/d02/3"]);
  const answer = await world.coap("-m", "fetch", "-t", String(senmlEtchJson), "-A", String(senmlJson), "-e", body);
  assert.equal(
    Buffer.from(answer).toString(),
    '[{"bn":"/1/0/1","v":300},{"bn":"/d01/3306/5/","n":"5850","vb":false},{"n":"5851","v":5}]',
  );
});

for (const block of [1024, 64]) {
  test(`a list and an answer of many blocks of ${block} bytes, in SenML CBOR and LwM2M CBOR`, async (t) => {
    const world = await aClient(t);
    if (world === undefined) return;
    const file = world.client.file("list", namesOf(LONG_LIST, senmlEtchCbor));
    for (const accept of [senmlCbor, lwm2mCbor]) {
      const asked = ["-m", "fetch", "-t", String(senmlEtchCbor), "-A", String(accept), "-b", String(block), "-f", file];
      assert.deepEqual(valuesOf(accept, await world.coap(...asked)), LONG_VALUES);
    }
  });
}

test("libcoap's client writes to the gateway and a device by one iPATCH, small and in blocks", async (t) => {
  const world = await aClient(t);
  if (world === undefined) return;
  const { coap, client, device, gateway } = world;
  const small = JSON.stringify([
    { n: "/1/0/1", v: 60 },
    { n: "/d01/3306/7/5850", vb: true },
  ]);
  await coap("-m", "ipatch", "-t", String(senmlEtchJson), "-e", small);
  assert.deepEqual([...gateway.calls, ...device.calls], ["write /1/0/1=60", "write /d01/3306/7/5850=true"]);
  const file = client.file("changes", Buffer.from(JSON.stringify(LAMPS.map((n) => ({ n, v: 1 })))));
  await coap("-m", "ipatch", "-t", String(senmlEtchJson), "-f", file);
  assert.equal(device.calls.at(-1), `write ${LAMPS.map((path) => `${path}=1`).join(" ")}`);
});

for (const [size, list] of [
  ["small", ["/1/0/1", "/d01/3306/7/5851"]],
  ["large, in blocks both ways", LONG_LIST],
] as const) {
  test(`libcoap's client observes a list (${size}) and ends it by Observe 1`, { timeout: 30_000 }, async (t) => {
    const world = await aClient(t);
    if (world === undefined) return;
    const { coap, client, reports, cancelled } = world;
    const file = client.file("list", Buffer.from(json(list)));
    const heard = coap("-m", "fetch", "-t", String(senmlEtchJson), "-A", String(senmlJson), "-s", "5", "-f", file);
    const told = async (packs: number): Promise<void> => {
      while (packsOf(client.heard()).length < packs) await new Promise((settle) => setTimeout(settle, 10));
    };
    await told(1);
    assert.deepEqual(reports.paths, list);
    // One after the other: a newer one would break off the blocks of the one before.
    for (const [i, value] of [41, 42, 43].entries()) {
      reports.changed([{ path: at("/d01/3306/7/5851"), value, time: Date.now() }]);
      await told(i + 2);
    }
    const values = packsOf(await heard).map((pack) => valuesOf(senmlJson, Buffer.from(pack)));
    assert.deepEqual(
      values.slice(0, 4).map((told) => told["/d01/3306/7/5851"]),
      [7, 41, 42, 43],
    );
    const [first, ...notified] = values;
    for (const told of notified.slice(0, 3)) assert.deepEqual(Object.keys(told), Object.keys(first ?? {}), "all of it");
    assert.equal(await cancelled, "deregister");
    assert.deepEqual(reports.paths, []);
  });
}
