import coap from "coap";

/** Registers node-coap from the socket that serves, so that the load generator knows where to ask. */
export function register(server, serverPort) {
  const agent = new coap.Agent({ socket: server._sock });
  const request = agent.request({
    hostname: "127.0.0.1",
    port: serverPort,
    method: "POST",
    pathname: "/rd",
    query: "ep=node-coap&lt=86400&lwm2m=1.0",
  });
  request.on("response", () => {});
  request.end("</3303/0>");
}
