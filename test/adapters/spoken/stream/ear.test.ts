import assert from "node:assert/strict";
import { test } from "node:test";
import { Ear } from "../../../../adapters/spoken/stream/ear.ts";
import { deviceSchema } from "../../../../adapters/spoken/stream/section.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

const device = deviceSchema.parse({
  frame: { end: "\r\n" },
  requests: { weigh: { send: "SI\r\n", expect: "S S +(?<weight>[\\d.]+) g", fail: { "S I": "busy" } } },
  messages: { key: { match: "KEY (?<key>\\d)" }, other: { match: "[A-Z]+.*" } },
});
const weigh = device.requests.get("weigh") ?? assert.fail();

function anEar() {
  const said: string[] = [];
  const ear = new Ear(device, new FakeClock(), (name, { text }) => said.push(`${name}: ${text}`));
  return { ear, said, push: (text: string) => ear.push(Buffer.from(text, "latin1")) };
}

test("a refusal that comes before anybody waits for it is kept", async () => {
  const { ear, push } = anEar();
  const { answer } = ear.expect(weigh);
  push("S I\r\n");
  await settle();
  await assert.rejects(answer, { kind: "rejected", message: "busy" });
});

test("what comes beside the awaited answer is a message, of the first kind that fits, or unknown", async () => {
  const { ear, said, push } = anEar();
  const { answer, heard, forget } = ear.expect(weigh);
  assert.equal(heard(), undefined);
  push("KEY 3\r\nHELLO\r\n17\r\n");
  assert.deepEqual(said, ["key: KEY 3", "other: HELLO"]);
  assert.equal(heard(), '"17" came, which is none');
  push("S S 1.5 g\r\n");
  assert.equal((await answer).fields.get("weight"), "1.5");
  forget();
  push("S S 2.5 g\r\n");
  assert.deepEqual(said.slice(2), ["other: S S 2.5 g"]);
  assert.equal(ear.junk.unknown, 1);
});

test("bytes without an end are told as what they are", () => {
  const { ear, push } = anEar();
  const { heard } = ear.expect(weigh);
  push("\x80\x81\x82");
  assert.match(heard() ?? "", /^3 bytes came that make no frame: are speed and parity right/);
});
