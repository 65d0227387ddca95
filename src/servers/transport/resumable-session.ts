/** What the next handshake with one server may take up (RFC 5246 §7.3). In memory only: it is as secret as a key. */
import { type Clock, HOUR, type Millis } from "../../clock.ts";
import type { DtlsSession } from "../../dtls/association.ts";
import type { Credentials } from "../../dtls/credentials.ts";

/** RFC 5246 §F.1.4. After that the server shows its certificate again; a PSK is the same as before. */
const LONGEST_WITHOUT_CERTIFICATE: Millis = 24 * HOUR;

export class ResumableSession {
  private readonly clock: Clock;
  private readonly mode: Credentials["mode"];
  private bytes: Uint8Array | undefined;
  /** When the last full handshake was. */
  private begun: Millis = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, mode: Credentials["mode"]) {
    this.clock = clock;
    this.mode = mode;
  }

  /** To be offered; undefined: there is none, or the certificate is to be seen again. */
  get offer(): Uint8Array | undefined {
    const stale = this.mode === "x509" && this.clock.monotonic() - this.begun >= LONGEST_WITHOUT_CERTIFICATE;
    return stale ? undefined : this.bytes;
  }

  /** A handshake came to its end. */
  keep({ resumed, resumption }: DtlsSession): void {
    if (!resumed) this.begun = this.clock.monotonic();
    // Who resumes without a new ticket keeps the one that it has.
    if (!resumed || resumption !== undefined) this.bytes = resumption;
  }

  drop(): void {
    this.bytes = undefined;
  }
}
