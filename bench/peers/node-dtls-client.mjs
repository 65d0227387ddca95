/** node-dtls-client by itself, as its documentation shows it. Argument: the port of the echo server. */
import { dtls } from "node-dtls-client";
import { Echoes } from "../echo/echoes.ts";
import { IDENTITY, KEY } from "../load/secured.ts";

const socket = dtls.createSocket({
  type: "udp4",
  address: "127.0.0.1",
  port: Number(process.argv[2]),
  psk: { [IDENTITY]: KEY },
  ciphers: ["TLS_PSK_WITH_AES_128_CCM_8"],
});
const echoes = new Echoes((message) => socket.send(message));
socket.on("message", echoes.heard);
socket.on("connected", () => echoes.tell());
