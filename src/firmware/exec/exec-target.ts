/** A device to which a program brings images: all else of it is as its adapter has it. */
import { DeviceError, type Transfer, type TransferContext } from "../../adapter.ts";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import { isExecOptions } from "../../mapping/exec-way.ts";
import type { FirmwareTarget } from "../target.ts";
import { ExecTransfer } from "./exec-transfer.ts";

export interface ExecContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** `gateway.firmware.exec`. */
  readonly allowed: readonly string[];
}

/** `target`: its plan has `via: exec`. */
export function execTarget(target: FirmwareTarget, context: ExecContext): FirmwareTarget {
  return {
    id: target.id,
    prefix: target.prefix,
    link: target.link,
    get plan() {
      return target.plan;
    },
    get online() {
      return target.online;
    },
    hold: (reason, line) => target.hold(reason, line),
    transfer: async (transfer) => {
      const opened = openExec(transfer, target.id, context);
      // The gateway reads what comes on a port that it has open: the program would never see it.
      const giveBack = target.plan.lock === "line" ? await target.lend?.(`firmware update of ${target.id}`) : undefined;
      return giveBack === undefined ? opened : lending(opened, giveBack);
    },
    invoke: (steps) => target.invoke(steps),
    read: (points) => target.read(points),
  };
}

/** The link is the program's until it is closed. */
function lending(opened: Transfer, giveBack: () => Promise<void>): Transfer {
  return {
    probe: () => opened.probe(),
    send: (offset, listener) => opened.send(offset, listener),
    act: (word) => opened.act(word),
    abort: () => opened.abort(),
    close: async () => {
      await opened.close();
      await giveBack();
    },
  };
}

/** Throws DeviceError where the program may not be run. */
function openExec(transfer: TransferContext, device: string, { clock, log: parent, allowed }: ExecContext): Transfer {
  const log = parent.child({ device });
  const { options, image } = transfer;
  if (!isExecOptions(options)) throw new DeviceError("rejected", `exec does not know what ${transfer.way} needs`);
  const [program] = options.command;
  if (!allowed.includes(program)) {
    log.warn({ code: "LG598", program }, "the program is not in gateway.firmware.exec, and is not run");
    throw new DeviceError("rejected", `${program} may not be run: gateway.firmware.exec does not list it`);
  }
  if (!("file" in image) || typeof image.file !== "string")
    throw new DeviceError("rejected", "the image is in no file");
  return new ExecTransfer(options, transfer, { device, file: image.file, clock, log });
}
