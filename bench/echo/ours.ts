/** The gateway's transport for coaps://. Arguments: the port of the echo server; "offer" or "off", for a Connection ID. */
import { systemClock, systemRandom } from "../../src/clock.ts";
import { loadDtls } from "../../src/dtls/load.ts";
import { openSslProvider } from "../../src/dtls/provider.ts";
import { silentLogger } from "../../src/log.ts";
import { DtlsTransport } from "../../src/servers/transport/dtls.ts";
import { UdpTransport } from "../../src/servers/transport/udp.ts";
import { IDENTITY, KEY, SUITE } from "../load/secured.ts";
import { Echoes } from "./echoes.ts";

const [port, connectionId] = process.argv.slice(2);
const server = { host: "127.0.0.1", port: Number(port) };
const loaded = loadDtls();
if ("missing" in loaded) throw new Error(loaded.missing);

const transport = new DtlsTransport({
  ...server,
  security: {
    credentials: { mode: "psk", identity: IDENTITY, key: KEY },
    suites: [SUITE],
    connectionId: connectionId === "offer" ? "offer" : "off",
    provider: "openssl",
  },
  clock: systemClock,
  random: systemRandom,
  log: silentLogger,
  provider: openSslProvider(loaded.native),
  wire: new UdpTransport(server),
  certificateTime: () => ({ now: undefined }),
});
const echoes = new Echoes((message) => transport.send(message));
await transport.open(echoes.heard);
await transport.resolve();
if (transport.security?.connectionId !== (connectionId === "offer"))
  throw new Error("this is not what was to be measured");
await echoes.tell();
