/** Packets that no controller may send, and that some do: for `say` of a controller. */

/** Events that are shorter than what they are, whole as H4 sees it (Core Specification 5.4, Vol. 4, Part E, 7.7). */
export const SHORT_EVENTS: readonly Uint8Array[] = [
  "040500", // Disconnection Complete
  "04050100",
  "040e00", // Command Complete
  "040f0100", // Command Status
  "041300", // Number Of Completed Packets
  "04130102", // … of two handles that are not there
  "043e00", // LE Meta
  "043e0101", // LE Connection Complete
  "043e0103", // LE Connection Update Complete
  "043e020201", // LE Advertising Report, one that is not there
].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));

/** Bytes behind which H4 has no beginning of a packet. */
export const NOISE: Uint8Array = Uint8Array.from(Buffer.from("0affa5a5005a00ff", "hex"));
