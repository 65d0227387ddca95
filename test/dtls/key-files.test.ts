import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { certificatesIn, privateKeyIn, publicKeyIn } from "../../src/dtls/key-files.ts";
import { ConfigError } from "../../src/errors.ts";
import { credentialFiles } from "../support/credential-files.ts";

function sentence(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message).join("\n");
    throw error;
  }
  return "it was taken";
}

test("a private key is the same in PKCS #8 and as RFC 5915 has it, in PEM and DER, with parameters or certificates beside it", (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const key = createPrivateKey(files["gw.key"] ?? assert.fail());
  const der = key.export({ format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  for (const name of ["gw.key", "gw.der.key", "gw.sec1.key", "gw.sec1.der.key", "params.key", "both.key"]) {
    const found = privateKeyIn(files[name] ?? assert.fail(name));
    assert.deepEqual([found.der, found.publicKey], [der, spki], name);
  }
  assert.equal(privateKeyIn(files["p384.key"] ?? assert.fail()).key.asymmetricKeyDetails?.namedCurve, "secp384r1");
});

test("what is no private key that can be used is told by what it is", (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const told: Readonly<Record<string, RegExp>> = {
    "gw.crt": /^expected a private key, found a certificate$/,
    "gw.crt.der": /^expected a private key, found a certificate$/,
    "gw.pub": /^expected a private key, found a public key$/,
    "server.pub.der": /^expected a private key, found a public key$/,
    "gw.csr": /^expected a private key, found a certificate request/,
    "gw.p12": /^expected a private key, found PKCS #12 \(openssl pkcs12 /,
    "gw.p7b": /^expected a private key, found PKCS #7 \(openssl pkcs7 /,
    "gw.encrypted.key": /^the private key is encrypted.*openssl pkey -in FILE -out NEW/,
    "gw.encrypted.der.key": /^the private key is encrypted/,
    "gw.sec1.encrypted.key": /^the private key is encrypted/,
    "rsa.key": /^the private key is one of type RSA; expected an EC key on P-256/,
    "ed25519.key": /^the private key is one of type ED25519; expected an EC key on P-256/,
    "p521.key": /^the private key is one on secp521r1; expected an EC key on P-256/,
    "two.key": /^expected one private key, found several$/,
    "cut.key": /^a block begins with -----BEGIN PRIVATE KEY----- and has no end: is the file cut off\?$/,
    "dirty.key": /^between the lines of PRIVATE KEY there is more than base64$/,
  };
  for (const [name, pattern] of Object.entries(told)) {
    const file = files[name] ?? assert.fail(name);
    assert.match(
      sentence(() => privateKeyIn(file)),
      pattern,
      name,
    );
  }
  assert.equal(
    sentence(() => privateKeyIn(Buffer.alloc(0))),
    "expected a private key, found nothing",
  );
});

test("a public key and certificates are read from PEM and DER, and told from what else there is", (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const of = (name: string): Buffer => files[name] ?? assert.fail(name);
  assert.deepEqual(publicKeyIn(of("server.pub")), publicKeyIn(of("server.pub.der")));
  for (const form of ["hex", "base64"] as const) {
    const text = Buffer.from(`${of("server.pub.der").toString(form)}\n`);
    assert.deepEqual(publicKeyIn(text), publicKeyIn(of("server.pub.der")), form);
  }
  assert.equal(
    sentence(() => publicKeyIn(of("server.crt"))),
    "expected a public key, found a certificate",
  );
  assert.equal(
    sentence(() => publicKeyIn(of("server.key"))),
    "expected a public key, found a private key",
  );
  const subjects = certificatesIn(of("chain.crt")).map(({ subject }) => subject);
  assert.deepEqual(subjects, ["CN=gateway-1\nO=Acme", "CN=Intermediate"]);
  assert.deepEqual(certificatesIn(of("gw.crt.der"))[0]?.raw, certificatesIn(of("gw.crt"))[0]?.raw);
  for (const name of ["gw.key", "gw.der.key"]) {
    assert.equal(
      sentence(() => certificatesIn(of(name))),
      "expected a certificate, found a private key",
    );
  }
});

test("any bytes are a key, a certificate or a ConfigError, and no sentence quotes them", (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const readers = [privateKeyIn, publicKeyIn, certificatesIn];
  const check = (bytes: Uint8Array): void => {
    for (const read of readers) assert.ok(sentence(() => read(bytes)).length < 400);
  };
  const originals = ["gw.key", "gw.der.key", "gw.sec1.key", "chain.crt", "gw.crt.der", "server.pub"].map(
    (name) => files[name] ?? assert.fail(name),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), check), { numRuns: 300 });
  const mutation = fc.record({
    original: fc.constantFrom(...originals),
    at: fc.nat(),
    byte: fc.nat(255),
    cut: fc.nat(),
  });
  fc.assert(
    fc.property(mutation, ({ original, at, byte, cut }) => {
      const bytes = Buffer.from(original);
      bytes[at % bytes.length] = byte;
      check(bytes.subarray(0, cut % 2 === 0 ? bytes.length : cut % bytes.length));
    }),
    { numRuns: 600 },
  );
});
