/** A Package that a server sends: part after part to the disk. */
import { CODE } from "../coap/codes.ts";
import { Lwm2mError } from "../errors.ts";
import type { UpdateEvent } from "../lwm2m/firmware/firmware-update.ts";
import { UPDATE_RESULT, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import { badRequest, notDone, TooLarge } from "../lwm2m/refusals.ts";
import type { Reception } from "../lwm2m/tree.ts";
import { ImageError, type Images, type IncomingImage, type StoredImage } from "./images.ts";

export interface PackageSettings {
  readonly owner: string;
  readonly images: Images;
  readonly maxSize: number;
  /** Of all of it, as the server announced it. */
  readonly size: number | undefined;
}

/** Of the object 5 whose Package it is. */
export interface PackagePort {
  /** One after the other with all that is done to the object. */
  inTurn(work: () => Promise<void>): Promise<void>;
  /** Within a turn. Rejects with Lwm2mError. */
  handle(event: UpdateEvent): Promise<void>;
  /** Nobody has given it up meanwhile. */
  isCurrent(): boolean;
  begins(): void;
  /** Resolves when what comes of it is on the disk, or begun. */
  arrived(image: StoredImage): Promise<void>;
}

export class PackageReception implements Reception {
  private readonly settings: PackageSettings;
  private readonly port: PackagePort;
  private incoming: IncomingImage | undefined;
  private begun = false;

  constructor(settings: PackageSettings, port: PackagePort) {
    this.settings = settings;
    this.port = port;
  }

  take(bytes: Uint8Array, last: boolean): Promise<void> {
    return this.port.inTurn(async () => {
      if (!this.begun && last && isReset(bytes)) return this.port.handle({ type: "reset" });
      if (!this.begun) await this.begin(bytes.length);
      if (!this.port.isCurrent()) throw new Lwm2mError(CODE.requestEntityIncomplete, GIVEN_UP);
      await this.guarded(() => this.write(bytes, last));
    });
  }

  abandon(): void {
    const lost = this.port.inTurn(async () => {
      if (this.port.isCurrent()) await this.fail(UPDATE_RESULT.connectionLost);
    });
    // It fails where the object is gone, and with it what was to be told.
    lost.catch(() => {});
  }

  /** Closes the file. */
  async leave(): Promise<void> {
    const { incoming } = this;
    this.incoming = undefined;
    await incoming?.leave().catch(() => {});
  }

  private async begin(length: number): Promise<void> {
    if (length === 0) throw badRequest("a Package has one byte at least");
    await this.port.handle({ type: "pushBegins" });
    this.begun = true;
    this.port.begins();
    const { owner, images, maxSize, size = 0 } = this.settings;
    await this.guarded(async () => {
      if (size > maxSize) throw new ImageError("too-large", `an image of ${size} bytes is not taken`);
      this.incoming = await images.begin(owner, maxSize);
    });
  }

  private async write(bytes: Uint8Array, last: boolean): Promise<void> {
    const { incoming } = this;
    if (incoming === undefined) throw new ImageError("disk", "its file is closed");
    await incoming.write(bytes);
    if (!last) return;
    const image = await incoming.finish({});
    this.incoming = undefined;
    await this.port.arrived(image);
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      // The gateway's disk is where the device's image has no room.
      await this.fail(error.kind === "empty" ? UPDATE_RESULT.unsupportedPackage : UPDATE_RESULT.flashFull);
      if (error.kind === "too-large") throw new TooLarge(this.settings.maxSize);
      throw notDone("the gateway could not write the image to its disk", { cause: error });
    }
  }

  private async fail(result: UpdateResult): Promise<void> {
    await this.port.handle({ type: "downloadFailed", result });
  }
}

const GIVEN_UP = "this Package was given up: begin with block 0";

/** Object 5: a Package of one NUL byte resets the state machine. */
function isReset(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0] === 0;
}
