/**
 * The package mqtt by itself: subscribes to what the devices publish, parses each message and keeps the newest of each topic; a GET
 * gets the number that it names. Arguments: the port of the LwM2M Server, and of the broker.
 */
import coap from "coap";
import { connect } from "mqtt";
import { register } from "./register.mjs";

const [serverPort, brokerPort] = process.argv.slice(2).map(Number);
const newest = new Map();

const client = connect(`mqtt://127.0.0.1:${brokerPort}`, { protocolVersion: 4 });
client.on("message", (topic, payload) => newest.set(topic, JSON.parse(payload.toString())));

const server = coap.createServer((request, response) => {
  const [, prefix] = request.url.split("/");
  response.setOption("Content-Format", "text/plain");
  response.end(String(newest.get(`zigbee2mqtt/${prefix}`)?.temperature ?? ""));
});
client.on("connect", () => {
  client.subscribe("zigbee2mqtt/+", () => server.listen(0, "127.0.0.1", () => register(server, serverPort)));
});
