/** Says back what one client says, by the addon's side for tests. Argument: "offer" or "off", for a Connection ID. */
import { createSocket } from "node:dgram";
import { CONNECTION_ID, serverEngine } from "../load/secured.ts";

const engine = serverEngine(process.argv[2] === "offer" ? CONNECTION_ID : undefined);
const socket = createSocket("udp4");
socket.on("message", (bytes, { port, address }) => {
  const { datagrams, data } = engine.receive(bytes);
  for (const datagram of datagrams) socket.send(datagram, port, address);
  for (const message of data)
    for (const datagram of engine.send(message).datagrams) socket.send(datagram, port, address);
});
socket.bind(0, "127.0.0.1", () => process.send?.(socket.address().port));
process.on("disconnect", () => process.exit());
