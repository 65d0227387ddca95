/** An address of this machine, on an interface that is up. */
export interface LocalAddress {
  /** Of the interface, e.g. "eth0". */
  readonly name: string;
  readonly address: string;
  readonly family: IpFamily;
}

export type IpFamily = 4 | 6;

/** Those that there are now. Asked every few seconds. */
export type LocalAddresses = () => readonly LocalAddress[];

/** Good for a way to a server: an address that an interface gives itself leads no further than its own wire (RFC 3927, RFC 4291 §2.5.6). */
export function leadsAway({ address }: LocalAddress): boolean {
  return !/^(?:169\.254\.|fe[89ab])/i.test(address);
}
