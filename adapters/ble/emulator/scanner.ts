/** What a host wants to hear of advertisements (Core Specification 5.4, Vol. 4, Part E, 7.8.10 and 7.8.11). */
import { advertisingReport, REPORT } from "./events.ts";
import { STATUS } from "./hci-codes.ts";
import type { HeardAdvertisement, Peripheral } from "./peripheral.ts";

export class Scanner {
  private active = false;
  private enabled = false;
  private filtersDuplicates = false;
  /** What was reported, where the host wants each but once. */
  private readonly reported = new Set<string>();

  get state(): "active" | "passive" | "off" {
    if (!this.enabled) return "off";
    return this.active ? "active" : "passive";
  }

  /** Returns the status. */
  setParameters(type: number): number {
    if (this.enabled) return STATUS.commandDisallowed;
    if (type > 1) return STATUS.invalidParameters;
    this.active = type === 1;
    return STATUS.success;
  }

  /** Disabling what is disabled has no effect, and is no mistake. */
  setEnabled(enable: number, filterDuplicates: number): number {
    if (enable > 1 || filterDuplicates > 1) return STATUS.invalidParameters;
    if (enable === 1 && !this.enabled) this.reported.clear();
    this.enabled = enable === 1;
    this.filtersDuplicates = filterDuplicates === 1;
    return STATUS.success;
  }

  reset(): void {
    this.enabled = false;
    this.active = false;
    this.reported.clear();
  }

  /** The reports that one advertisement makes. */
  reports(peripheral: Peripheral, { type, data, scanResponse }: HeardAdvertisement): readonly Uint8Array[] {
    if (!this.enabled) return [];
    const reports = this.isNew(peripheral, REPORT[type])
      ? [advertisingReport(REPORT[type], peripheral, data, peripheral.rssi)]
      : [];
    if (!this.active || type === "non-connectable" || !this.isNew(peripheral, REPORT.scanResponse)) return reports;
    return [...reports, advertisingReport(REPORT.scanResponse, peripheral, scanResponse(), peripheral.rssi)];
  }

  private isNew({ address }: Peripheral, type: number): boolean {
    if (!this.filtersDuplicates) return true;
    const key = `${address} ${type}`;
    if (this.reported.has(key)) return false;
    this.reported.add(key);
    return true;
  }
}
