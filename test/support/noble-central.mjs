/**
 * The whole of noble as a central, in a process of its own: `node noble-central.mjs PORT ADDRESS`. It connects, does with the characteristics
 * of service 181a what their properties allow, and prints what it saw as one line of JSON.
 */
import { withBindings } from "@stoprocent/noble";

const [port, address] = process.argv.slice(2);
const noble = withBindings("hci", { hciDriver: "uart", bindParams: { uart: { port, baudRate: 1_000_000 } } });

await noble.waitForPoweredOnAsync(10_000);
const found = new Promise((resolve) => {
  noble.on("discover", (peripheral) => peripheral.address === address && resolve(peripheral));
});
await noble.startScanningAsync([], true);
const peripheral = await found;
await noble.stopScanningAsync();
await peripheral.connectAsync();
const { services, characteristics } = await peripheral.discoverAllServicesAndCharacteristicsAsync();
const of = (uuid) => characteristics.find((characteristic) => characteristic.uuid === uuid);
const hex = (bytes) => Buffer.from(bytes).toString("hex");

const first = hex(await of("2a6e").readAsync());
const long = hex(await of("2a6f").readAsync());
await of("2a6e").writeAsync(Buffer.from("beef", "hex"), false);
const written = hex(await of("2a6e").readAsync());
await of("2a6f").writeAsync(Buffer.alloc(300, 9), false);
const prepared = hex(await of("2a6f").readAsync());
const told = new Promise((resolve) => of("2a77").on("data", (bytes) => resolve(hex(bytes))));
await of("2a77").subscribeAsync();
// The peripheral notifies once this was written.
await of("2a77").writeAsync(Buffer.from("01", "hex"), true);
const notified = await told;
const rssi = await peripheral.updateRssiAsync();
const { mtu } = peripheral;
await peripheral.disconnectAsync();
const { localName } = peripheral.advertisement;
const uuids = services.map(({ uuid }) => uuid);
process.stdout.write(
  `${JSON.stringify({ localName, uuids, first, long, written, prepared, notified, rssi, mtu, state: peripheral.state })}\n`,
);
process.exit(0);
