/** A name for the gateway that no other one has, and that stays: RFC 9039, of a network interface; else of the machine's name. */
import { hostname, networkInterfaces } from "node:os";

export function proposedEndpoint(): string {
  const all = Object.entries(networkInterfaces()).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [, addresses = []] of all) {
    const mac = addresses.find((address) => !address.internal && isLasting(address.mac))?.mac;
    if (mac !== undefined) return `urn:dev:mac:${eui64(mac)}`;
  }
  return `lwm2m-gateway-${hostname().replaceAll(/[^A-Za-z0-9.-]/g, "-")}`;
}

/** Those of bridges and containers are made up anew each time: their second bit says so. */
function isLasting(mac: string): boolean {
  const first = Number.parseInt(mac.slice(0, 2), 16);
  return mac !== "00:00:00:00:00:00" && (first & 2) === 0;
}

/** RFC 9039 §4.1: a MAC-48 with FFFE in its middle. */
function eui64(mac: string): string {
  const digits = mac.replaceAll(":", "").toLowerCase();
  return `${digits.slice(0, 6)}fffe${digits.slice(6)}`;
}
