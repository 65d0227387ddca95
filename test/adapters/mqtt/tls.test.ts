import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { anMqttBroker } from "../../support/an-mqtt-broker.ts";
import { mqttCertificates } from "../../support/mqtt-certificates.ts";
import { anMqttLink } from "../../support/mqtt-world.ts";
import { temporaryDirectory } from "../../support/temp.ts";

test("a broker that wants a client certificate gets it, from files or as text", async (t) => {
  const files = mqttCertificates(t);
  if (files === undefined) return;
  const text = (name: string): string => files[name]?.toString() ?? "";
  const folder = temporaryDirectory(t);
  const file = (name: string): string => {
    writeFileSync(join(folder, name), text(name), { mode: 0o600 });
    return join(folder, name);
  };
  const tls = { cert: text("broker.crt"), key: text("broker.key"), ca: text("ca.crt") };
  const broker = await anMqttBroker(t, { tls: { ...tls, requestCert: true, rejectUnauthorized: true } });
  const url = `mqtts://127.0.0.1:${broker.port}`;
  await anMqttLink(t, {
    url,
    ca: file("ca.crt"),
    certificate: file("client.crt"),
    key: file("client.key"),
    client_id: "files",
  });
  await anMqttLink(t, {
    url,
    ca: [text("other.crt"), text("ca.crt")],
    certificate: text("client.crt"),
    key: text("client.key"),
    client_id: "texts",
  });
  const names = await broker.connected.count(2);
  assert.deepEqual(names.toSorted(), ["files", "texts"]);
});

test("what is wrong with certificates is told in words", async (t) => {
  const files = mqttCertificates(t);
  if (files === undefined) return;
  const text = (name: string): string => files[name]?.toString() ?? "";
  const tls = { cert: text("broker.crt"), key: text("broker.key"), ca: text("ca.crt") };
  const open = await anMqttBroker(t, { tls });
  const strict = await anMqttBroker(t, { tls: { ...tls, requestCert: true, rejectUnauthorized: true } });
  const plain = await anMqttBroker(t);
  const ca = text("ca.crt");
  const url = `mqtts://127.0.0.1:${open.port}`;
  const wants = `mqtts://127.0.0.1:${strict.port}`;
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    [{ url }, /^the broker's certificate is of a CA that is not trusted: give its file as ca$/],
    [{ url, ca: text("other.crt") }, /^the broker's certificate is (?:of a CA that is not trusted|not of the CA)/],
    [{ url, ca, server_name: "else.example" }, /^the broker's certificate has another name: /],
    [{ url: wants, ca }, /^the broker wants a client certificate: give certificate and key$/],
    [
      { url: wants, ca, certificate: text("stranger.crt"), key: text("stranger.key") },
      /does not trust the CA of our certificate|or not accept ours/,
    ],
    [{ url, ca, certificate: text("client.crt"), key: text("broker.key") }, /^certificate and key: .*mismatch/],
    [
      { url, ca: "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n" },
      /^ca: the text holds no certificate in PEM$/,
    ],
    [
      { url: `mqtt://127.0.0.1:${open.port}` },
      /^the broker closed the connection before it answered: is it its port for TLS/,
    ],
    [
      { url: `mqtts://127.0.0.1:${plain.port}` },
      /^(?:there is no TLS: is it the broker's port for mqtt:\/\/\?|the broker closed the connection before it answered)/,
    ],
  ];
  for (const [keys, expected] of cases) {
    const { log } = await anMqttLink(t, keys);
    const { fields } = await log.find(({ level }) => level === "warn");
    const { reason } = fields;
    assert.match(String(reason), expected, JSON.stringify(Object.keys(keys)));
  }
});
