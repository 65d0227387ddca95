/** Wireshark as a judge of our records with Connection IDs: it knows the PSK, and deciphers what was on the wire by itself. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { NativeDtls, NativeSettings } from "../../src/dtls/native.ts";
import { CIPHER_SUITES } from "../../src/dtls/suites.ts";
import { converse, dtlsAddon, PSK, Speaker } from "../support/dtls.ts";
import { findTool } from "../support/foreign-tool.ts";
import { tellPeer } from "../support/peer.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { captureOf, type Datagram } from "./leshan/wire-recorder.ts";

const PORT = 5684;
const ID = Uint8Array.of(0xc1, 0xd2, 0xe3, 0xf4, 0xa5, 0xb6);
/** CoAP: GET, and 2.05 with two letters (RFC 7252 §3). */
const REQUEST = Buffer.from("40016162", "hex");
const ANSWER = Buffer.from("60456162ff6f6b", "hex");

const FIELDS = [
  "dtls.record.connection_id",
  "dtls.record.special_type",
  "dtls.record.content_type",
  "dtls.handshake.type",
  "dtls.alert_message.desc",
  "coap.code",
  "_ws.malformed",
  "_ws.expert.message",
] as const;

/** Each datagram by FIELDS. What is encrypted has a type of its own only where tshark could decipher it. */
const EXPECTED = [
  // ClientHello; ServerHello and ServerHelloDone.
  "||22|1||||",
  "||22,22|2,14||||",
  // ClientKeyExchange, ChangeCipherSpec and Finished, the first record with an ID; NewSessionTicket and the same from the server.
  "c1d2e3f4a5b6|25|22,20,22|16,20||||",
  "||22,20,22|4,20||||",
  "c1d2e3f4a5b6|25|23|||1||",
  "||23|||69||",
  "c1d2e3f4a5b6|25|21||0|||",
];

for (const { name, openssl, shortTag } of CIPHER_SUITES.filter(
  ({ aead, authentication }) => aead && authentication === "psk",
)) {
  test(`${name}: tshark finds the ID in what we send, and CoAP within`, async (t) => {
    const tshark = findTool(t, ["tshark"], "apt-get install -y --no-install-recommends tshark");
    const native = dtlsAddon(t);
    if (tshark === undefined || native === undefined) return;
    const capture = captureOf(conversation(native, { ...PSK, suites: openssl, shortTags: shortTag }), PORT);
    assert.deepEqual(await deciphered(t, tshark, capture), EXPECTED);
  });
}

/** A handshake, a request, its answer and a farewell, as they were on the wire. */
function conversation(native: NativeDtls, settings: NativeSettings): Datagram[] {
  const datagrams: Datagram[] = [];
  const end = (fromGateway: boolean): Speaker => {
    const connectionId = fromGateway ? new Uint8Array() : ID;
    return new Speaker(native, { ...settings, connectionId, server: !fromGateway }, (bytes) =>
      datagrams.push({ fromGateway, way: 0, time: datagrams.length, bytes }),
    );
  };
  const [client, server] = [end(true), end(false)];
  client.take(client.engine.start());
  converse(client, server);
  client.take(client.engine.send(REQUEST));
  server.take(server.engine.send(ANSWER));
  client.take(client.engine.close());
  return datagrams;
}

async function deciphered(t: TestContext, tshark: string, capture: Uint8Array): Promise<string[]> {
  const { stdout: about } = await run(t, tshark, ["--version"]);
  tellPeer(t, "tshark", /\d+\.\d+\.\d+/.exec(about)?.[0] ?? "?");
  const file = join(temporaryDirectory(t), "session.pcap");
  writeFileSync(file, capture);
  const key = Buffer.from(PSK.pskKey ?? []).toString("hex");
  const { code, stdout, stderr } = await run(t, tshark, [
    ...["-n", "-r", file, "-o", `dtls.psk:${key}`],
    ...["-d", `udp.port==${PORT},dtls`, "-d", `dtls.port==${PORT},coap`],
    ...["-T", "fields", "-E", "separator=|", ...FIELDS.flatMap((field) => ["-e", field])],
  ]);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd().split("\n");
}
