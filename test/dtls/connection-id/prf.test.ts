import assert from "node:assert/strict";
import { test } from "node:test";
import { type PrfHash, prf } from "../../../src/dtls/connection-id/prf.ts";

interface Vector {
  readonly hash: PrfHash;
  readonly source: string;
  readonly secret: string;
  readonly label: string;
  readonly seed: string;
  readonly output: string;
}

const IETF = "the TLS working group's list, 2009: test vectors for the PRF of TLS 1.2";
const MBEDTLS = "Mbed TLS 3.5.1, tests/suites/test_suite_ssl.data";

const VECTORS: readonly Vector[] = [
  {
    hash: "sha256",
    source: IETF,
    secret: "9bbe436ba940f017b17652849a71db35",
    label: "test label",
    seed: "a0ba9f936cda311827a6f796ffd5198c",
    output:
      "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66",
  },
  {
    hash: "sha384",
    source: IETF,
    secret: "b80b733d6ceefcdc71566ea48e5567df",
    label: "test label",
    seed: "cd665cf6a8447dd6ff8b27555edb7465",
    output:
      "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f",
  },
  {
    hash: "sha256",
    source: MBEDTLS,
    secret: "1234567890abcdef".repeat(6),
    label: "test tls_prf label",
    seed: "1234567890abcdef".repeat(8),
    output: "7f9998393198a02c8d731ccc2ef90b2c",
  },
  {
    hash: "sha384",
    source: MBEDTLS,
    secret: "1234567890abcdef".repeat(6),
    label: "test tls_prf label",
    seed: "1234567890abcdef".repeat(8),
    output: "a4206a36eef93f496611c2b7806625c3",
  },
];

for (const { hash, source, secret, label, seed, output } of VECTORS) {
  test(`the PRF by ${hash} gives what is known of it (${source})`, () => {
    const labelAndSeed = Buffer.concat([Buffer.from(label), Buffer.from(seed, "hex")]);
    const given = prf(hash, Buffer.from(secret, "hex"), labelAndSeed, output.length / 2);
    assert.equal(Buffer.from(given).toString("hex"), output);
  });
}
