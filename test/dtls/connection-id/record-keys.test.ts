/** Keys and protection of records, by what others said to each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeInnerPlaintext } from "../../../src/dtls/connection-id/inner-plaintext.ts";
import { type RecordKeys, recordKeys } from "../../../src/dtls/connection-id/record-keys.ts";
import { nonceOf, type RecordProtection } from "../../../src/dtls/connection-id/record-protection.ts";
import {
  cidAdditionalData,
  type DtlsRecord,
  encodeCidRecord,
  splitRecords,
} from "../../../src/dtls/connection-id/records.ts";
import type { NativeDtls } from "../../../src/dtls/native.ts";
import { CIPHER_SUITES } from "../../../src/dtls/suites.ts";
import { dtlsAddon } from "../../support/dtls.ts";
import { RECORDED_SESSIONS, type RecordedRecord, type RecordedSession } from "../../vectors/connection-id.ts";

const hex = (digits: string): Uint8Array => Buffer.from(digits, "hex");

function keysOf(native: NativeDtls, { suite, masterSecret, clientRandom, serverRandom }: RecordedSession): RecordKeys {
  const [secret, client, server] = [masterSecret, clientRandom, serverRandom].map(hex);
  assert.ok(secret !== undefined && client !== undefined && server !== undefined);
  return recordKeys(native, { suite, masterSecret: secret, clientRandom: client, serverRandom: server });
}

function recordOf({ bytes, from }: RecordedRecord, { connectionIds }: RecordedSession): DtlsRecord {
  const [record] = splitRecords(hex(bytes), connectionIds[from].length / 2);
  assert.ok(record !== undefined);
  return record;
}

for (const session of RECORDED_SESSIONS) {
  const suite = CIPHER_SUITES.find(({ number }) => number === session.suite)?.name;
  test(`records of mbedTLS by ${suite} are opened, and sealed again they are the same`, (t) => {
    const native = dtlsAddon(t);
    if (native === undefined) return;
    const keys = keysOf(native, session);
    for (const recorded of session.records) {
      const { head, fragment, connectionId, bytes } = recordOf(recorded, session);
      const protection = keys[recorded.from];
      assert.equal(Buffer.from(connectionId).toString("hex"), session.connectionIds[recorded.from]);
      const data = cidAdditionalData(connectionId, head, fragment.length - protection.overhead);
      const inner = protection.open(fragment, data);
      assert.ok(inner !== undefined);
      const { type, length, begins } = recorded.content;
      const content = decodeInnerPlaintext(inner);
      assert.deepEqual([content?.type, content?.bytes.length], [type, length]);
      assert.ok(
        Buffer.from(content?.bytes ?? [])
          .toString("hex")
          .startsWith(begins),
      );
      const sealed = encodeCidRecord(connectionId, head, protection.seal(inner, nonceOf(fragment), data));
      assert.deepEqual(Buffer.from(sealed), Buffer.from(bytes));
    }
  });

  test(`of a record by ${suite} no byte can be another one`, (t) => {
    const native = dtlsAddon(t);
    if (native === undefined) return;
    const keys = keysOf(native, session);
    const [recorded] = session.records;
    assert.ok(recorded !== undefined);
    for (let i = 0; i < recorded.bytes.length / 2; i++) {
      const bytes = hex(recorded.bytes);
      bytes[i] = (bytes[i] ?? 0) ^ 1;
      const [record] = splitRecords(bytes, session.connectionIds[recorded.from].length / 2);
      // A longer record than there are bytes is none; the type is no part of what is authenticated, for it is always the same.
      if (record === undefined || i === 0) continue;
      const { head, fragment, connectionId } = record;
      const protection: RecordProtection = keys[recorded.from];
      const data = cidAdditionalData(connectionId, head, fragment.length - protection.overhead);
      assert.equal(protection.open(fragment, data), undefined, `byte ${i}`);
    }
  });
}

test("there are keys for each suite that authenticates what it encrypts, and for no other", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const source = {
    masterSecret: new Uint8Array(48),
    clientRandom: new Uint8Array(32),
    serverRandom: new Uint8Array(32),
  };
  for (const { number, aead, name } of CIPHER_SUITES) {
    const making = (): RecordKeys => recordKeys(native, { ...source, suite: number });
    if (!aead) assert.throws(making, /no keys are made/, name);
    else assert.equal(making().client.overhead, name.includes("CCM_8") ? 16 : 24, name);
  }
});

test("after it was wiped a protection opens nothing that it opened before, and seals nothing", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const [session] = RECORDED_SESSIONS;
  const [recorded] = session?.records ?? [];
  assert.ok(session !== undefined && recorded !== undefined);
  const keys = keysOf(native, session);
  const { head, fragment, connectionId } = recordOf(recorded, session);
  const data = cidAdditionalData(connectionId, head, fragment.length - keys.client.overhead);
  assert.ok(keys.client.open(fragment, data) !== undefined);
  keys.client.wipe();
  keys.client.wipe();
  assert.equal(keys.client.open(fragment, data), undefined);
  assert.throws(() => keys.client.seal(fragment, nonceOf(fragment), data), /the keys were disposed of/);
});
