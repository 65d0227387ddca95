/** coap-node as an LwM2M client with one temperature sensor. Arguments: the server's port. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const CoapNode = require("coap-node");
const SmartObject = require("smartobject");

const objects = new SmartObject();
objects.init("temperature", 0, { sensorValue: 21.5, units: "Cel" });
const client = new CoapNode("coap-node", objects);
// It asks the operating system for the address of its outward interface, which a machine without one cannot tell.
client._updateNetInfo = (done) => done(null, { ip: "127.0.0.1", mac: "00:00:00:00:00:00", routeIp: "unknown" });
client.register("127.0.0.1", Number(process.argv[2]), (error) => {
  if (error) throw error;
});
