/** The addon's AEAD beside that of node:crypto. */
import assert from "node:assert/strict";
import { type CipherCCMTypes, createCipheriv } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { dtlsAddon } from "../support/dtls.ts";

const SALT = Uint8Array.of(1, 2, 3, 4);

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

for (const [cipher, keyLength, tagLength] of [
  ["aes-128-ccm", 16, 8],
  ["aes-256-ccm", 32, 8],
  ["aes-128-gcm", 16, 16],
  ["aes-256-gcm", 32, 16],
] as const) {
  test(`${cipher} seals as Node does, and opens that and nothing else, one record after the other`, (t) => {
    const native = dtlsAddon(t);
    if (native === undefined) return;
    const key = new Uint8Array(keyLength).fill(7);
    const aead = new native.Aead(cipher, tagLength, key, SALT);
    // Over more than a block, and over more than the code for many blocks takes at once.
    const content = fc.oneof(fc.uint8Array({ maxLength: 300 }), bytes(16384));
    fc.assert(
      fc.property(content, bytes(8), fc.uint8Array({ maxLength: 40 }), fc.nat(), (inner, nonce, data, at) => {
        const node = createCipheriv(cipher as CipherCCMTypes, key, Buffer.concat([SALT, nonce]), {
          authTagLength: tagLength,
        });
        node.setAAD(data, { plaintextLength: inner.length });
        const sealed = node.update(inner);
        node.final();
        const fragment = Buffer.concat([nonce, sealed, node.getAuthTag()]);
        assert.deepEqual(Buffer.from(aead.seal(inner, nonce, data)), fragment);
        const changed = at % fragment.length;
        assert.equal(aead.open(fragment.with(changed, (fragment[changed] ?? 0) ^ 1), data), undefined);
        assert.equal(aead.open(fragment, Buffer.concat([data, SALT])), undefined);
        assert.deepEqual(Buffer.from(aead.open(fragment, data) ?? []), Buffer.from(inner));
      }),
    );
    aead.dispose();
  });
}

test("any fragment, also one that is too short for a tag, is opened by nobody", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const aead = new native.Aead("aes-128-ccm", 8, new Uint8Array(16), SALT);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 20 }), (fragment, data) => {
      assert.equal(aead.open(fragment, data), undefined);
    }),
  );
});

test("what is no cipher, key, salt, tag or nonce is refused with a sentence", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const key = new Uint8Array(16);
  assert.throws(() => new native.Aead("aes-128-cbc", 16, key, SALT), /aes-128-cbc is neither GCM nor CCM/);
  assert.throws(() => new native.Aead("rot13", 16, key, SALT), /there is no cipher rot13/);
  assert.throws(() => new native.Aead("aes-256-gcm", 16, key, SALT), /this is no key of aes-256-gcm/);
  assert.throws(() => new native.Aead("aes-128-gcm", 16, key, key), /the salt of a nonce has 4 bytes/);
  for (const tagLength of [0, 8, 17]) {
    assert.throws(() => new native.Aead("aes-128-gcm", tagLength, key, SALT), /a tag has 16 bytes, with CCM also 8/);
  }
  const aead = new native.Aead("aes-128-gcm", 16, key, SALT);
  assert.throws(() => aead.seal(new Uint8Array(65536), new Uint8Array(8), key), /this cannot be sealed/);
  assert.throws(() => aead.seal(key, SALT, key), /the explicit part of a nonce has 8 bytes/);
});
