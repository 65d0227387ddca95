/** libcoap 4.3 (Debian's libcoap3-bin) over DTLS, by OpenSSL and by GnuTLS: CoAP in one association after the other. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CoapEndpoint } from "../../src/coap/endpoint.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions, stringValues } from "../../src/coap/options.ts";
import type { Credentials } from "../../src/dtls/credentials.ts";
import { openSslProvider } from "../../src/dtls/provider.ts";
import { Connection } from "../../src/servers/connection.ts";
import { DtlsTransport } from "../../src/servers/transport/dtls.ts";
import type { SecurityStatus } from "../../src/servers/transport/transport.ts";
import { UdpTransport } from "../../src/servers/transport/udp.ts";
import { bodyOf, gist } from "../coap/bench.ts";
import { dtlsAddon, makePki } from "../support/dtls.ts";
import { findTool } from "../support/foreign-tool.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { INSTALL } from "./libcoap-client.ts";
import { freePort } from "./tcp/aiocoap.ts";

everyTestIsAgainst("libcoap", debianVersion("libcoap3-bin"));

const LIMIT = { timeout: 30_000 };
const BODY = bodyOf(5000);
const PSK: Credentials = { mode: "psk", identity: "gateway-1", key: Buffer.from("0123456789abcdef") };

const get = (path: string): CoapMessage => ({
  code: CODE.get,
  options: stringOptions(OPTION.uriPath, path.split("/")),
  payload: NO_PAYLOAD,
});

interface Ours {
  /** Makes sure of an association first. */
  ask(message: CoapMessage): Promise<CoapMessage>;
  /** The answer stays out, as far as the transport is told. */
  doubt(): void;
  readonly security: SecurityStatus | undefined;
}

/** One of libcoap's servers on a free port, whose DTLS is one port above, and a connection of ours. */
async function aServer(
  t: TestContext,
  program: string,
  args: readonly string[],
  { credentials, host = "127.0.0.1" }: { readonly credentials: Credentials; readonly host?: string },
) {
  const native = dtlsAddon(t);
  if (native === undefined || findTool(t, [program], INSTALL) === undefined) return undefined;
  const port = await freePort();
  start(t, program, ["-A", host, "-p", String(port), ...args]);
  await listens(port, host);
  const transport = new DtlsTransport({
    ...{ host, port: port + 1, clock: systemClock, random: systemRandom, log: recordingLogger([]) },
    security: { credentials, connectionId: "offer", provider: "openssl" },
    provider: openSslProvider(native),
    wire: new UdpTransport({ host, port: port + 1 }),
    certificateTime: () => ({ now: Date.now() }),
  });
  const connection = new Connection(transport, new CoapEndpoint({ random: systemRandom }), systemClock, {
    onRequest: () => {},
    onDelivered: () => {},
    onFailed: () => {},
    onCancelled: () => {},
  });
  await connection.open();
  t.after(() => connection.close());
  const ours: Ours = {
    async ask(message) {
      await transport.resolve();
      const outcome = await connection.request(message);
      assert.ok(outcome.type === "response", "an answer");
      return outcome.message;
    },
    doubt: () => {
      // Something that has no answer: a NON.
      transport.send(Buffer.from("50017d34b3686f77", "hex"));
      transport.doubt();
    },
    get security() {
      return transport.security;
    },
  };
  return ours;
}

/** It opens TCP last. */
async function listens(port: number, host: string): Promise<void> {
  const end = performance.now() + 10_000;
  for (let open = false; !open; ) {
    assert.ok(performance.now() < end, "it does not listen");
    const socket = connect(port, host);
    open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
  }
}

for (const library of ["openssl", "gnutls"]) {
  for (const [how, hint] of [
    ["with a hint", []],
    ["without one", ["-h", ""]],
  ] as const) {
    test(`coap-server-${library}, PSK ${how}: 5,000 bytes there and back, in three associations`, LIMIT, async (t) => {
      const ours = await aServer(t, `coap-server-${library}`, ["-k", "0123456789abcdef", ...hint], {
        credentials: PSK,
      });
      if (ours === undefined) return;
      const path = "example_data";
      const put = await ours.ask({ ...get(path), code: CODE.put, payload: BODY });
      assert.ok(put.code === CODE.created || put.code === CODE.changed);
      assert.equal(ours.security?.mode, "psk");
      for (let round = 0; round < 2; round++) {
        ours.doubt();
        assert.equal(gist((await ours.ask(get(path))).payload), gist(BODY));
      }
    });
  }

  test(`coap-server-${library} over IPv6`, LIMIT, async (t) => {
    const at = { credentials: PSK, host: "::1" };
    const ours = await aServer(t, `coap-server-${library}`, ["-k", "0123456789abcdef"], at);
    if (ours === undefined) return;
    assert.equal((await ours.ask(get(".well-known/core"))).code, CODE.content);
    ours.doubt();
    assert.equal((await ours.ask(get(".well-known/core"))).code, CODE.content);
  });

  test(`coap-rd-${library} takes a registration, which another association updates`, LIMIT, async (t) => {
    const ours = await aServer(t, `coap-rd-${library}`, ["-k", "0123456789abcdef"], { credentials: PSK });
    if (ours === undefined) return;
    const { options } = get("rd");
    const query = stringOptions(OPTION.uriQuery, ["ep=urn:dev:ops:32473-dtls", "lt=60", "lwm2m=1.2", "b=U"]);
    const payload = Buffer.from("</1/0>,</3/0>");
    const registered = await ours.ask({ code: CODE.post, options: [...options, ...query], payload });
    assert.equal(registered.code, CODE.created);
    const location = stringValues(registered, OPTION.locationPath).join("/");
    ours.doubt();
    assert.equal((await ours.ask(get(location))).code, CODE.content);
  });

  test(`coap-server-${library}, certificates on both sides`, LIMIT, async (t) => {
    const pki = makePki(t);
    if (pki === undefined) return;
    const { client, ca } = pki;
    const file = join(temporaryDirectory(t), "server.pem");
    writeFileSync(file, [pki.server.certificateFile, pki.server.keyFile].map((name) => readFileSync(name)).join(""));
    const credentials: Credentials = {
      mode: "x509",
      privateKey: client.privateKey,
      certificates: [client.certificate],
      server: [{ usage: 2, matching: 0, data: ca.certificate }],
    };
    const args = ["-c", file, "-C", ca.certificateFile, "-R", ca.certificateFile];
    const ours = await aServer(t, `coap-server-${library}`, args, { credentials });
    if (ours === undefined) return;
    assert.equal((await ours.ask(get(".well-known/core"))).code, CODE.content);
    ours.doubt();
    assert.equal((await ours.ask(get(".well-known/core"))).code, CODE.content);
    assert.equal(ours.security?.mode, "x509");
  });
}
