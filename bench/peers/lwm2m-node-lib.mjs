/** lwm2m-node-lib as an LwM2M client with one temperature sensor. Arguments: the server's port. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { client } = require("lwm2m-node-lib");

client.init({
  client: {
    lifetime: "86400",
    version: "1.0",
    logLevel: "FATAL",
    ipProtocol: "udp4",
    serverProtocol: "udp4",
    formats: [],
  },
});
client.registry.create("/3303/0", (error) => {
  if (error) throw error;
  client.registry.setResource("/3303/0", "5700", "21.5", (error) => {
    if (error) throw error;
    client.register("127.0.0.1", process.argv[2], "", "lwm2m-node-lib", (error) => {
      if (error) throw error;
    });
  });
});
