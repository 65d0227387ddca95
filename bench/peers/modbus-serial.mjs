/**
 * modbus-serial by itself: reads all registers of every unit once a period, 124 at a time, one request at a time on each
 * connection, and keeps the floats. Arguments: the port of the LwM2M Server; the period in seconds; units; registers of each;
 * ports of the servers.
 */
import coap from "coap";
import ModbusRTU from "modbus-serial";
import { register } from "./register.mjs";

const [serverPort, every, units, registers, ...ports] = process.argv.slice(2).map(Number);
const PERIOD = 1000 * every;
/** Even, as floats are not divided. */
const MOST = 124;
const values = new Map();

async function poll(port) {
  const client = new ModbusRTU();
  await client.connectTCP("127.0.0.1", { port });
  for (let turn = performance.now(); ; turn += PERIOD) {
    for (let unit = 1; unit <= units; unit++) await readUnit(client, port, unit);
    await new Promise((resolve) => setTimeout(resolve, turn + PERIOD - performance.now()));
  }
}

async function readUnit(client, port, unit) {
  client.setID(unit);
  for (let address = 0; address < registers; address += MOST) {
    const count = Math.min(MOST, registers - address);
    const { buffer } = await client.readHoldingRegisters(address, count);
    for (let at = 0; at < count; at += 2) values.set(`${port} ${unit} ${address + at}`, buffer.readFloatBE(2 * at));
  }
}

for (const port of ports) void poll(port);
const server = coap.createServer((_request, response) => response.end());
server.listen(0, "127.0.0.1", () => register(server, serverPort));
