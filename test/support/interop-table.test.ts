import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { InteropTable } from "./interop-table.ts";

test("the table counts each case for the peers that it was run against", () => {
  const table = new InteropTable();
  for (const event of [
    ended("test:pass", "a.test.ts"),
    says("a.test.ts", "against libcoap 4.3.1"),
    says("a.test.ts", "something else"),
    ended("test:fail", "a.test.ts"),
    says("a.test.ts", "against libcoap 4.3.1"),
    says("a.test.ts", "against tshark 4.0.17"),
    ended("test:pass", "b.test.ts", { skip: "no Java here" }),
    says("b.test.ts", "against Leshan 2.0.0-M18"),
    ended("test:pass", "c.test.ts", { nesting: 1 }),
    ended("test:pass", "c.test.ts"),
  ]) {
    table.take(event);
  }
  assert.equal(
    table.toText(),
    `
peer       version    cases  passed  skipped  failed
Leshan     2.0.0-M18      1       0        1       0
c.test.ts                 1       1        0       0
libcoap    4.3.1          2       1        0       1
tshark     4.0.17         1       0        0       1

skipped: no Java here
`,
  );
});

test("a second table counts what was tried in which layout", () => {
  const table = new InteropTable();
  for (const event of [
    ended("test:pass", "a.test.ts"),
    says("a.test.ts", "against Leshan 2.0.0-M18"),
    says("a.test.ts", "shown as instances: TLV"),
    ended("test:fail", "a.test.ts"),
    says("a.test.ts", "against Leshan 2.0.0-M18"),
    says("a.test.ts", "shown as instances: TLV"),
    says("a.test.ts", "shown as instances: history"),
    ended("test:pass", "b.test.ts"),
    says("b.test.ts", "against Leshan 2.0.0-M18"),
    says("b.test.ts", "shown as clients: SENML_CBOR"),
  ]) {
    table.take(event);
  }
  assert.equal(
    table.toText(),
    `
peer    version    cases  passed  skipped  failed
Leshan  2.0.0-M18      3       2        0       1

layout     tried       cases  passed  skipped  failed
clients    SENML_CBOR      1       1        0       0
instances  TLV             2       1        0       1
instances  history         1       0        0       1

`,
  );
});

function ended(type: "test:pass" | "test:fail", file: string, more: object = {}): TestEvent {
  return { type, data: { name: "a case", nesting: 0, file, ...more } } as TestEvent;
}

function says(file: string, message: string): TestEvent {
  return { type: "test:diagnostic", data: { message, nesting: 0, file } } as TestEvent;
}
