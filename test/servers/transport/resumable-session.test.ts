import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR } from "../../../src/clock.ts";
import type { DtlsSession } from "../../../src/dtls/association.ts";
import { ResumableSession } from "../../../src/servers/transport/resumable-session.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const session = (resumed: boolean, ...resumption: readonly number[]): DtlsSession => ({
  ...{ suite: 0xc0a8, resumed, extendedMasterSecret: true, maxPayload: 1200, connectionId: false },
  ...(resumption.length === 0 ? {} : { resumption: Uint8Array.from(resumption) }),
});

test("what the newest handshake left is offered; who resumes without a new ticket keeps the one that it has", () => {
  const resumable = new ResumableSession(new FakeClock(), "psk");
  assert.equal(resumable.offer, undefined);
  resumable.keep(session(false, 1));
  assert.deepEqual([...(resumable.offer ?? [])], [1]);
  resumable.keep(session(true, 2));
  assert.deepEqual([...(resumable.offer ?? [])], [2]);
  resumable.keep(session(true));
  assert.deepEqual([...(resumable.offer ?? [])], [2]);
  resumable.keep(session(false));
  assert.equal(resumable.offer, undefined, "another session, of which nothing is left");
  resumable.keep(session(false, 3));
  resumable.drop();
  assert.equal(resumable.offer, undefined);
});

test("a certificate is seen again after a day, however often its session was taken up meanwhile; a key needs not", async () => {
  for (const [mode, offered] of [
    ["x509", false],
    ["rpk", true],
    ["psk", true],
  ] as const) {
    const clock = new FakeClock();
    const resumable = new ResumableSession(clock, mode);
    resumable.keep(session(false, 1));
    await clock.advance(23 * HOUR);
    assert.notEqual(resumable.offer, undefined);
    resumable.keep(session(true, 2));
    await clock.advance(HOUR);
    assert.equal(resumable.offer !== undefined, offered);
    resumable.keep(session(false, 3));
    assert.notEqual(resumable.offer, undefined);
  }
});
