import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { optionsSchema, urlOf } from "../../../adapters/mqtt/options.ts";
import { loadFolder } from "../../config/config-folder.ts";
import { aConfig } from "../../support/command.ts";

test("a broker is an address and nothing else, with the usual ports", () => {
  const spelled: readonly (readonly [string, string])[] = [
    ["mqtt://broker.local", "mqtt://broker.local:1883"],
    ["mqtts://broker.local/", "mqtts://broker.local:8883"],
    ["mqtt://10.0.4.5:1884", "mqtt://10.0.4.5:1884"],
    ["mqtts://[fe80::1%eth0]:8884", "mqtts://[fe80::1%eth0]:8884"],
  ];
  for (const [url, expected] of spelled) assert.equal(urlOf(optionsSchema.parse({ url }).broker), expected);
});

test("everything but the address has a default", () => {
  assert.deepEqual(optionsSchema.parse({ url: "mqtt://h", will: { topic: "gw" } }), {
    broker: { secure: false, host: "h", port: 1883 },
    user: undefined,
    password: undefined,
    version: "3.1.1",
    clientId: undefined,
    keepAlive: 60_000,
    tls: { ca: [], certificate: undefined, key: undefined, serverName: undefined },
    reconnect: { first: 1000, longest: 30_000 },
    will: { topic: "gw", online: "online", offline: "offline", qos: 1, retain: true },
    max: 262_144,
  });
  const kept = { url: "mqtts://h", version: 5, session: "kept", client_id: "c", session_expiry: "2h", max: 1000 };
  const { version, kept: session, max } = optionsSchema.parse(kept);
  assert.deepEqual({ version, session, max }, { version: "5", session: { expiry: 7_200_000 }, max: 1000 });
});

test("each mistake of a link is told at its place", async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ["url: broker", /error: url: "broker" is no address of a broker: it begins with mqtt:\/\/ or mqtts:\/\/$/],
    ["url: mqqt://h", /did you mean mqtt:\/\/\?$/],
    ["url: ws://h", /MQTT over WebSockets is not supported/],
    ["url: mqtt://u:p@h", /a user and a password stand in keys of their own/],
    ["url: mqtt://h:99999", /is no address of a broker; expected e\.g\./],
    ["url: mqtt://h/path", /is no address of a broker; expected e\.g\./],
    ["url: mqtt://h, usr: a", /unknown key "usr"; did you mean "user"\?/],
    ["url: mqtt://h, password: p", /password: a password needs `user`/],
    ["url: mqtt://h, ca: /x", /ca: ca is for TLS: write mqtts:\/\/ in url/],
    ["url: mqtts://h, ca: x.pem", /ca: expected the path of a file, beginning with \/, or !secret name: PEM/],
    ["url: mqtts://h, key: /x", /key: a key needs its `certificate`/],
    ["url: mqtts://h, certificate: /x", /certificate: a certificate needs its `key`/],
    ["url: mqtt://h, version: 4", /version: expected/],
    ["url: mqtt://h, session: kept", /session: a kept session needs a `client_id`/],
    ["url: mqtt://h, session_expiry: 1h", /session_expiry: only a kept session lasts/],
    [
      "url: mqtt://h, session: kept, client_id: c, session_expiry: 1h",
      /session_expiry: MQTT 3\.1\.1 has none: write version: 5/,
    ],
    ["url: mqtt://h, keep_alive: 100ms", /keep_alive: expected whole seconds/],
    ["url: mqtt://h, max: 1GiB", /max: "1GiB" is no size of a payload; expected bytes, KiB or MiB/],
    ["url: mqtt://h, will: { topic: a/# }", /topic: "a\/#" has a wildcard/],
    ["url: mqtt://h, reconnect: 30s..1s", /reconnect: "30s\.\.1s" is no range of pauses/],
  ];
  for (const [keys, message] of mistakes) {
    const { problems } = await loadFolder(t, {
      "config.yaml": aConfig({ links: [`broker: { type: mqtt, ${keys} }`] }),
    });
    assert.match(problems[0] ?? "none", message, keys);
  }
});

test("a password may be a secret, and certificates too; none of them is shown", async (t) => {
  const link = "broker: { type: mqtt, url: mqtts://h, user: u, password: !secret pw, ca: !secret ca }";
  const pem = '"-----BEGIN CERTIFICATE-----\\nAA==\\n-----END CERTIFICATE-----\\n"';
  const secrets = `pw: hidden-word\nca: ${pem}\n`;
  const { config, problems } = await loadFolder(t, {
    "config.yaml": aConfig({ links: [link] }),
    "secrets.yaml": secrets,
  });
  const options = config?.links.get("broker")?.options;
  assert.match(JSON.stringify(options), /hidden-word/);
  assert.doesNotMatch(problems.join("\n"), /hidden-word|BEGIN CERT/);
});

test("whatever stands behind url, it is an address or told", () => {
  const text = fc.string({ unit: fc.constantFrom(..."mqts:/[]@.%#?019afh ") });
  fc.assert(
    fc.property(text, (rest) => {
      const { success, data } = optionsSchema.safeParse({ url: `mqtt://${rest}` });
      if (success) assert.match(urlOf(data.broker), /^mqtt:\/\/.+:\d+$/);
    }),
  );
});
