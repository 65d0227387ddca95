/** node-coap, answering every GET with a fixed value: the least that a CoAP server in Node can do. Arguments: the server's port. */
import coap from "coap";

const serverPort = Number(process.argv[2]);
const server = coap.createServer((_request, response) => {
  response.setOption("Content-Format", "text/plain");
  response.end("21.5");
});

server.listen(0, "127.0.0.1", () => {
  // From the socket that serves, so that the load generator knows where to ask.
  const agent = new coap.Agent({ socket: server._sock });
  const register = agent.request({
    hostname: "127.0.0.1",
    port: serverPort,
    method: "POST",
    pathname: "/rd",
    query: "ep=node-coap&lt=86400&lwm2m=1.0",
  });
  register.on("response", () => {});
  register.end("</3303/0>");
});
