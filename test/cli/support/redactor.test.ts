import assert from "node:assert/strict";
import test from "node:test";
import { Redactor } from "../../../src/cli/support/redactor.ts";

const hide = (text: string, ...secrets: readonly string[]): string => new Redactor(secrets).text(text);

test("a known secret goes in every form in which programs write it", () => {
  const hex = "8f1e2d3c4b5a6978";
  const bytes = Buffer.from(hex, "hex");
  for (const form of [
    hex,
    hex.toUpperCase(),
    bytes.toString("base64"),
    "8f:1e:2d:3c:4b:5a:69:78",
    [...bytes].join(","),
  ]) {
    assert.equal(hide(`key is <${form}>`, hex), "key is <(hidden)>", form);
  }
  const words = "correct horse";
  for (const form of [
    words,
    Buffer.from(words).toString("hex"),
    Buffer.from(words).toString("base64"),
    "correct%20horse",
  ]) {
    assert.equal(hide(`<${form}>`, words), "<(hidden)>", form);
  }
  assert.equal(hide('{"a":"say \\"it\\" loud"}', 'say "it" loud'), '{"a":"(hidden)"}');
});

test("each line of a key file is one", () => {
  const line = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
  const pem = `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----\n`;
  assert.ok(!hide(`only ${line.toLowerCase()} ${line}`, pem).includes(line));
  assert.equal(hide(`x ${pem} y`), "x (hidden)\n y");
  assert.equal(hide(JSON.stringify({ pem })), '{"pem":"(hidden)\\n"}');
});

test("unknown secrets go by the place where they stand", () => {
  assert.equal(hide("mqtt://me:hunter2@broker/x http://10.0.0.1/a@b"), "mqtt://(hidden)@broker/x http://10.0.0.1/a@b");
  assert.equal(hide("Authorization: Bearer abc.def"), "Authorization: Bearer (hidden)");
  assert.equal(hide('{"password":"hunter2","other":1}'), '{"password":"(hidden)","other":1}');
  assert.equal(hide("admin_token: hunter2"), "admin_token: (hidden)");
  assert.equal(hide("key: !secret psk, password: !secret mqtt"), "key: !secret psk, password: !secret mqtt");
  assert.equal(hide('{"psk": { "identity": 1 }}'), '{"psk": { "identity": 1 }}');
});

test("what looks like a key goes; what only looks long stays", () => {
  for (const key of [
    "00112233445566778899aabbccddeeff",
    "q8fJk2Lw9xZ0bVtR5nYhGd==",
    "dGhpcyBpcyBBIHNlY3JldCAxMjM0NTY3OA==",
  ]) {
    assert.equal(hide(`value ${key} here`), "value (hidden) here", key);
  }
  for (const text of [
    "urn:dev:ops:32473-gateway-0001",
    "/home/gateway/lwm2m-gateway-2/mappings/eastron-sdm630.yaml",
    "climate-attic-living-room-2, 17955203432345678901234",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
    "at loadConfigurationFromDirectory (file:///opt/x.ts:1:2)",
    "2026-11-23T13:00:21.235Z",
  ]) {
    assert.equal(hide(text), text);
  }
});

test("of hardware addresses the maker stays, and which is which", () => {
  assert.equal(
    hide("A4:C1:38:01:02:03 heard, a4:c1:38:01:02:03 again, A4:C1:38:99:02:03, 00:00:00:00:00:00"),
    "A4:C1:38:xx:xx:#1 heard, a4:c1:38:xx:xx:#1 again, A4:C1:38:xx:xx:#2, 00:00:00:00:00:00",
  );
});
