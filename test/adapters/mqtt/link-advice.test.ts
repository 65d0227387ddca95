import assert from "node:assert/strict";
import { test } from "node:test";
import { adviseLinks } from "../../../adapters/mqtt/link-advice.ts";
import { optionsSchema } from "../../../adapters/mqtt/options.ts";

test("two clients of one name, a password in the open and files that are not there are told", async () => {
  const links: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    one: { url: "mqtt://Broker", client_id: "gw" },
    two: { url: "mqtt://broker:1883", client_id: "gw" },
    other: { url: "mqtt://elsewhere", client_id: "gw" },
    unnamed: { url: "mqtt://broker" },
    alike: { url: "mqtt://broker" },
    open: { url: "mqtt://broker", user: "u", password: "p" },
    near: { url: "mqtt://127.0.0.1", user: "u", password: "p" },
    local: { url: "mqtt://localhost", user: "u", password: "p" },
    safe: { url: "mqtts://broker", user: "u", password: "p" },
    lost: { url: "mqtts://broker", ca: "/no/such/ca.pem" },
    wrong: { url: "mqtts://broker", ca: "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n" },
  };
  const named = Object.entries(links).map(([id, keys]) => ({ id, options: optionsSchema.parse(keys) }));
  assert.deepEqual(
    (await adviseLinks(named)).map(({ link, message }) => `${link}: ${message}`),
    [
      'two: the link "one" is the client "gw" of that broker already: each would end the connection of the other; give another client_id, or put the devices of both on one link',
      "open: mqtt://broker:1883: the password goes over the network as plain text, and so does all else; write mqtts:// where the broker has TLS",
      "lost: ca: /no/such/ca.pem cannot be read: ENOENT: no such file or directory, open '/no/such/ca.pem': there will be no connection to the broker",
      "wrong: ca: the text holds no certificate in PEM: there will be no connection to the broker",
    ],
  );
});
