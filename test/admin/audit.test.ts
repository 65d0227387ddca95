import assert from "node:assert/strict";
import test from "node:test";
import { Audit } from "../../src/admin/audit.ts";
import type { ApiRequest, Route } from "../../src/admin/route.ts";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

const ROUTE: Route = {
  method: "POST",
  path: "/v1/links/{id}/ask",
  writes: true,
  about: ({ body }) => {
    if (body === "wrong") throw new RangeError("wrong");
    return { about: body };
  },
  answer: () => undefined,
};

function request(id: string, body: unknown = 1): ApiRequest {
  return { params: { id }, query: new URLSearchParams("secret=1"), body, signal: new AbortController().signal };
}

function anAudit() {
  const lines: LogLine[] = [];
  const clock = new FakeClock();
  return { lines, clock, audit: new Audit(recordingLogger(lines), clock) };
}

test("a wish is one line: who, what, of what, and what became of it", () => {
  const { audit, lines } = anAudit();
  audit.tell({ by: "HTTP ::1", route: ROUTE, request: request("a/b") }, "done");
  audit.tell({ by: "admin socket", route: ROUTE, request: request("bus", "wrong") }, "refused", "x".repeat(1000));
  audit.tell({ by: "admin socket", route: { ...ROUTE, method: "GET" }, request: request("bus") }, "failed");
  assert.deepEqual(
    lines.map(({ fields }) => fields),
    [
      { by: "HTTP ::1", request: "POST /v1/links/a%2Fb/ask", outcome: "done", about: 1 },
      { by: "admin socket", request: "POST /v1/links/bus/ask", outcome: "refused", reason: "x".repeat(200) },
      { by: "admin socket", request: "GET /v1/links/bus/ask", outcome: "failed", about: 1 },
    ],
  );
});

test("what only asks is no line", () => {
  const { audit, lines } = anAudit();
  const { writes: _, ...asking } = ROUTE;
  audit.tell({ by: "admin socket", route: asking, request: request("bus") }, "done");
  assert.deepEqual(lines, []);
});

test("of one cause thirty lines a minute are written, and the rest is counted", () => {
  const { audit, lines, clock } = anAudit();
  for (let n = 0; n < 100; n++) audit.tell({ by: "admin socket", route: ROUTE, request: request("bus", n) }, "done");
  audit.tell({ by: "admin socket", route: ROUTE, request: request("bus") }, "failed");
  assert.equal(lines.length, 31, "another outcome is another cause");
  clock.advanceSync(MINUTE);
  assert.deepEqual(lines.at(-1)?.fields, {
    ...{ by: "admin socket", request: "POST /v1/links/bus/ask", outcome: "done" },
    more: 70,
  });
  audit.tell({ by: "admin socket", route: ROUTE, request: request("bus") }, "done");
  assert.equal(lines.length, 33, "and another minute begins");
  clock.advanceSync(MINUTE + SECOND);
  assert.equal(lines.length, 33);
});

test("many causes are told of in one, so that nothing grows", () => {
  const { audit, lines, clock } = anAudit();
  for (let n = 0; n < 1000; n++) audit.tell({ by: `HTTP 10.0.0.${n}`, route: ROUTE, request: request("bus") }, "done");
  assert.ok(lines.length <= 131, String(lines.length));
  clock.advanceSync(MINUTE);
  assert.deepEqual(lines.at(-1)?.fields, { more: 870 });
});
