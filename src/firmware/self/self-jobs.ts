/** What object 5 of the gateway itself does with an image: it is checked, unpacked, and started by the next start. */
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { UPDATE_RESULT, UPDATE_STATE, type UpdateResult } from "../../lwm2m/firmware/update-result.ts";
import { notDone } from "../../lwm2m/refusals.ts";
import type { DeviceJobs, ObjectOwner } from "../device-jobs.ts";
import type { StoredImage } from "../images.ts";
import { ArtefactError, type ArtefactErrorKind, PROGRAM_NAME } from "./manifest.ts";
import type { OwnVersions } from "./own-versions.ts";

export interface SelfJobsOptions extends ObjectOwner {
  readonly own: OwnVersions;
  /** Ends this process in order, so that it is started again. */
  readonly restart: () => void;
  readonly log: Logger;
}

/** Of the gateway there is no device to be asked: whether it was a success, the next start knows. */
export class SelfJobs implements DeviceJobs {
  private readonly options: SelfJobsOptions;
  private image: StoredImage | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(options: SelfJobsOptions) {
    this.options = options;
  }

  begin(image: StoredImage | undefined): void {
    this.image = image;
    void this.inTurn(async () => {
      if (this.options.object.record.state === UPDATE_STATE.updating) await this.goOn(image);
    });
  }

  async arrived(image: StoredImage): Promise<void> {
    this.image = image;
    await this.inTurn(() => this.check(image));
  }

  /** In two turns: nobody waits for the installation. */
  async start(): Promise<void> {
    const done = await this.inTurn(() => this.begun());
    if (!done) throw notDone("the configuration was changed at this moment; try again");
    const { image } = this;
    const { state } = this.options.object.record;
    if (image !== undefined && state === UPDATE_STATE.updating) void this.inTurn(() => this.install(image));
  }

  /** Resolves when nobody reads the image any more. */
  async discard(): Promise<void> {
    this.image = undefined;
  }

  /** A server knows us: with that the update was a success. */
  registered(): void {
    void this.inTurn(async () => {
      const { state } = this.options.object.record;
      if (state === UPDATE_STATE.updating && (await this.isRunning(this.image))) await this.succeed();
    });
  }

  presence(): void {}

  status(): ReturnType<DeviceJobs["status"]> {
    return { bytes: 0, history: [] };
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.turn;
  }

  private begun(): Promise<void> {
    const { own, tell, log } = this.options;
    if (this.image === undefined) return tell({ type: "updateFailed", result: UPDATE_RESULT.failed, kept: false });
    if (!own.onTrial) return tell({ type: "updating" });
    log.warn({ code: "LG560", reason: "the one that runs is on trial still" }, NOT_TAKEN);
    return tell({ type: "deferred" });
  }

  private async check(image: StoredImage): Promise<void> {
    const { own, tell } = this.options;
    try {
      const { version } = await own.check(image.file);
      await tell({ type: "downloaded", name: PROGRAM_NAME, version });
    } catch (error) {
      const result = this.refused(error, DOWNLOAD_RESULTS);
      await tell({ type: "downloadFailed", result });
    }
  }

  private async install(image: StoredImage): Promise<void> {
    const { own, tell, restart, log } = this.options;
    try {
      const version = await own.install(image.file);
      if (version === own.running) return this.succeed();
      log.warn(
        { code: "LG891", version },
        "a server has sent another version: the gateway ends, to be started with it",
      );
      restart();
    } catch (error) {
      const result = this.refused(error, UPDATE_RESULTS);
      await tell({ type: "updateFailed", result, kept: true });
    }
  }

  /** The process before this one was told to update: it has done so, has failed, or did not come to it. */
  private async goOn(image: StoredImage | undefined): Promise<void> {
    const { own, tell, log } = this.options;
    const wanted = await this.wantedOf(image);
    if (image !== undefined && wanted !== undefined && own.isUntried(wanted)) return this.install(image);
    if (wanted === undefined || wanted !== own.running) {
      const reason = own.status().back?.reason ?? "its image is not here any more";
      log.warn({ code: "LG561", reason }, "the update of the gateway failed");
      return tell({ type: "updateFailed", result: UPDATE_RESULT.failed, kept: false });
    }
    if (!own.onTrial) await this.succeed();
  }

  private async isRunning(image: StoredImage | undefined): Promise<boolean> {
    return (await this.wantedOf(image)) === this.options.own.running;
  }

  private async wantedOf(image: StoredImage | undefined): Promise<string | undefined> {
    return image === undefined ? undefined : this.options.own.folderOf(image.file);
  }

  private async succeed(): Promise<void> {
    const { tell, log, own } = this.options;
    log.info({ version: own.status().runs }, "the gateway was updated");
    await tell({ type: "updated" });
  }

  private refused(error: unknown, results: Readonly<Record<ArtefactErrorKind, UpdateResult>>): UpdateResult {
    if (!(error instanceof ArtefactError)) throw error;
    this.options.log.error({ code: "LG560", reason: error.message }, NOT_TAKEN);
    return results[error.kind];
  }

  /** Resolves to whether it was done, or tried. What goes wrong is told in the log. */
  private inTurn(work: () => Promise<void>): Promise<boolean> {
    const done = this.turn.then(async () => {
      if (this.closed) return false;
      try {
        await work();
      } catch (error) {
        this.options.log.error({ code: "LG560", reason: reasonOf(error) }, "the update of the gateway does not go on");
      }
      this.options.onProgress();
      return true;
    });
    this.turn = done;
    return done;
  }
}

const NOT_TAKEN = "a version of the gateway is not taken";

const { flashFull, integrity, unsupportedPackage, failed } = UPDATE_RESULT;
const DOWNLOAD_RESULTS: Readonly<Record<ArtefactErrorKind, UpdateResult>> = {
  damaged: integrity,
  untrusted: integrity,
  unsuitable: unsupportedPackage,
  older: unsupportedPackage,
  disk: flashFull,
};
const UPDATE_RESULTS: Readonly<Record<ArtefactErrorKind, UpdateResult>> = {
  ...DOWNLOAD_RESULTS,
  unsuitable: failed,
  older: failed,
};
