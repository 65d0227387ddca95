import { paused, SECOND, systemClock } from "../../clock.ts";
import type { FirmwareStatus } from "../../firmware/job.ts";
import { UPDATE_RESULT, UPDATE_STATE } from "../../lwm2m/firmware/update-result.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "../command.ts";
import { type Progress, withProgress } from "../progress.ts";
import { deviceArgument, FIRMWARE_OPTIONS, firmwareOf, noMoreThan, sentImage, toldFirmware } from "./asked.ts";
import { progressText, resultText } from "./text.ts";

/** With a laptop beside the device, and no server at hand. */
export const firmwarePush: Command = {
  name: "firmware push",
  summary: "Sends an image from this machine to the gateway, and with --update on to the device.",
  positionals: "DEVICE FILE",
  options: {
    ...FIRMWARE_OPTIONS,
    update: { type: "boolean", help: "Has the device get it, too, and waits until it runs or has failed." },
  },
  async run(args) {
    noMoreThan(args, 2);
    const id = deviceArgument(args);
    const [, file] = args.positionals;
    if (file === undefined) throw new UsageError(`which image? lwm2m-gateway firmware push ${id} FILE`);
    const found = await withProgress(!args.flag("json"), async (progress) => {
      const sent = await sentImage(args, id, file, progress);
      const here = await settled(args, id, { from: sent, progress, until: isHere });
      if (here.state !== UPDATE_STATE.downloaded || !args.flag("update")) return here;
      const begun = await toldFirmware(args, id, "update");
      return settled(args, id, { from: begun, progress, until: isOver });
    });
    process.stdout.write(`${args.flag("json") ? JSON.stringify(found, undefined, 2) : progressText(found)}\n`);
    const isLater = found.waits !== undefined || !args.flag("update");
    if (found.state === UPDATE_STATE.downloaded && isLater) return EXIT.ok;
    if (found.result === UPDATE_RESULT.success) return EXIT.ok;
    const reason = found.history.at(-1)?.reason;
    const why = reason === undefined ? resultText(found.result) : `${resultText(found.result)}: ${reason}`;
    throw new FailureError(`the image was not taken: ${why}`, { next: `lwm2m-gateway firmware show ${id}` });
  },
};

interface Waiting {
  readonly from: FirmwareStatus;
  readonly progress: Progress;
  readonly until: (now: FirmwareStatus) => boolean;
}

/** Asks each second, and shows what it hears. */
async function settled(args: Arguments, id: string, { from, progress, until }: Waiting): Promise<FirmwareStatus> {
  let now = from;
  while (!until(now)) {
    const shown = progressText(now);
    progress.show(() => shown);
    await paused(systemClock, SECOND);
    now = await firmwareOf(args, id);
  }
  return now;
}

function isHere({ state }: FirmwareStatus): boolean {
  return state !== UPDATE_STATE.downloading;
}

/** A device that is only to be updated later, or refuses, is not waited for. */
function isOver({ state, result, waits }: FirmwareStatus): boolean {
  if (state === UPDATE_STATE.idle) return true;
  return state === UPDATE_STATE.downloaded && (result !== UPDATE_RESULT.initial || waits !== undefined);
}
