/** A process that sends an image to a device, to be killed: `node sending-process.ts REACH IMAGE`. Prints what is acknowledged. */
import { readFileSync } from "node:fs";
import { imageOf } from "../../support/scripted-smp.ts";
import { aGatewayEnd } from "./devices.ts";

const [reach = "", file = ""] = process.argv.slice(2);
const gateway = await aGatewayEnd(JSON.parse(reach));
const transfer = await gateway.begin(imageOf(readFileSync(file)));
await transfer.send(0, {
  onAcknowledged: (offset) => void process.stdout.write(`${offset}\n`),
  onCookie() {},
});
process.stdout.write("sent\n");
