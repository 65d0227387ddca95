import { type Command, type CommandGroup, EXIT, UsageError } from "../command.ts";
import { askedFirmware, deviceArgument, FIRMWARE_OPTIONS, firmwareOf, noMoreThan, toldFirmware } from "./asked.ts";
import { firmwarePush } from "./push.ts";
import { firmwareTable, historyLines, progressText, wholeFirmware } from "./text.ts";

const list: Command = {
  name: "firmware list",
  summary: "Lists what takes firmware: what each has, what is under way, how the last update ended.",
  options: FIRMWARE_OPTIONS,
  async run(args) {
    const view = await askedFirmware(args);
    return print(args.flag("json") ? view : firmwareTable(view.firmware));
  },
};

const show: Command = {
  name: "firmware show",
  summary: "Shows the firmware of one device: image, progress, result, and what was updated before.",
  positionals: "DEVICE",
  options: FIRMWARE_OPTIONS,
  async run(args) {
    noMoreThan(args, 1);
    const found = await firmwareOf(args, deviceArgument(args));
    return print(args.flag("json") ? found : wholeFirmware(found, Date.now()));
  },
};

const history: Command = {
  name: "firmware history",
  summary: "Lists the last updates of one device, the newest first.",
  positionals: "DEVICE",
  options: FIRMWARE_OPTIONS,
  async run(args) {
    noMoreThan(args, 1);
    const found = await firmwareOf(args, deviceArgument(args));
    return print(args.flag("json") ? found.history : historyLines(found.history, Date.now()));
  },
};

const update = telling("update", "Has a device get the image that is here, as a server does by Update (5/0/2).");
const cancel = telling(
  "cancel",
  "Drops the image that is here or on its way; gives up an update that the device has not been told to run.",
);

const defer: Command = {
  name: "firmware defer",
  summary: "Lets an update that waits begin no sooner than after so long, whatever the window says.",
  positionals: "DEVICE TIME",
  options: FIRMWARE_OPTIONS,
  async run(args) {
    noMoreThan(args, 2);
    const id = deviceArgument(args);
    const [, span] = args.positionals;
    if (span === undefined) throw new UsageError(`for how long? lwm2m-gateway firmware defer ${id} 2h`);
    const found = await toldFirmware(args, id, "defer", { for: span });
    return print(args.flag("json") ? found : [progressText(found)]);
  },
};

/** Images for devices that know nothing of LwM2M, and for the gateway itself. */
export const firmware: CommandGroup = {
  name: "firmware",
  summary: "Shows the firmware of devices, sends an image from here, has it installed, put off or dropped.",
  commands: { list, show, push: firmwarePush, update, cancel, defer, history },
};

function telling(verb: "update" | "cancel", summary: string): Command {
  return {
    name: `firmware ${verb}`,
    summary,
    positionals: "DEVICE",
    options: FIRMWARE_OPTIONS,
    async run(args) {
      noMoreThan(args, 1);
      const found = await toldFirmware(args, deviceArgument(args), verb);
      return print(args.flag("json") ? found : [progressText(found)]);
    },
  };
}

/** Lines for a person, anything else as JSON. */
function print(told: readonly string[] | object): number {
  const lines = Array.isArray(told) && told.every((line) => typeof line === "string");
  process.stdout.write(`${lines ? told.join("\n") : JSON.stringify(told, undefined, 2)}\n`);
  return EXIT.ok;
}
