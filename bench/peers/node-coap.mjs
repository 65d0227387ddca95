/** node-coap, answering every GET with a fixed value: the least that a CoAP server in Node can do. Arguments: the server's port. */
import coap from "coap";
import { register } from "./register.mjs";

const serverPort = Number(process.argv[2]);
const server = coap.createServer((_request, response) => {
  response.setOption("Content-Format", "text/plain");
  response.end("21.5");
});

server.listen(0, "127.0.0.1", () => register(server, serverPort));
