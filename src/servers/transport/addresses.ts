import { lookup } from "node:dns/promises";
import type { IpFamily } from "../uplink/local-addresses.ts";

/** What a name stands for. */
export interface Address {
  readonly address: string;
  readonly family: IpFamily;
}

/** The addresses of a host, at least one, as the machine's resolver orders them. Rejects where it has none. */
export async function addressesOf(host: string): Promise<readonly Address[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}
