/** Who may connect to a mosquitto, and to what: passwords, ACL, TLS. Each refusal is told in words that say what to mend. */
import { type TestContext, test } from "node:test";
import { aMosquitto, type Mosquitto, type MosquittoSetup } from "../support/mosquitto.ts";
import { type Peer, publish } from "../support/mosquitto-clients.ts";
import { type MqttCertificates, mqttCertificates } from "../support/mqtt-certificates.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import type { GatewayWorld } from "./gateway-world.ts";
import { openWorld, subscribed, type WorldSetup } from "./mqtt/world.ts";

everyTestIsAgainst("mosquitto", debianVersion("mosquitto"));

const LIMIT = { timeout: 120_000 };
const TEMPERATURE = "/kitchen/3303/0/5700";

const room = (state: string): string => `params: { name: { type: string } }
mqtt: { state: ${state} }
objects:
  3303: { sensor_value: { path: temperature, unit: Cel } }
`;
const SETUP: WorldSetup = {
  devices: ["id: kitchen, mapping: room, name: kitchen"],
  mappings: { room: room("room/$name"), secret: room("secret/$name") },
};
const USERS = { gw: "right", device: "also right" };
const DEVICE = { user: "device", password: "also right" };

const tell = (t: TestContext, peer: Peer): Promise<void> =>
  publish(t, peer, { topic: "room/kitchen", payload: '{"temperature":21}' });

/** Files of ACLs say who hears what; that somebody may not subscribe, mosquitto's other module says alone. */
const WITHOUT_SECRETS: MosquittoSetup = {
  files: {
    "security.json": Buffer.from(
      JSON.stringify({
        defaultACLAccess: {
          publishClientSend: true,
          publishClientReceive: true,
          subscribe: true,
          unsubscribe: true,
        },
        clients: [],
        groups: [{ groupname: "all", roles: [{ rolename: "no-secrets" }] }],
        anonymousGroup: "all",
        roles: [
          {
            rolename: "no-secrets",
            acls: [{ acltype: "subscribePattern", topic: "secret/#", priority: 1, allow: false }],
          },
        ],
      }),
    ),
  },
  lines: [
    "per_listener_settings false",
    ...["plugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so", "plugin_opt_config_file security.json"],
  ],
};

/** The value arrives: it is connected, and has subscribed. */
async function hears(t: TestContext, broker: Mosquitto, world: GatewayWorld, peer: Peer): Promise<void> {
  await subscribed(broker, "room/kitchen");
  await tell(t, peer);
  await world.reads(TEMPERATURE, 21);
}

for (const version of ["3.1.1", "5"]) {
  test(`a password that is wrong, and one that is right, over MQTT ${version}`, LIMIT, async (t) => {
    const broker = await aMosquitto(t, { users: USERS });
    if (broker === undefined) return;
    const link = (password: string): string => `version: ${version}, user: gw, password: ${password}`;
    const wrong = await openWorld(t, broker, { ...SETUP, link: link("wrong") });
    await wrong.refuses(TEMPERATURE, /user|password|authori[sz]ed/i);
    await wrong.printed(/"level":"warn".*(user name or password|not authorized).*the MQTT broker is down/);
    await wrong.stop();
    const right = await openWorld(t, broker, { ...SETUP, link: link("right") });
    await hears(t, broker, right, { port: broker.port, ...DEVICE });
  });

  test(
    `a topic that the broker refuses is told by its name, over MQTT ${version}; the others are heard`,
    LIMIT,
    async (t) => {
      const broker = await aMosquitto(t, WITHOUT_SECRETS);
      if (broker === undefined) return;
      const world = await openWorld(t, broker, {
        ...SETUP,
        link: `version: ${version}`,
        devices: [...SETUP.devices, "id: vault, mapping: secret, name: vault"],
      });
      await hears(t, broker, world, broker);
      await world.printed(/"level":"warn".*secret\/vault/);
    },
  );
}

/** A broker with TLS, and the files of its clients: undefined where it cannot be had. */
async function aSecuredBroker(t: TestContext, clients: boolean) {
  const files = mqttCertificates(t);
  if (files === undefined) return undefined;
  const tls: MosquittoSetup["tls"] = { ca: "ca.crt", certificate: "broker.crt", key: "broker.key", clients };
  const broker = await aMosquitto(t, { files, tls });
  return broker === undefined ? undefined : { broker, files };
}

/** Keys of the link; FOLDER becomes that of its files. */
const ca = (name: string): string => `ca: FOLDER/${name}`;
const own = (name: string): string => `certificate: FOLDER/${name}.crt, key: FOLDER/${name}.key`;

async function aSecuredWorld(
  t: TestContext,
  broker: Mosquitto,
  files: MqttCertificates,
  link: string,
): Promise<GatewayWorld> {
  return openWorld(t, broker, { ...SETUP, files, link });
}

/** As a device of the same broker. */
function securedPeer({ port, folder }: Mosquitto, clients: boolean): Peer {
  const own = clients ? ["--cert", `${folder}/client.crt`, "--key", `${folder}/client.key`] : [];
  return { port, options: ["--cafile", `${folder}/ca.crt`, ...own] };
}

test("TLS: the CA that signed the broker is taken, another is told", LIMIT, async (t) => {
  const secured = await aSecuredBroker(t, false);
  if (secured === undefined) return;
  const { broker, files } = secured;
  const wrong = await aSecuredWorld(t, broker, files, ca("other.crt"));
  await wrong.refuses(TEMPERATURE, /certificate/);
  await wrong.stop();
  const right = await aSecuredWorld(t, broker, files, ca("ca.crt"));
  await hears(t, broker, right, securedPeer(broker, false));
});

test(
  "TLS: a certificate of the gateway's own is shown; without it, or with a stranger's, it is refused",
  LIMIT,
  async (t) => {
    const secured = await aSecuredBroker(t, true);
    if (secured === undefined) return;
    const { broker, files } = secured;
    for (const link of [ca("ca.crt"), `${ca("ca.crt")}, ${own("stranger")}`]) {
      const refused = await aSecuredWorld(t, broker, files, link);
      await refused.refuses(TEMPERATURE, /certificate/);
      await refused.stop();
    }
    const right = await aSecuredWorld(t, broker, files, `${ca("ca.crt")}, ${own("client")}`);
    await hears(t, broker, right, securedPeer(broker, true));
  },
);

test("TLS: the name of the broker must be that of its certificate", LIMIT, async (t) => {
  const secured = await aSecuredBroker(t, false);
  if (secured === undefined) return;
  const { broker, files } = secured;
  const world = await aSecuredWorld(t, broker, files, `${ca("ca.crt")}, server_name: broker.example`);
  await world.refuses(TEMPERATURE, /name|certificate/);
});

test("mqtt:// at a port for TLS, and mqtts:// at one without: told, and nothing hangs", LIMIT, async (t) => {
  const secured = await aSecuredBroker(t, false);
  const plain = await aMosquitto(t);
  if (secured === undefined || plain === undefined) return;
  const { broker, files } = secured;
  const withoutTls = await openWorld(t, broker, { ...SETUP, url: `mqtt://127.0.0.1:${broker.port}` });
  await withoutTls.refuses(TEMPERATURE, /TLS|mqtts|closed/);
  await withoutTls.stop();
  const url = `mqtts://127.0.0.1:${plain.port}`;
  const withTls = await openWorld(t, plain, { ...SETUP, files, url, link: ca("ca.crt") });
  await withTls.refuses(TEMPERATURE, /TLS|mqtt:|closed/);
});
