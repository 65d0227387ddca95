/** What the last test of each leshan file relies on: that tshark does complain where there is something to complain of. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { encodeMessage, TYPE } from "../../src/coap/message.ts";
import { NO_PAYLOAD, OPTION, stringOptions, uintOption } from "../../src/coap/options.ts";
import { dissect } from "./leshan/tshark.ts";
import { WireRecorder } from "./leshan/wire-recorder.ts";

const OPTIONS = [...stringOptions(OPTION.uriPath, ["3", "0"]), uintOption(OPTION.accept, 112)];
const GET = encodeMessage(TYPE.con, 7, Uint8Array.of(1, 2), { code: CODE.get, options: OPTIONS, payload: NO_PAYLOAD });

test("tshark reads a recorded message as CoAP", async (t) => {
  const found = await recorded(t, GET);
  assert.deepEqual(found && [found.packets, [...found.codes], found.complaints], found && [1, [["0.01", 1]], []]);
});

test("tshark complains of a message that ends within an option, and of bytes that are no CoAP", async (t) => {
  for (const bytes of [GET.subarray(0, -1), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff)]) {
    const found = await recorded(t, bytes);
    assert.ok(found === undefined || found.complaints.length === 1, JSON.stringify(found));
  }
});

/** The bytes, sent through the recorder by somebody. */
async function recorded(t: TestContext, bytes: Uint8Array) {
  const server = createSocket("udp4").bind(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const wire = await WireRecorder.open(t, server.address().port);
  const arrived = once(server, "message");
  server.send(bytes, wire.port, "127.0.0.1");
  await arrived;
  return dissect(t, wire);
}
