/** What the gateway has of its own firmware: its versions, and what object 5 at the root does with them. */
import type { OwnVersions } from "../../firmware/self/own-versions.ts";
import { SelfJobs } from "../../firmware/self/self-jobs.ts";
import type { Logger } from "../../log.ts";
import type { FirmwaresOptions } from "./firmwares.ts";
import { type OwnVersionsPlace, ownVersions } from "./own-versions.ts";

export interface OwnFirmwareOptions extends OwnVersionsPlace {
  /** Ends this process in order, so that it is started again. */
  readonly restart: () => void;
}

export class OwnFirmware {
  /** Undefined: nobody may send one. */
  readonly versions: OwnVersions | undefined;
  private readonly log: Logger;
  private readonly restart: () => void;
  private readonly maxSize: number;
  private jobs: SelfJobs | undefined;

  constructor({ restart, ...place }: OwnFirmwareOptions) {
    this.log = place.log;
    this.restart = restart;
    this.maxSize = place.config.gateway.firmware.self?.maxSize ?? 0;
    this.versions = ownVersions(place);
  }

  /** For object 5 at the root. */
  get self(): Pick<FirmwaresOptions, "self"> {
    const { versions: own, log, restart, maxSize } = this;
    if (own === undefined) return {};
    const jobsOf: NonNullable<FirmwaresOptions["self"]>["jobsOf"] = (of) => {
      this.jobs = new SelfJobs({ ...of, own, restart, log });
      return this.jobs;
    };
    return { self: { maxSize, jobsOf } };
  }

  /** A server knows us: that is what a trial is for. */
  registered(): void {
    const { versions, log } = this;
    if (versions === undefined) return;
    if (versions.registered())
      log.info({ version: versions.status().runs }, "the version on trial has registered: it stays");
    this.jobs?.registered();
  }
}
