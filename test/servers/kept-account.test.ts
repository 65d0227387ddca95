import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../src/clock.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { type AccountSettings, accountOf, type ServerAccount } from "../../src/servers/account.ts";
import { restoreWritten, writtenOf } from "../../src/servers/kept-account.ts";
import { isExpected } from "../../src/servers/kept-state.ts";

const SETTINGS: AccountSettings = { id: 101, lifetime: 300 * SECOND, pmin: 5 * SECOND };
const SERVER_OBJECT = catalogue.find(1, "1.2");

function restored(text: string, settings: AccountSettings = SETTINGS, instance = 0): ServerAccount {
  const account = accountOf(settings, instance);
  assert.ok(SERVER_OBJECT !== undefined);
  restoreWritten(account, text, SERVER_OBJECT);
  return account;
}

test("an account as it is configured leaves nothing to keep", () => {
  assert.equal(writtenOf(accountOf(SETTINGS, 0)), undefined);
});

test("what was written comes back, what was taken away stays away", () => {
  const account = accountOf(SETTINGS, 0);
  account.lifetime = 60;
  account.defaultMinimumPeriod = undefined;
  account.notificationStoring = false;
  account.queueMode = true;
  account.retry.count = 3;
  account.preferredTransport = "T";
  account.notificationMode = 0;
  account.supportedVersions = new Map([
    [0, "1.1"],
    [4, "1.2"],
  ]);
  const text = writtenOf(account) ?? "";
  assert.deepEqual(restored(text), account);
});

test("a value that is configured in another way by now wins, and the others stand", () => {
  const account = accountOf(SETTINGS, 0);
  account.lifetime = 60;
  account.defaultMinimumPeriod = 7;
  const text = writtenOf(account) ?? "";
  const { lifetime, defaultMinimumPeriod } = restored(text, { ...SETTINGS, lifetime: 900 * SECOND });
  assert.deepEqual([lifetime, defaultMinimumPeriod], [900, 7]);
  assert.equal(restored(text, { id: 101, lifetime: 300 * SECOND }).defaultMinimumPeriod, undefined);
});

test("whatever is written and configured: it comes back, and is written in the same way again", () => {
  const seconds = fc.nat(0xffff_ffff);
  const maybe = fc.option(seconds, { nil: undefined });
  const settings = fc.record(
    {
      id: fc.constant(1),
      lifetime: seconds.map((s) => s * SECOND),
      pmin: seconds.map((s) => s * SECOND),
      muteSend: fc.boolean(),
    },
    { requiredKeys: ["id", "lifetime"] },
  );
  const written = fc.record({
    lifetime: seconds,
    defaultMinimumPeriod: maybe,
    defaultMaximumPeriod: maybe,
    disableTimeout: seconds,
    notificationStoring: fc.boolean(),
    queueMode: fc.boolean(),
    muteSend: fc.boolean(),
    retry: fc.record({ count: maybe, timer: maybe, sequenceDelay: maybe, sequenceCount: maybe }),
    notificationMode: fc.constantFrom(undefined, 0 as const, 1 as const),
  });
  fc.assert(
    fc.property(settings, written, (configured, { retry, ...values }) => {
      const account = Object.assign(accountOf(configured, 2), values);
      Object.assign(account.retry, retry);
      const text = writtenOf(account);
      const again = text === undefined ? accountOf(configured, 2) : restored(text, configured, 2);
      assert.deepEqual(again, account);
      assert.equal(writtenOf(again), text);
    }),
  );
});

test("text that is no such thing is refused, and nothing is changed", () => {
  const cases = [
    "",
    "null",
    "7",
    "[1]",
    '{"1":60}',
    '{"1":[-1,300]}',
    '{"1":["x",300]}',
    '{"0":[5,101]}',
    '{"99":[1,null]}',
  ];
  cases.push(
    '{"2":[7,5],"25":[[[0,"x"]],null]}',
    '{"7":["UQ",false]}',
    '{"26":[2,null]}',
    '{"25":[["1.1"],null]}',
    '{"x":[1,1]}',
  );
  for (const text of cases) {
    const account = accountOf(SETTINGS, 0);
    assert.ok(SERVER_OBJECT !== undefined);
    const definition = SERVER_OBJECT;
    assert.throws(() => restoreWritten(account, text, definition), isExpected, text);
    assert.deepEqual(account, accountOf(SETTINGS, 0), text);
  }
  const json = fc.json();
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        json,
        fc.dictionary(fc.nat(30).map(String), fc.tuple(fc.jsonValue(), fc.jsonValue())).map((o) => JSON.stringify(o)),
      ),
      (text) => {
        try {
          restored(text);
        } catch (error) {
          assert.ok(isExpected(error), String(error));
        }
      },
    ),
  );
});
