import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type CoapSocket, openCoapSocket } from "../../demo/coap-socket.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { NO_PAYLOAD, OPTION, stringOptions } from "../../src/coap/options.ts";
import { ConfigError } from "../../src/errors.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { readConfig } from "../../src/gateway/read-config.ts";
import { silentLogger } from "../../src/log.ts";
import { StoreError } from "../../src/store/store.ts";
import { aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP } from "../support/climate-mapping.ts";
import { ScriptedRegistrations } from "../support/scripted-registrations.ts";
import { temporaryDirectory } from "../support/temp.ts";

const OPTIONS = { clock: systemClock, random: systemRandom, log: silentLogger, onFatal: () => {} };

function configFile(t: TestContext, lines: readonly string[]): string {
  const file = join(temporaryDirectory(t), "config.yaml");
  writeFileSync(file, `${["gateway: { endpoint: gw-1 }", ...lines].join("\n")}\n`);
  return file;
}

/** A server on a real socket, as far as it takes registrations. */
async function aUdpServer(): Promise<{ readonly socket: CoapSocket; readonly client: () => Promise<string> }> {
  const registrations = new ScriptedRegistrations();
  let found: (peer: string) => void = () => {};
  const client = new Promise<string>((resolve) => {
    found = resolve;
  });
  const socket = await openCoapSocket({
    onRequest: async (peer, message) => {
      found(peer);
      return registrations.serve(message, systemClock.wall());
    },
  });
  return { socket, client: () => client };
}

test("on real sockets: the server is answered, a datagram from elsewhere is ignored and counted", async (t) => {
  const { socket, client } = await aUdpServer();
  const gateway = await Gateway.start({
    ...OPTIONS,
    configFile: configFile(t, [
      `servers: [{ id: 101, uri: "coap://127.0.0.1:${socket.port}" }]`,
      "links: { trial: { type: simulated } }",
      "devices: [{ id: climate-1, mapping: simulated-climate, link: trial }]",
    ]),
  });
  t.after(async () => {
    await gateway.stop();
    await socket.close();
  });
  const peer = await client();
  const stranger = await openCoapSocket({ parameters: { ackTimeout: 100, maxRetransmit: 0 } });
  t.after(() => stranger.close());
  const request = { code: CODE.get, options: stringOptions(OPTION.uriPath, ["3", "0", "0"]), payload: NO_PAYLOAD };
  await assert.rejects(stranger.request(peer, request), /no answer/);
  const response = await socket.request(peer, request);
  assert.equal(new TextDecoder().decode(response.payload), "lwm2m-gateway");
  assert.equal(gateway.status().servers[0]?.transport.foreign, 1);
});

test("its status is plain data about servers, devices and what is off", async (t) => {
  const { gateway, clock, folder } = await aGateway(t, {
    ...CLIMATE_SETUP,
    devices: [
      "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }",
      "{ id: meter-2, mapping: climatic, link: bus, unit_id: 2 }",
    ],
  });
  const status = gateway.status();
  assert.equal(status.endpoint, "urn:dev:ops:32473-test");
  assert.equal(status.config, join(folder, "config.yaml"));
  assert.equal(status.now - status.started, 5000);
  assert.equal(status.now, clock.wall());
  assert.deepEqual(JSON.parse(JSON.stringify(status)), status);
  const [off, ...others] = status.disabled;
  assert.equal(off?.id, "meter-2");
  assert.match(off?.reasons.join() ?? "", /there is no mapping "climatic".*did you mean "climate"/);
  assert.equal(others.length, 0);
  assert.deepEqual(
    status.devices.map(({ id, state }) => [id, state]),
    [["meter-1", "online"]],
  );
  assert.equal(gateway.stateDirectory, join(folder, "state"));
});

test("a configuration is read as run, check and a reload read it", async (t) => {
  const config = await readConfig(configFile(t, ['servers: [{ id: 101, uri: "coap://localhost" }]']));
  assert.deepEqual([config.gateway.endpoint, config.servers[0]?.port, config.devices], ["gw-1", 5683, []]);
  await assert.rejects(readConfig(configFile(t, ["servers: 3"])), ConfigError);
});

test("a state directory that cannot be had ends the start with a StoreError", async (t) => {
  const configured = configFile(t, ['servers: [{ id: 101, uri: "coap://127.0.0.1:1" }]']);
  writeFileSync(join(configured, "..", "state"), "a file");
  await assert.rejects(Gateway.start({ ...OPTIONS, configFile: configured }), StoreError);
});

test("a reload that comes with the stop does nothing", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP });
  const { gateway, clock } = world;
  const stopping = gateway.stop();
  const reloaded = gateway.reload();
  await clock.advance(10_000);
  await stopping;
  assert.equal((await reloaded).taken, false);
});
