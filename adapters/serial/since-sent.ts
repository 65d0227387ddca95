/** What came since something was last sent: a device that was told to may have answered before anybody listens for that. */

/** The end of what a bootloader prints before it waits. */
const MOST = 1024;

export class SinceSent {
  private held: Uint8Array | undefined;

  sent(): void {
    this.held = new Uint8Array(0);
  }

  came(bytes: Uint8Array): void {
    if (this.held !== undefined) this.held = Buffer.concat([this.held, bytes]).subarray(-MOST);
  }

  /** Once: it is nobody else's then. */
  take(): Uint8Array {
    const { held = new Uint8Array(0) } = this;
    this.held = undefined;
    return held;
  }
}
